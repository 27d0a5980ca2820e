"""A credential as a document: the credential, the course that leads to it, and who stands behind it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from libs.common.contracts.catalog import Assertion, Credential, Issuer, Occupation, Skill
from libs.common.schema_org.courses import course, is_course
from libs.common.schema_org.terms import CTDL, Node, identified, node, place, reference

CONTEXT = "https://schema.org"
_ACTIONS = {
    "accredits": "AccreditAction",
    "recognizes": "RecognizeAction",
    "approves": "ApproveAction",
    "endorses": "EndorseAction",
}


class Names(NamedTuple):
    """What a credential speaks of, by id."""

    skills: Mapping[str, Skill]
    occupations: Mapping[str, Occupation]
    credentials: Mapping[str, Credential]


def document(of: Credential, names: Names) -> dict[str, Any]:
    """A graph about one credential."""
    return {"@context": CONTEXT, "@graph": _graph(of, names)}


def item_list(of: Sequence[Credential], names: Names, name: str | None = None) -> dict[str, Any]:
    """A list of credentials in its order."""
    items = [
        node("ListItem", position=rank, url=each.url, item=_credential(each, names))
        for rank, each in enumerate(of, 1)
    ]
    ordered = node(
        "ItemList",
        name=name,
        itemListOrder=f"{CONTEXT}/ItemListOrderAscending",
        numberOfItems=len(items),
    )
    return {"@context": CONTEXT, **ordered, "itemListElement": items}


def _graph(of: Credential, names: Names) -> list[Node]:
    teaching = [course(of, skills_of(of, names), _issuer(of.issuer), names.credentials)]
    behind = [_action(each, of.url) for each in of.assertions]
    return [_credential(of, names), *(teaching if is_course(of) else []), *behind]


def _credential(of: Credential, names: Names) -> Node:
    ids = [node("PropertyValue", propertyID="stackwise", value=of.id)]
    if of.ctid is not None:
        ids.append(node("PropertyValue", propertyID="ceterms:ctid", value=of.ctid))
    return node(
        "EducationalOccupationalCredential",
        id=of.url,
        identifier=ids,
        url=of.url,
        name=of.name,
        description=of.description,
        image=of.image,
        credentialCategory=node("DefinedTerm", name=of.type, inDefinedTermSet=CTDL),
        creativeWorkStatus=of.status,
        publisher=_issuer(of.issuer),
        competencyRequired=skills_of(of, names),
        educationalLevel=_levels(of),
        about=[_occupation(each, names) for each in of.occupations],
        educationalAlignment=[
            node(
                "AlignmentObject", alignmentType="leadsTo", about=reference(each, names.credentials)
            )
            for each in of.leads_to
        ],
        recognizedBy=[_agent(each) for each in of.assertions if each.kind == "recognizes"],
        inLanguage=of.languages,
        validIn=[place(each) for each in of.places],
        validFor=None if of.renewal_months is None else f"P{of.renewal_months}M",
        datePublished=None if of.published_at is None else of.published_at.isoformat(),
        dateModified=of.updated_at.isoformat(),
        mainEntityOfPage=None
        if of.superseded_by is None
        else node("WebPage", relatedLink=reference(of.superseded_by, names.credentials)),
    )


def skills_of(of: Credential, names: Names) -> list[Node]:
    """What it teaches, with its names where they are known."""
    return [
        identified("DefinedTerm", each.id, name=_name(names.skills.get(each.id)))
        for each in of.skills
    ]


def _name(known: Skill | Occupation | None) -> str | None:
    return None if known is None else known.name


def _issuer(issuer: Issuer) -> Node:
    return identified("EducationalOrganization", issuer.id, name=issuer.name)


def _agent(assertion: Assertion) -> Node:
    return identified("Organization", assertion.agent.id, name=assertion.agent.name)


def _occupation(own_id: str, names: Names) -> Node:
    known = names.occupations.get(own_id)
    codes = [] if known is None else [code for code in (known.soc, known.isco) if code]
    return identified("Occupation", own_id, name=_name(known), occupationalCategory=codes)


def _levels(of: Credential) -> list[Node]:
    levels = [] if of.level is None else [node("DefinedTerm", name=of.level)]
    if of.eqf_level is not None:
        levels.append(
            node("DefinedTerm", name=f"EQF level {of.eqf_level}", termCode=str(of.eqf_level))
        )
    return levels


def _action(assertion: Assertion, url: str) -> Node:
    """Who stands behind it, since when and where; the kind is CTDL's, which schema.org has only one for."""
    return node(
        "EndorseAction",
        additionalType=CTDL + _ACTIONS[assertion.kind],
        object={"@id": url},
        agent=_agent(assertion),
        location=None if assertion.jurisdiction is None else place(assertion.jurisdiction),
        startTime=None if assertion.start is None else assertion.start.isoformat(),
        endTime=None if assertion.end is None else assertion.end.isoformat(),
        result=None
        if assertion.evidence_url is None
        else node("WebPage", url=assertion.evidence_url),
    )
