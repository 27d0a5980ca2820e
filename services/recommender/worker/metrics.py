"""What the worker exports. Labels are stages and outcomes; never an id."""

from prometheus_client import Counter, Gauge, Histogram

STAGE = Histogram(
    "stackwise_recommender_stage_seconds",
    "Time of one batch in a stage: read (states), compute (merge and rank), write (lookups and commit).",
    ["stage"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
FRESHNESS = Histogram(
    "stackwise_recommender_freshness_seconds",
    "From an interaction's acceptance to the commit of the list that includes it.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600),
)
LISTS = Counter("stackwise_recommender_lists_total", "Lists computed and committed.")
RECOVERIES = Counter(
    "stackwise_recommender_recoveries_total",
    "Partitions whose stored offsets were checked, by outcome: kept, reset.",
    ["outcome"],
)
RESTORED = Counter(
    "stackwise_recommender_restored_partitions_total",
    "Partitions without offsets of interactions, by what was done: archive_and_on (archive, then the log behind it), "
    "archive_and_log (archive, then all of the log, which is another or has lost the place), log_only (no "
    "archive, or a corrupt one). Alert on log_only: what is older than the log is not in the states; "
    "once the trainer has saved a good archive, `rebuild` brings it back.",
    ["outcome"],
)
REFUSALS = Counter(
    "stackwise_recommender_fence_refusals_total",
    "Commits refused because the stored offsets had become others.",
)
OWNED = Gauge("stackwise_recommender_partitions_owned", "Partitions being projected.")
