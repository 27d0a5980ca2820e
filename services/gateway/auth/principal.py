"""Who calls."""

from typing import NamedTuple

from libs.common.errors import Forbidden
from services.gateway.auth.keys import CallerKind


class Principal(NamedTuple):
    """The owner of a key, or a learner. `partner_id` is None for an administrator only; `learner_id` is
    whose token it is; `requests_per_second` None: the default; `key_prefix` is empty for a token."""

    kind: CallerKind
    key_prefix: str
    partner_id: str | None
    allowed_origins: frozenset[str]
    learner_id: str | None = None
    requests_per_second: int | None = None

    @property
    def partner(self) -> str:
        """The partner. Raises Forbidden for an administrator, who has none."""
        if self.partner_id is None:
            raise Forbidden("This needs a partner's key, not an administrator's.")
        return self.partner_id
