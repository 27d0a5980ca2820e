"""Occupations of O*NET and ESCO in the running system, with the sample world's credentials to earn.

Given both taxonomies imported as their publishers write them, and credentials that teach some of their
skills; when a learner aims at one of the occupations named here; then there is a gap and a way to close it.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from rich.progress import Progress

from deploy.local.sample import taxonomies
from deploy.local.sample.load import Door, load
from deploy.local.sample.world import World, make
from tests.support.career import gap, pathway
from tests.support.flow import Flow
from tests.support.partner import Partner
from tests.support.shared_data import shared
from tests.support.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.any_broker]

ESCO = "http://data.europa.eu/esco/occupation"
OCCUPATIONS = (
    ("onet:11-1021.00", "General and Operations Managers"),
    ("onet:11-2021.00", "Marketing Managers"),
    ("onet:11-3012.00", "Administrative Services Managers"),
    ("onet:11-3021.00", "Computer and Information Systems Managers"),
    ("onet:11-3061.00", "Purchasing Managers"),
    ("onet:11-3071.00", "Transportation, Storage, and Distribution Managers"),
    ("onet:11-3121.00", "Human Resources Managers"),
    ("onet:11-3131.00", "Training and Development Managers"),
    ("onet:11-9021.00", "Construction Managers"),
    ("onet:13-1023.00", "Purchasing Agents, Except Wholesale, Retail, and Farm Products"),
    ("onet:13-1071.00", "Human Resources Specialists"),
    ("onet:13-1081.00", "Logisticians"),
    ("onet:13-1111.00", "Management Analysts"),
    ("onet:13-1151.00", "Training and Development Specialists"),
    ("onet:13-1161.00", "Market Research Analysts and Marketing Specialists"),
    ("onet:13-2011.00", "Accountants and Auditors"),
    ("onet:13-2072.00", "Loan Officers"),
    ("onet:15-1211.00", "Computer Systems Analysts"),
    ("onet:15-1212.00", "Information Security Analysts"),
    ("onet:15-1232.00", "Computer User Support Specialists"),
    ("onet:15-1242.00", "Database Administrators"),
    ("onet:15-1244.00", "Network and Computer Systems Administrators"),
    ("onet:15-1253.00", "Software Quality Assurance Analysts and Testers"),
    ("onet:15-1254.00", "Web Developers"),
    ("onet:25-9031.00", "Instructional Coordinators"),
    ("onet:27-1024.00", "Graphic Designers"),
    ("onet:27-3031.00", "Public Relations Specialists"),
    ("onet:27-3042.00", "Technical Writers"),
    ("onet:41-1011.00", "First-Line Supervisors of Retail Sales Workers"),
    ("onet:41-3021.00", "Insurance Sales Agents"),
    (
        "onet:41-4012.00",
        "Sales Representatives, Wholesale and Manufacturing, Except Technical and Scientific Products",
    ),
    ("onet:43-1011.00", "First-Line Supervisors of Office and Administrative Support Workers"),
    ("onet:43-3031.00", "Bookkeeping, Accounting, and Auditing Clerks"),
    ("onet:43-4051.00", "Customer Service Representatives"),
    ("onet:43-5061.00", "Production, Planning, and Expediting Clerks"),
    (
        "onet:43-6014.00",
        "Secretaries and Administrative Assistants, Except Legal, Medical, and Executive",
    ),
    ("onet:43-9021.00", "Data Entry Keyers"),
    ("onet:47-2231.00", "Solar Photovoltaic Installers"),
    ("onet:49-9071.00", "Maintenance and Repair Workers, General"),
    ("onet:51-9061.00", "Inspectors, Testers, Sorters, Samplers, and Weighers"),
    (f"{ESCO}/f605bcd2-90b6-45a0-a558-d05016d68a77", "human resources manager"),
    (f"{ESCO}/6fcf4638-e7c7-4978-9302-9a7b63a3d57c", "marketing manager"),
    (f"{ESCO}/6426ada1-4d8c-4612-99e3-91bc569805ee", "manufacturing manager"),
    (f"{ESCO}/30f3ea93-882a-4525-841c-1d5b4b64076f", "financial manager"),
    (f"{ESCO}/bcc2c1db-f969-4355-bebf-4878ff6c2a94", "service manager"),
    (f"{ESCO}/e1c72b5f-4c5c-487c-a6df-e84b64a51dae", "ICT system architect"),
    (f"{ESCO}/c6bd511a-d966-4df9-a48e-4f800354f268", "operations manager"),
    (f"{ESCO}/8b6388a4-4904-471b-9331-d3b1211f5525", "ICT project manager"),
    (f"{ESCO}/13d1b2b4-99dd-44da-9734-c9f74bae18f7", "customer service representative"),
    (f"{ESCO}/547b304b-9a72-4717-9b24-b7046df5f64e", "specialised seller"),
    (f"{ESCO}/d0aa0792-4345-474b-9365-686cf4869d2e", "software architect"),
    (f"{ESCO}/fde97584-d8e3-413e-a662-511c9055357e", "live chat operator"),
    (f"{ESCO}/64c7d461-152c-477f-a8e2-c2c537e9d617", "ICT network technician"),
    (f"{ESCO}/f31f487b-4ce2-40f3-90e8-7d0011b4ef1d", "software manager"),
    (f"{ESCO}/aacc3918-b5d3-484b-9480-5d29aa550d74", "supply chain manager"),
    (f"{ESCO}/aaeec9a7-dc57-4485-890c-86b3eef735f9", "ICT help desk agent"),
    (f"{ESCO}/61b859ed-24d8-48cf-9c1b-67d7a6c62bb5", "import export specialist"),
    (f"{ESCO}/2f5de1ab-eddf-4715-8193-e994912c22ea", "warehouse manager"),
    (f"{ESCO}/40517ed4-2769-4283-a15b-4b0d939bd2d3", "production supervisor"),
    (f"{ESCO}/a14e96a7-6c4d-4d69-8c6f-7ccadf77bac5", "corporate training manager"),
    (f"{ESCO}/2ff9e53c-6e7f-42af-8d71-b5dd7f283089", "bank teller"),
    (f"{ESCO}/0ededdc2-050a-4ec3-8e70-6295105fcd19", "call centre agent"),
)

REGULATION = (
    ("onet:29-1141.00", "Registered Nurses", "check_regulator"),
    ("onet:23-1011.00", "Lawyers", "check_regulator"),
    ("onet:25-9031.00", "Instructional Coordinators", "open"),
    (
        f"{ESCO}/8d3e8aaa-791b-4c75-a465-f3f827028f50",
        "nurse responsible for general care",
        "check_regulator",
    ),
    (f"{ESCO}/974d4eab-fbee-4c52-b16e-73bdd8c25b53", "lawyer", "check_regulator"),
    (f"{ESCO}/a9c30651-ccbc-4a80-900c-7880615cdf6e", "instructional designer", "open"),
)


def learning_partner_world(partner_id: str) -> World:
    """The sample world's credentials that teach an imported skill, for one partner alone: what other
    tests are recommended stays as it is."""
    world = make(datetime.now(UTC), learners=4)
    wanted = {skill.id for skill in taxonomies.read()}
    credentials = {
        id: msgspec.structs.replace(body, audience=[partner_id], occupations=[])
        for id, body in world.credentials.items()
        if any(skill.id in wanted for skill in body.skills)
    }
    nothing: dict[Any, Any] = {}
    kept = {id: body for id, body in world.skills.items() if id in wanted}
    return replace(
        world, skills=kept, credentials=credentials, occupations=nothing, regulations=nothing,
        demand=nothing, learners=[], interactions=[],
    )  # fmt: skip


# A fixture each, so that pytest shows how long each import takes (two minutes are the limit).
@pytest.fixture(scope="module")
async def onet(flow: Flow) -> str:
    """What the import of O*NET said."""
    path = str(shared("onet_29_3"))
    return await flow.stack.command("catalog", "import", path, "--format", "onet")


@pytest.fixture(scope="module")
async def esco(flow: Flow) -> str:
    """What the import of ESCO said."""
    path = str(shared("esco_sample"))
    return await flow.stack.command("catalog", "import", path, "--format", "esco")


@pytest.fixture(scope="module")
async def partner(flow: Flow, onet: str, esco: str) -> AsyncIterator[Partner]:
    """A partner whose catalog is the sample world's, with one learner, once everybody knows of it all."""
    async with flow.another_partner("imported occupations") as partner:
        world = learning_partner_world(partner.id)
        door = Door(flow.stack.gateway_url, flow.stack.admin_key, "")
        with Progress(disable=True) as progress:
            await load(door, world, progress)
        for occupation, _ in OCCUPATIONS:
            await until(partial(closing, partner, occupation), bool)
        yield partner


