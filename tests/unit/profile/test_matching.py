"""Which credential of the catalog a badge is: only one whose issuer signed it."""

from typing import Any

import pytest

from libs.common.contracts.catalog import Issuer
from services.profile.domain.claims import MOST_SKILLS, Claims, claims_of
from services.profile.domain.matching import Catalog
from tests.factories.catalog import credential

DID = "did:key:z6Mk"
URL = "https://www.college.example/badges/sql"


def catalog(issuer_id: str = DID, **issuers: list[str]) -> Catalog:
    found = Catalog({"did:key:theirs": ["college"], **issuers})
    by = Issuer(id=issuer_id, name="The College")
    found.put(credential("sql", ctid="ce-1", url=URL, name="SQL  Foundations", issuer=by))
    return found


@pytest.mark.parametrize(
    ("claims", "by"),
    [
        (Claims(issuer=DID, urls=["sql"]), "id"),
        (Claims(issuer=DID, urls=["https://x.example"], ctids=["ce-1"]), "ctid"),
        (Claims(issuer=DID, urls=["http://WWW.college.example/badges/sql/"]), "url"),
        (Claims(issuer=DID, name="sql foundations"), "issuer_and_name"),
    ],
)
def test_a_badge_is_found_by_what_it_names(claims: Claims, by: str) -> None:
    """By id, CTID, address, or the issuer and the name."""
    match = catalog().match(claims, "own")
    assert (match.credential_id, match.by, match.skills) == ("sql", by, [])


@pytest.mark.parametrize(
    ("signer", "issuer", "is_theirs"),
    [
        ("did:key:another", DID, False),
        ("did:key:theirs", "college", True),
        ("did:web:college.example", "https://college.example/about", True),
        ("did:web:www.college.example", "college", True),
        ("did:web:badges.www.college.example", "college", True),
        ("did:web:evilcollege.example", "https://college.example", False),
        ("did:web:college.example:students:eve", "https://college.example", False),
        ("https://college.example", "https://college.example/about", True),
        ("https://college.example/~eve", "https://college.example", False),
        ("https://college.example/about", "https://college.example/about", True),
        ("https://[2", "college", False),
    ],
)
def test_only_its_issuers_badge_is_the_credential(
    signer: str, issuer: str, is_theirs: bool
) -> None:
    """Anyone can sign what names anyone's achievement; a stranger's badge is itself, with its skills."""
    match = catalog(issuer).match(Claims(issuer=signer, urls=[URL], skills=["s"]), "own")
    assert match.credential_id == ("sql" if is_theirs else "own")
    assert (match.by, match.skills) == (("url", []) if is_theirs else ("skills", ["s"]))


def test_a_change_of_the_catalog_is_followed() -> None:
    """What a credential was called before finds it no more."""
    found = catalog()
    by = Issuer(id=DID, name="The College")
    found.put(credential("sql", url="https://college.example/new", issuer=by))
    assert found.match(Claims(issuer=DID, urls=[URL], ctids=["ce-1"]), "own").credential_id == "own"
    assert found.match(Claims(issuer=DID, urls=["https://college.example/new"]), "").by == "url"


def badge(**achievement: Any) -> dict[str, Any]:
    return {
        "issuer": {"id": DID, "name": "The College"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"achievement": {"id": URL, "name": "SQL", **achievement}},
    }


def test_claims_are_read_from_alignments() -> None:
    """Skills by ESCO's URI, O*NET's element and a framework's code; a credential by its type, and its CTID."""
    esco = "http://data.europa.eu/esco/skill/1"
    aligned = [
        {"targetUrl": esco, "targetName": "SQL"},
        {"targetCode": "2.A.1.a", "targetFramework": "O*NET Content Model"},
        {"targetType": "ceterms:Credential", "targetUrl": "https://registry.example/ce-7"},
        "not an alignment",
    ]
    claims = claims_of(badge(alignment=aligned, otherIdentifier={"identifier": "ce-8"}))
    assert claims.skills == [esco, "onet:2.A.1.a"]
    assert claims.urls == [URL, "https://registry.example/ce-7"]
    assert claims.ctids == ["ce-8", "ce-7"]


@pytest.mark.parametrize(
    "nonsense", [None, 5, "text", [[]], {"a": {}}, [{"targetUrl": "x" * 501}, {"targetUrl": "a\0"}]]
)
def test_nonsense_claims_nothing(nonsense: Any) -> None:
    """Whatever stands where an alignment should, nothing is taken from it and nothing fails."""
    claims = claims_of(badge(alignment=nonsense, otherIdentifier=nonsense))
    assert (claims.skills, claims.urls) == ([], [URL])


def test_a_badge_brings_so_many_skills_only() -> None:
    """A snapshot must stay small."""
    aligned = [{"targetUrl": f"https://s.example/{n}"} for n in range(MOST_SKILLS + 5)]
    assert len(claims_of(badge(alignment=aligned)).skills) == MOST_SKILLS
