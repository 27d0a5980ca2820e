"""The Lua scripts that Redis runs; each touches keys of one hash tag only."""

import hashlib
from typing import NamedTuple


class Script(NamedTuple):
    """A script and the name by which the server remembers it."""

    text: str
    sha: str


def _script(text: str) -> Script:
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


COMMIT = _script(
    """
-- KEYS: offsets, changed, then state and list of each learner
-- ARGV: expected offsets ('' for none), new offsets, then learner key, state, list ('' deletes), expiry in ms
local stored = redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[1] then return stored end
local a = 3
for k = 3, #KEYS, 2 do
  if ARGV[a + 3] == '0' then redis.call('SET', KEYS[k], ARGV[a + 1])
  else redis.call('SET', KEYS[k], ARGV[a + 1], 'PX', ARGV[a + 3]) end
  if ARGV[a + 2] == '' then redis.call('DEL', KEYS[k + 1])
  else redis.call('SET', KEYS[k + 1], ARGV[a + 2]) end
  a = a + 4
end
redis.call('SET', KEYS[1], ARGV[2])
for b = 3, #ARGV, 4 do redis.call('SPUBLISH', KEYS[2], ARGV[b]) end
return 1
"""
)

FORGET = _script(
    """
-- KEYS: offsets, then states and lists   ARGV: expected offsets
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
for k = 1, #KEYS do redis.call('DEL', KEYS[k]) end
return 1
"""
)

LOOKUP = _script(
    """
-- KEYS: lookup   ARGV: value, revision, expiry in ms (0: none)
local known = redis.call('GET', KEYS[1])
if known and cmsgpack.unpack(known)[3] > tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end
return 1
"""
)

REPAIR = _script(
    """
-- KEYS: state, list, changed   ARGV: state read, list read ('' for none), new list, learner key
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SPUBLISH', KEYS[3], ARGV[4])
return 1
"""
)
