"""Documents whose values are of the wrong kind, anywhere."""

import io
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.domain.kinds import CREDENTIAL
from services.catalog.domain.records import Record, Rejected
from services.catalog.formats import case, ctdl, openbadges, regulated
from services.catalog.formats.elm import read_all
from services.catalog.formats.notes import Reading
from services.catalog.importers import json_nodes
from services.catalog.importers.reports import items_of
from tests.unit.catalog import documents as docs
from tests.unit.catalog.test_document_imports import ACHIEVEMENT, EUROPEAN

CTDL = docs.ctdl(
    estimatedCost=[{"ceterms:price": 1, "ceterms:currency": "USD", "ceterms:directCostType": {}}],
    estimatedDuration=[{"ceterms:exactDuration": "PT1H"}],
    requires=[
        {
            "ceterms:targetCompetency": [docs.alignment("https://s.example.org/1")],
            "ceterms:targetAssessment": [{"ceterms:assessmentMethodType": [docs.alignment("a:b")]}],
            "ceterms:targetCredential": ["https://r.example.org/1"],
        }
    ],
    financialAssistance=[
        {
            "ceterms:name": "Fund",
            "ceterms:financialAssistanceValue": [{"schema:value": 1, "schema:unitText": "USD"}],
        }
    ],
    aggregateData=[
        {
            "ceterms:jobsObtained": [{"schema:value": 1}],
            "ceterms:numberAwarded": 2,
            "ceterms:medianEarnings": 3,
            "ceterms:currency": "USD",
            "qdata:relevantDataSet": [
                {
                    "qdata:dataSetTimePeriod": [
                        {
                            "qdata:dataAttributes": [
                                {
                                    "qdata:holdersInSet": [{"schema:value": 1}],
                                    "qdata:subjectsInSet": [{"schema:value": 2}],
                                    "qdata:relatedEmployment": [{"schema:value": 1}],
                                    "qdata:unrelatedEmployment": [{"schema:value": 1}],
                                    "qdata:earningsAmount": [
                                        {"schema:value": 1, "schema:currency": "USD"}
                                    ],
                                }
                            ]
                        }
                    ]
                }
            ],
        }
    ],
    accreditedBy=["https://qa.example.org/1"],
    recognizedIn=[
        {
            "ceterms:assertedBy": ["https://qa.example.org/1"],
            "ceterms:mainJurisdiction": [{"ceterms:addressCountry": "US"}],
        }
    ],
    occupationType=[docs.alignment("https://o.example.org/1")],
    availableAt=[{"ceterms:addressCountry": "US", "ceterms:addressRegion": "Oregon"}],
    renewalFrequency="P1Y",
    dateEffective="2025-01-01",
    learningDeliveryType=[docs.alignment("deliveryType:OnlineOnly")],
)
ITEM = {"uri": "https://c.example.org/1", "fullStatement": "Knots", "CFItemType": "Skill"}
WRONG = st.sampled_from(
    [
        None,
        True,
        -1,
        1.5,
        "1e999999",
        "NaN",
        "",
        "text",
        "\x00",
        [],
        {},
        [[]],
        [None],
        [{}],
        {"a": []},
        [[1]],
        {"@id": 1},
        {"@id": []},
        {"@value": {}},
        {"en": {}},
        {"en": None},
        "9" * 5000,
    ]
)
STARTS = [CTDL, ACHIEVEMENT, EUROPEAN, ITEM, docs.profession()]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a value."""
    if isinstance(value, dict):
        steps: list[Any] = list(value)
    else:
        steps = list(range(len(value))) if isinstance(value, list) else []
    for step in steps:
        yield (*at, step)
        yield from places(value[step], (*at, step))


def readings(data: dict[str, Any]) -> Iterator[Reading]:
    """What every reader says of an object."""
    yield ctdl.read(data)
    yield from (reading for _, reading in read_all(data))
    yield case.read(data)
    if regulated.is_live(data) and regulated.is_by_law(data):
        yield from regulated.read_all(data)
    if (found := openbadges.achievement_of(data)) is not None:
        yield openbadges.read(found[1], found[2])


@given(start=st.sampled_from(STARTS), wrong=WRONG, data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_value_of_the_wrong_kind_is_told(start: Any, wrong: Any, data: st.DataObject) -> None:
    """Whatever stands anywhere, an object is a record or is rejected: it never stops the file."""
    document = deepcopy(start)
    *path, last = data.draw(st.sampled_from(list(places(document))))
    holder = document
    for step in path:
        holder = holder[step]
    holder[last] = wrong
    for reading in readings(document):
        first = next(items_of(CREDENTIAL, reading, 1, ""))
        assert isinstance(first, Record | Rejected)


@given(st.recursive(WRONG, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_to_its_end(value: Any) -> None:
    """Objects are found wherever JSON holds them, lists or none."""
    for around in (value, {"@graph": value}, [value, {"@graph": [value]}]):
        raw = msgspec.json.encode(around)
        found = list(json_nodes.read(io.BytesIO(raw), ("@graph",)))
        assert not any("read on" in str(each) for each in found)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_what_is_no_json_is_told(raw: bytes) -> None:
    """Bytes that are no JSON end in a rejection, not in an error."""
    for each in json_nodes.read(io.BytesIO(raw), ("@graph",)):
        assert each is not None
