"""Freshness, the model and fairness."""

from deploy.monitoring.dashboards.queries import RATE, age, quantiles, rates
from deploy.monitoring.grafana import Dashboard, Panel

FRESHNESS = Dashboard(
    "freshness",
    "Freshness",
    (
        Panel(
            "As a partner sees it",
            "The canary: from the 202 for an interaction to the first answer that includes it.",
            "s",
            quantiles("stackwise_canary_freshness_seconds"),
            1,
        ),
        Panel(
            "Canary's rounds",
            "Interactions a second by outcome: unseen and refused are failures.",
            "ops",
            rates("stackwise_canary_rounds_total", "outcome"),
        ),
        Panel(
            "Since the canary was last seen",
            "Its interaction comes every 15 s; longer than that, something stands still.",
            "s",
            {"since": age("stackwise_canary_seen_timestamp_seconds")},
            60,
        ),
        Panel(
            "To the committed list",
            "All interactions: from acceptance to the commit of the list that includes them.",
            "s",
            quantiles("stackwise_recommender_freshness_seconds"),
            1,
        ),
        Panel(
            "Stages of a batch, p99",
            "Read and write are Redis, compute is the worker's processor.",
            "s",
            {
                "{{stage}}": "histogram_quantile(0.99, sum by (le, stage) "
                f"(rate(stackwise_recommender_stage_seconds_bucket{RATE})))"
            },
        ),
        Panel(
            "Lists committed",
            "Lists that the workers computed and committed a second.",
            "ops",
            {"lists": f"sum(rate(stackwise_recommender_lists_total{RATE}))"},
        ),
        Panel(
            "Fences and recoveries",
            "Commits refused because another owner was there, and partitions whose offsets were checked, a second: both "
            "belong to a rebalance or a loss.",
            "ops",
            {
                "fence refusals": f"sum(rate(stackwise_recommender_fence_refusals_total{RATE}))",
                "{{outcome}}": f"sum by (outcome) (rate(stackwise_recommender_recoveries_total{RATE}))",
            },
        ),
    ),
)
MODEL = Dashboard(
    "model",
    "Model quality",
    (
        Panel(
            "NDCG@20 of what learners took up",
            "Asked before it was learned, over the newest 1,000 enrolments and completions, by ranking.",
            "short",
            {"{{ranking}}": "max by (ranking) (stackwise_recommender_live_ndcg_at_20)"},
        ),
        Panel(
            "Recall@20 of what learners took up",
            "The share of them that was among the first 20, by ranking.",
            "percentunit",
            {"{{ranking}}": "max by (ranking) (stackwise_recommender_live_recall_at_20)"},
        ),
        Panel(
            "Quick check of the announced model",
            "What the promotion guard found of the model in force, by metric.",
            "short",
            {"{{metric}}": "max by (metric) (stackwise_model_quality)"},
        ),
        Panel(
            "New models of a day",
            "Promoted, or parked because they were worse than the one in force.",
            "short",
            {
                "{{outcome}}": "sum by (outcome) (increase(stackwise_recommender_promotions_total[1d]))"
            },
        ),
        Panel(
            "Duration of a fit, p99",
            "From the archive's save to the announcement.",
            "s",
            {
                "p99": "histogram_quantile(0.99, sum by (le) "
                "(rate(stackwise_fit_duration_seconds_bucket[1d])))"
            },
        ),
        Panel(
            "Interactions in the model",
            "What the trainer holds.",
            "short",
            {"interactions": "max(stackwise_trainer_interactions)"},
        ),
        Panel(
            "Archive",
            "Time since it was saved, and since a save was put where the workers find it.",
            "s",
            {
                "saved": age("stackwise_archive_saved_timestamp_seconds"),
                "shared": age("stackwise_archive_shared_timestamp_seconds"),
            },
        ),
        Panel(
            "A step of the live item side",
            "How long one step took, up to the rows to send.",
            "s",
            quantiles("stackwise_item_side_step_duration_seconds"),
        ),
    ),
)
FAIRNESS = Dashboard(
    "fairness",
    "Fairness",
    (
        Panel(
            "Gaps between groups",
            "The highest mean less the lowest between the groups of an axis, of the newest report.",
            "short",
            {"{{axis}} {{measure}}": "max by (axis, measure) (stackwise_fairness_gap)"},
        ),
        Panel(
            "Who gets feasible lists",
            "The share of a group's learners with a list that has anything; groups under 30 are left out.",
            "percentunit",
            {
                "{{axis}} {{group}}": 'max by (axis, group) (stackwise_fairness_mean{measure="feasible"})'
            },
        ),
        Panel(
            "Exposure over merit",
            "A sector's share of what is shown over its share of what deserves it; 1 is proportional.",
            "short",
            {"{{sector}}": "max by (sector) (stackwise_fairness_exposure_over_merit)"},
        ),
        Panel(
            "Age of the report",
            "Time since the newest published report was made.",
            "s",
            {"age": age("stackwise_fairness_reported_timestamp_seconds")},
        ),
    ),
)
