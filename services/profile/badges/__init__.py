"""Whether a badge from elsewhere is what it says: pure checks, each a step with its result and reason."""
