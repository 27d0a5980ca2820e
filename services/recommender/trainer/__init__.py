"""The trainer: every learner's state, the archive of them, the fits, and what is announced of them."""
