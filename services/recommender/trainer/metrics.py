"""The trainer's metrics."""

from prometheus_client import Counter, Gauge, Histogram

from services.recommender.model.store import Version

TRAINED_AT = Gauge(
    "stackwise_model_trained_timestamp_seconds",
    "When the announced model was trained (Unix time); its age is now minus this.",
)
FIT_SECONDS = Histogram(
    "stackwise_fit_duration_seconds",
    "How long fits took, from the archive's save to the announcement.",
    buckets=(1, 2, 5, 10, 30, 60, 300, 900, 3600),
)
FITS = Counter("stackwise_fits", "Fits by how they ended.", ["outcome"])
INTERACTIONS = Gauge("stackwise_trainer_interactions", "Interactions that the trainer holds.")
LEARNERS_CHANGED = Gauge(
    "stackwise_trainer_unsaved_learners", "Learners who changed since the archive was saved."
)
ARCHIVED_AT = Gauge(
    "stackwise_archive_saved_timestamp_seconds", "When the archive was last saved (Unix time)."
)
ARCHIVE_SHARED_AT = Gauge(
    "stackwise_archive_shared_timestamp_seconds",
    "When the newest save was put into the model store, for the workers (Unix time). Alert when it lags "
    "behind the save: until then the store has what was erased since, and lacks what came since.",
)
STEP_SECONDS = Histogram(
    "stackwise_item_side_step_duration_seconds",
    "How long one step of the live item side took, up to the rows to send.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)
ROWS_SENT = Counter("stackwise_item_rows_sent", "Rows streamed to the item-side topic.")
QUALITY = Gauge(
    "stackwise_model_quality", "What the announced model's quick check found.", ["metric"]
)


def announced(version: Version) -> None:
    """Shows which model is in force."""
    TRAINED_AT.set(version.trained_at.timestamp())
    QUALITY.clear()
    for name in version.metrics:
        QUALITY.labels(name).set(version.metrics[name])
