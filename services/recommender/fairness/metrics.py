"""The newest published report as metrics; the trainer exports them. What the report suppresses is not there."""

from prometheus_client import Gauge

from services.recommender.domain.fairness import FairnessReport

MEAN = Gauge(
    "stackwise_fairness_mean",
    "Mean of a measure over a group's lists, from the newest published fairness report; groups under 30 are left out. "
    "Measures: feasible, net_cost, hours, value, gap_closed, cost_burden (domain/fairness.py).",
    ["axis", "group", "measure"],
)
GAP = Gauge(
    "stackwise_fairness_gap",
    "The highest mean less the lowest between the groups of an axis. Alert when feasible differs by more than 0.1.",
    ["axis", "measure"],
)
EXPOSURE = Gauge(
    "stackwise_fairness_exposure_over_merit",
    "A sector's share of exposure over its share of merit; 1 is proportional.",
    ["sector"],
)
REPORTED_AT = Gauge(
    "stackwise_fairness_reported_timestamp_seconds",
    "When the report was made (Unix time). Alert when it is older than two of its intervals.",
)


def export(report: FairnessReport) -> None:
    """Replaces what was exported before."""
    MEAN.clear()
    GAP.clear()
    EXPOSURE.clear()
    for group in (report.everyone, *report.groups):
        means: dict[str, float | None] = {"feasible": group.feasible}
        means |= {str(measure): mean for measure, mean in group.measures.items()}
        for measure, mean in means.items():
            if mean is not None:
                MEAN.labels(group.axis, group.group, measure).set(mean)
    for gap in report.gaps:
        GAP.labels(gap.axis, gap.measure).set(gap.difference)
    for sector in report.sectors:
        if sector.ratio is not None:
            EXPOSURE.labels(sector.sector).set(sector.ratio)
    REPORTED_AT.set(report.computed_at / 1000)
