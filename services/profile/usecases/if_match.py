"""`If-Match`: change only what the client has seen (RFC 9110, 13.1.1)."""

from libs.common.contracts.profile import Learner
from libs.common.errors import PreconditionFailed


def etag(learner: Learner) -> str:
    """The entity tag of a learner: their revision."""
    return f'"{learner.revision}"'


def refuse_unless_matched(if_match: str | None, known: Learner | None) -> None:
    """Raises PreconditionFailed unless the header is absent, or names what there is (`*`: anything)."""
    if if_match is None:
        return
    tags = {tag.strip() for tag in if_match.split(",")}
    if known is None or not tags & {"*", etag(known)}:
        raise PreconditionFailed("the learner is not the one that If-Match names")
