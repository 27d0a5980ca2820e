"""Pure functions: a learner's state, the gap to a goal, and the ranking."""