async def closing(partner: Partner, occupation: str) -> list[dict[str, Any]]:
    """What is recommended to somebody new to an occupation; nothing while it is not known yet."""
    asked = {"target": {"occupation": occupation}, "limit": 50}
    answer = await partner.http.post("/v1/recommendations", json=asked)
    assert answer.status_code == 200, answer.text
    target = answer.json()["target"]
    if target is None or target["status"] == "no_skill_data":
        return []
    return [item for item in answer.json()["items"] if item["gap"] and item["gap"]["closes"]]


async def test_all_of_onet_is_imported(onet: str) -> None:
    """1,016 occupations and 203 skills, whichever were there before."""
    assert taken(onet) == (1_016 + 203, 0)


async def test_all_of_the_esco_sample_is_imported(esco: str) -> None:
    """3,007 occupations with a URI of their own and 1,000 skills."""
    assert taken(esco) == (3_007 + 1_000, 0)


def taken(said: str) -> tuple[int, int]:
    """How many records were taken, and how many rejected."""
    counts = [int(part.split()[0]) for part in said.splitlines()[0].split(", ")]
    return sum(counts[:3]), counts[3]


@pytest.mark.parametrize(("occupation", "name"), OCCUPATIONS, ids=[name for _, name in OCCUPATIONS])
async def test_credentials_close_the_gap_to_an_imported_occupation(
    partner: Partner, occupation: str, name: str
) -> None:
    """Each closes skills that the occupation asks for, under the ids that the import gave them, and says
    so with the occupation's name."""
    items = await closing(partner, occupation)
    assert items
    taxonomy = "onet:" if occupation.startswith("onet:") else "http://data.europa.eu/esco/skill/"
    for item in items:
        closed = {skill["id"] for skill in item["gap"]["closes"]}
        assert closed <= {skill["id"] for skill in item["credential"]["skills"]}
        assert all(skill.startswith(taxonomy) for skill in closed)
        assert item["gap"]["gain"] > 0
    said = [r["text"] for r in items[0]["reasons"] if r["code"] == "closes_skill_gap"]
    assert name in said[0]


