"""Who calls."""

from typing import NamedTuple

from libs.common.errors import Forbidden
from services.gateway.auth.keys import KeyKind


class Principal(NamedTuple):
    """The owner of a key. `partner_id` is None for an administrator only."""

    kind: KeyKind
    key_prefix: str
    partner_id: str | None
    allowed_origins: frozenset[str]

    @property
    def partner(self) -> str:
        """The partner. Raises Forbidden for an administrator, who has none."""
        if self.partner_id is None:
            raise Forbidden("This needs a partner's key, not an administrator's.")
        return self.partner_id
