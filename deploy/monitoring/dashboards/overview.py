"""What to look at first: every objective, the model, the partitions."""

from deploy.monitoring.dashboards.queries import age
from deploy.monitoring.grafana import Dashboard, Panel
from deploy.monitoring.objectives import OBJECTIVES

OVERVIEW = Dashboard(
    "overview",
    "Overview",
    (
        *(
            Panel(
                each.alert,
                f"Objective: {each.words}. The share that is not, of an hour and of six; the line is what is allowed.",
                "percentunit",
                {
                    window: f"stackwise:{each.name}_bad:ratio_rate{window}"
                    for window in ("1h", "6h")
                },
                float(each.allowed),
            )
            for each in OBJECTIVES
        ),
        Panel(
            "Model age",
            "Objective: under 26 hours since the announced model was trained.",
            "s",
            {"age": age("stackwise_model_trained_timestamp_seconds")},
            26 * 3600,
        ),
        Panel(
            "Partitions owned",
            "All 64 have a worker that projects them, else some learners' lists stand still.",
            "short",
            {"owned": "sum(stackwise_recommender_partitions_owned)"},
        ),
    ),
)