@pytest.mark.parametrize(("occupation", "name"), OCCUPATIONS, ids=[name for _, name in OCCUPATIONS])
async def test_a_learner_has_a_gap_and_a_path_to_an_imported_occupation(
    partner: Partner, occupation: str, name: str
) -> None:
    """Skills are missing, and there are steps that teach some of them."""
    learner = "newcomer to every occupation"
    await partner.put_learner(learner)
    shortfall = await gap(partner, learner, occupation)
    found = await pathway(partner, learner, occupation, steps=1)
    missing = {each["skill"]["id"] for each in shortfall["missing"]}
    assert found["occupation"] == shortfall["occupation"] == {"id": occupation, "name": name}
    taught = {s["id"] for step in found["steps"] for s in step["credential"]["skills"]}
    assert taught & missing
    assert found["coverage"] > shortfall["readiness"]


@pytest.mark.parametrize(
    ("occupation", "name", "status"), REGULATION, ids=[name for _, name, _ in REGULATION]
)
async def test_an_imported_occupation_is_regulated_as_its_family_usually_is(
    partner: Partner, occupation: str, name: str, status: str
) -> None:
    """No taxonomy says what the law says: without a record the family does, and never `not regulated`."""
    learner = "newcomer to every occupation"
    await partner.put_learner(learner)
    shortfall = await gap(partner, learner, occupation)
    assert shortfall["occupation"] == {"id": occupation, "name": name}
    assert (shortfall["status"], shortfall["regulation"]) == (status, None)
