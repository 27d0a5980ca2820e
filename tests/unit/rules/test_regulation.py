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


# Of each family of career.md the first and the last of it that one meets, and what lies beside it.
ISCO = {
    "2211": True,  # generalist medical practitioners
    "2269": True,
    "2310": True,
    "2330": True,  # secondary education teachers
    "2341": True,
    "2342": True,
    "2351": False,  # education methods specialists
    "2356": False,  # information technology trainers
    "2359": False,  # where ESCO has the instructional designer
    "2411": False,
    "2142": False,
    "2611": True,  # lawyers
    "2619": True,
    "2621": False,
    "2634": False,  # psychologists
    "2635": True,  # social work and counselling professionals
    "2636": False,
    "3151": True,
    "3155": True,  # air traffic safety
    "3141": False,
    "5141": True,  # hairdressers
    "5142": True,
    "5131": False,
    "7411": True,  # electricians
    "7413": True,
    "7421": False,
    "0110": False,
}
SOC = {
    "29-1141.00": True,  # registered nurses
    "29-9099.01": True,
    "31-1131.00": False,  # nursing assistants
    "25-2021.00": True,
    "25-2031.00": True,  # secondary school teachers
    "25-9031.00": False,  # instructional coordinators
    "25-1011.00": False,
    "25-3021.00": False,
    "23-1011.00": True,  # lawyers
    "23-1023.00": True,
    "23-2011.00": False,  # paralegals
    "21-1021.00": True,  # child, family and school social workers
    "21-2011.00": False,
    "33-3051.00": True,  # police
    "33-9032.00": False,
    "39-5011.00": True,  # barbers
    "39-5012.00": True,
    "39-5092.00": False,  # manicurists
    "47-2111.00": True,  # electricians
    "47-2121.00": False,
    "47-2152.00": True,  # plumbers
    "47-2151.00": False,
    "47-2231.00": False,
    "53-2011.00": True,  # pilots
    "53-3032.00": False,
    "17-1011.00": True,  # architects
    "17-2051.00": True,  # civil engineers
    "17-3011.00": False,
    "15-2021.00": False,  # mathematicians
}


@pytest.mark.parametrize(("isco", "usual"), ISCO.items(), ids=ISCO)
def test_families_of_isco_that_are_usually_regulated(isco: str, usual: bool) -> None:
    """22, 23 but for 235, 261, 2635, 315, 514 and 741; an occupation of ESCO has only this code."""
    assert (
        usually_regulated(occupation("http://data.europa.eu/esco/occupation/x", isco=isco)) is usual
    )


@pytest.mark.parametrize(("soc", "usual"), SOC.items(), ids=SOC)
def test_families_of_soc_that_are_usually_regulated(soc: str, usual: bool) -> None:
    """29, 25-2, 23-1, 21-1, 33-3, 39-501, 47-2111, 47-2152, 53-2, 17-1 and 17-2; one of O*NET has only this."""
    assert usually_regulated(occupation(f"onet:{soc}", soc=soc)) is usual


def test_one_family_of_two_is_enough() -> None:
    """Either code may say so; without a code nobody does."""
    assert usually_regulated(occupation(isco="2351", soc="25-2031.00"))
    assert usually_regulated(occupation(isco="7411", soc="47-2231.00"))
    assert not usually_regulated(occupation(isco="2351", soc="25-9031.00"))
    assert not usually_regulated(occupation())


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
