"""The only place where names of Redis keys and channels are spelled.

All keys of a learner carry the hash tag of their Kafka partition, so one script may touch them.
"""

import hmac


def lookup(pepper: str, partner_id: str, learner_id: str) -> str:
    """Where a partner's learner id leads to a partition and learner key; the id itself is not in Redis' names."""
    message = f"{len(partner_id)}:{partner_id}{learner_id}".encode()
    return "lookup:" + hmac.digest(pepper.encode(), message, "sha256").hex()


def state(partition: int, learner_key: str) -> str:
    """A learner's state."""
    return f"{{p{partition}}}:state:{learner_key}"


def ranked(partition: int, learner_key: str) -> str:
    """A learner's list."""
    return f"{{p{partition}}}:list:{learner_key}"


STATES = "{p*}:state:*"
"""The pattern of all learners' states."""


def beside(state_key: str) -> str:
    """Where the list of a state's learner is."""
    return state_key.replace("}:state:", "}:list:", 1)


def offsets(partition: int) -> str:
    """How far the partition's projection has come."""
    return f"{{p{partition}}}:offsets"


def changed(partition: int) -> str:
    """The sharded channel on which a learner key is published when its list changes."""
    return f"{{p{partition}}}:changed"
