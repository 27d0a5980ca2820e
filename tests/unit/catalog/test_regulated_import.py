"""The register of regulated professions as regulations."""

from pathlib import Path

from libs.common.contracts.catalog import (
    RegulationBody,
    Regulator,
)
from services.catalog.domain.records import Item, LeftOut, Record, Rejected
from tests.unit.catalog import documents as docs


def regulations(items: list[Item]) -> dict[str, RegulationBody]:
    """The regulations by key."""
    return {
        item.key: item.body
        for item in items
        if isinstance(item, Record) and isinstance(item.body, RegulationBody)
    }


def test_a_profession_is_regulated_where_the_register_says_so(tmp_path: Path) -> None:
    """One record a place, nothing for a place that it does not name: there the answer stays unknown."""
    made = regulations(docs.read_json(tmp_path / "r.json", [docs.profession()], "regulated"))
    assert set(made) == {"onet:55-1011.00|GB-ENG", "onet:55-1011.00|GB-WLS"}
    assert made["onet:55-1011.00|GB-ENG"] == RegulationBody(
        status="regulated",
        type="licensing",
        reserved_activities=["Fly kites", "Sell kites"],
        protected_titles=["Kite marshal"],
        regulator=Regulator(name="Kite Council"),
        legislation=["The Kites Act 1994"],
        source="https://register.example.org/kites",
    )


def test_all_nations_are_the_country(tmp_path: Path) -> None:
    """All four nations are one record of the United Kingdom, which its parts inherit."""
    nations = ["GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS"]
    document = [docs.profession(occupationLocations=nations)]
    made = regulations(docs.read_json(tmp_path / "r.json", document, "regulated"))
    assert set(made) == {"onet:55-1011.00|GB"}


def test_what_proves_nothing_stays_unknown(tmp_path: Path) -> None:
    """Drafts and voluntary registers give no record, least of all `not_regulated`; a profession of no
    occupation of ours is rejected."""
    document = [
        docs.profession(status="draft"),
        docs.profession(regulationType="accreditation", mandatoryRegistration="voluntary"),
        docs.profession(regulationType=None, mandatoryRegistration="unknown"),
        docs.profession(occupations=[]),
    ]
    document[3]["versions"][1].pop("occupations")
    items = docs.read_json(tmp_path / "r.json", document, "regulated")
    assert not regulations(items)
    assert sum(item.rows for item in items if isinstance(item, LeftOut)) == 3
    assert [item.faults[0].pointer for item in items if isinstance(item, Rejected)] == [
        "/3/occupations"
    ]
