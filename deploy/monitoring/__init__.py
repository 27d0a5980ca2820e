"""Rules of the objectives and dashboards, made by `python -m deploy.monitoring write`."""
