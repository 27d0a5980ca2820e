"""The dashboards: what is asked of the metrics, in which words. Each metric is documented where the code names it."""

from deploy.monitoring.dashboards.overview import OVERVIEW
from deploy.monitoring.dashboards.recommender import FAIRNESS, FRESHNESS, MODEL
from deploy.monitoring.dashboards.traffic import GATEWAY, KAFKA

DASHBOARDS = (OVERVIEW, FRESHNESS, MODEL, FAIRNESS, KAFKA, GATEWAY)
