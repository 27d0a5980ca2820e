"""The path of one interaction, as architecture.md tells it, on the running stack."""

import uuid

import pytest

from tests.support.flow import Flow
from tests.support.partner import event, ids

pytestmark = pytest.mark.stack


async def test_an_interaction_changes_the_list_that_the_gateway_serves(flow: Flow) -> None:
    """What a learner completes leaves their list, what builds on it rises, and `position` says so."""
    ladder = await flow.publish_ladder(f"ladder {uuid.uuid4()}")
    learner = f"léa/{uuid.uuid4()}"
    interested = [{"id": ladder.skill, "level": 0.1}]
    await flow.partner.put_learner(learner, languages=["en"], skills=interested)
    before = await flow.partner.recommendations(learner, limit=50)
    assert before["freshness"]["position"] is None
    assert ladder.first in ids(before)
    assert ladder.second not in ids(before)

    # 1 and 2: the gateway hands it to profile, which answers with its place in the log.
    accepted = await flow.partner.interact(learner, event(ladder.first))
    assert accepted["accepted"] == 1
    assert accepted["rejected"] == []
    position = accepted["position"]

    # 3: the worker merges it into the learner's state and commits the offset beside it.
    after = await flow.partner.covering(learner, position, limit=50)
    state = await flow.state(learner)
    assert state is not None
    assert state.position == position
    assert set(state.interactions) == {ladder.first}

    # It stands in Kafka at that place, under a key that says nothing of the learner's own id.
    lookup = await flow.lookup(learner)
    assert lookup is not None
    record = await flow.interaction(lookup.partition, position)
    assert record.credential_id == ladder.first
    assert record.learner_key == lookup.learner_key
    assert "léa" not in record.learner_key

    # 4: the gateway serves the list that includes it.
    assert after["freshness"]["position"] == position
    assert ladder.first not in ids(after)
    assert ladder.second in ids(after)
    risen = after["items"][ids(after).index(ladder.second)]
    assert "builds_on" in {reason["code"] for reason in risen["reasons"]}

    # 5: the trainer, which reads every partition, streams the credential's moved row.
    row = await flow.item_row(ladder.first)
    assert row.trend is not None


async def test_two_partners_with_the_same_learner_id_never_see_each_other(flow: Flow) -> None:
    """A learner id belongs to its partner: another partner's is 404, or a learner of its own."""
    ladder = await flow.publish_ladder(f"ladder {uuid.uuid4()}")
    learner = f"shared-{uuid.uuid4()}"
    async with flow.another_partner(f"other {uuid.uuid4()}") as other:
        mine = await flow.partner.interact(learner, event(ladder.first))
        missing = await other.http.get(f"/v1/learners/{learner}/recommendations")
        assert missing.status_code == 404
        assert missing.json()["code"] == "learner_not_found"
        theirs = await other.interact(learner, event(ladder.other, "view"))
        my_list = await flow.partner.covering(learner, mine["position"], limit=50)
        their_list = await other.covering(learner, theirs["position"], limit=50)
    assert ladder.first not in ids(my_list)
    assert ladder.first in ids(their_list)


async def test_a_new_learner_gets_reasons_and_values(flow: Flow) -> None:
    """Without a history there is an answer too, and every item says why and what it is worth."""
    await flow.publish_ladder(f"ladder {uuid.uuid4()}")
    learner = f"new-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)
    answer = await flow.partner.recommendations(learner)
    assert answer["items"]
    assert answer["fallback"] is None
    for item in answer["items"]:
        assert all(reason["text"] for reason in item["reasons"])
        assert 0 <= item["value"]["low"] <= item["value"]["high"] <= 1
