"""Rate limits in Redis: one bucket a name, all of a settlement in one script."""

from collections.abc import Mapping

from libs.common.errors import TryAgain
from services.gateway.store.redis import AWAY, Client

# One hash tag, so that a cluster runs the script on one node. Debt is at most one second's worth.
_SETTLE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local left = {}
for i, key in ipairs(KEYS) do
  local used, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = tonumber(kept[1]) or rate
  local passed = math.max(0, now - (tonumber(kept[2]) or now))
  tokens = math.max(-rate, math.min(rate, tokens + passed * rate) - used)
  redis.call('HSET', key, 'tokens', tokens, 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, 5000)
  left[i] = tostring(tokens)
end
return left
"""


class SharedLimits:
    """Raises TryAgain while Redis is away."""

    def __init__(self, client: Client) -> None:
        self._script = client.register_script(_SETTLE)

    async def settle(self, used: Mapping[str, tuple[int, int]]) -> Mapping[str, float]:
        """What is left of each bucket after `(used, rate)`; below 0 where more was used than there was."""
        keys = [f"{{limits}}:{name}" for name in used]
        numbers = [number for pair in used.values() for number in pair]
        try:
            left = await self._script(keys=keys, args=numbers)
        except AWAY as error:
            raise TryAgain(f"Redis is away: {type(error).__name__}") from error
        return {name: float(tokens) for name, tokens in zip(used, left, strict=True)}
