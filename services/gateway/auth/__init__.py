"""Who calls, and what they may: keys, origins, and the guard before every route."""
