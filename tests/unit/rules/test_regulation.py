import pytest

from libs.common.rules.regulation import find, status, usually_regulated
from tests.factories.catalog import occupation, regulation


def test_regulated_is_inherited_by_parts_and_not_regulated_is_not() -> None:
    """A region's own record wins; a country's counts for its parts only when it regulates."""
    yes = regulation("o", "US")
    no = regulation("o", "FR", status="not_regulated")
    own = regulation("o", "US-CA", status="not_regulated")
    records = {"o|US": yes, "o|FR": no, "o|US-CA": own}
    assert find(records, "o", "US-NY") is yes
    assert find(records, "o", "US-CA") is own
    assert find(records, "o", "FR-75") is None
    assert find(records, "o", "FR") is no
    assert find(records, "o", None) is None


@pytest.mark.parametrize(
    ("codes", "usual"),
    [
        ({"soc": "29-1141.00"}, True),
        ({"soc": "23-1011.00"}, True),
        ({"soc": "25-2021.00"}, True),
        ({"soc": "25-9031.00"}, False),
        ({"soc": "15-2021.00"}, False),
        ({"isco": "2221"}, True),
        ({"isco": "2611"}, True),
        ({"isco": "2351"}, False),
        ({"isco": "2330"}, True),
        ({}, False),
    ],
)
def test_families_that_are_usually_regulated(codes: dict[str, str], usual: bool) -> None:
    """Nurses, lawyers and teachers are, instructional coordinators and mathematicians are not."""
    assert usually_regulated(occupation(**codes)) is usual


def test_status_says_what_is_known() -> None:
    """Regulated blocks until a required credential is held; no record in a family is never `open`."""
    nurse = occupation("n", soc="29-1141.00")
    record = regulation("n", "US", required_credentials=["licence"])
    assert status(nurse, record, {"badge"}) == "blocked_pending_licence"
    assert status(nurse, record, {"licence"}) == "open"
    assert status(nurse, None, {"badge"}) == "check_regulator"
    assert status(nurse, regulation("n", "US", status="not_regulated"), set()) == "open"
    assert status(occupation(), None, set()) == "open"
    assert status(occupation(skills=[]), None, set()) == "no_skill_data"
