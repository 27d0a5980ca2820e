"""The fairness report: `python -m services.recommender fairness`."""

PUBLISHED = "fairness.json"
"""Under this name the newest published report is in the model store."""
