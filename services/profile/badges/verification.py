"""Every step of verifying a badge, in order: shape, proof, dates, status, issuer, and where somebody asks subject."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.profile.badges.at_hand import AtHand
from services.profile.badges.dates import Expired, require_valid
from services.profile.badges.documents import issuer_of, require_badge
from services.profile.badges.keys import is_own, key_of
from services.profile.badges.presented import Presented, controller_of, present
from services.profile.badges.recipients import require_recipient
from services.profile.badges.status_lists import Policy, check_status, lists_of
from services.profile.badges.steps import Refused, Step, StepName, Undecided, Verification

NOBODY: Mapping[str, str] = {}


def verify(
    raw: bytes,
    now: datetime,
    at_hand: AtHand | None = None,
    *,
    allowed_issuers: Mapping[str, str] = NOBODY,
    identity: str | None = None,
) -> Verification:
    """What can be said of `raw` at `now` (aware), with nothing fetched.

    `allowed_issuers`: the DID that may sign the status list at a URL for other issuers. `identity`: whose it must be; None
    asks for nobody.
    """
    published = at_hand or AtHand()
    try:
        presented = present(raw)
    except Refused as why:
        return Verification((Step("shape", False, str(why)),))
    document = presented.document
    policy = Policy(now, allowed_issuers)
    return Verification(
        (
            _step("shape", lambda: require_badge(document)),
            _step("proof", lambda: presented.check(published)),
            _step("dates", lambda: require_valid(document, now)),
            _status(presented, published, policy),
            _step("issuer", lambda: _require_own_key(presented)),
            *([] if identity is None else [_subject(presented, identity)]),
        )
    )


def wanted(raw: bytes, at_hand: AtHand) -> set[str]:
    """The URLs that verifying `raw` would ask for and that have not been fetched: more may follow from those.

    Only reads; nothing is signed or hashed, so it is quick.
    """
    try:
        presented = present(raw)
    except Refused:
        return set()
    _look_for_key(presented, at_hand)
    for url in lists_of(presented.document):
        try:
            _look_for_key(present(at_hand.get(url)), at_hand)
        except (Refused, Undecided):
            continue
    return at_hand.missing


def _look_for_key(presented: Presented, at_hand: AtHand) -> None:
    try:
        key_of(presented.method, at_hand)
    except (Refused, Undecided):
        return  # What is missing has been noted; what is wrong, verifying says.


def _step(name: StepName, check: Callable[[], object]) -> Step:
    try:
        check()
    except Refused as why:
        return Step(name, False, str(why))
    except Expired as why:
        return Step(name, False, str(why), becomes="expired")
    except Undecided as why:
        return Step(name, None, str(why))
    return Step(name, True, "as it must be")


def _status(presented: Presented, at_hand: AtHand, policy: Policy) -> Step:
    try:
        return check_status(presented.document, at_hand, policy)
    except Refused as why:
        return Step("status", None, str(why))


def _subject(presented: Presented, identity: str) -> Step:
    return _step("subject", lambda: require_recipient(presented.document, identity))


def _require_own_key(presented: Presented) -> None:
    if not is_own(controller_of(presented), issuer_of(presented.document)):
        raise Refused("signed with the key of someone else than the issuer")
