"""Whether a fit may replace the model in use."""

import asyncio
from dataclasses import replace

import structlog

from services.recommender.model.learned import Model
from services.recommender.trainer.live_metrics import PROMOTIONS
from services.recommender.trainer.live_quality import LiveQuality
from services.recommender.trainer.promotion import PARKED, compare
from services.recommender.trainer.stream import Stream
from services.recommender.trainer.training import Fit

log = structlog.get_logger()


class Guard:
    """`begin` before a fit, `saved` when its data is, then `parked` with the fit, or `drop` without one."""

    def __init__(self, stream: Stream, quality: LiveQuality) -> None:
        self._stream = stream
        self._quality = quality
        self._incumbent: Model | None = None

    async def begin(self) -> None:
        """Keeps what the followers have now."""
        self._incumbent = await self._stream.copied()

    def saved(self) -> None:
        """From here on questions are such that neither model has learned from."""
        self._quality.begin()

    def drop(self) -> None:
        """Forgets what was kept for the comparison."""
        self._incumbent = None
        self._quality.end()

    async def parked(self, fit: Fit) -> Model | None:
        """The fit's model, to be stored and not announced, if it is worse than the one in use; None if not.

        What was found is added to the fit's metrics.
        """
        fit.metrics.update(self._quality.figures())
        incumbent, questions = self._incumbent, self._quality.end()
        self.drop()
        if incumbent is None or not incumbent.factors.any():
            _tell(fit, parked=False, reason="no trained model is in use")
            return None
        challenger = await self._stream.challenger(incumbent, fit.fold)
        found = await asyncio.to_thread(compare, incumbent, challenger, questions)
        fit.metrics.update(found.figures())
        _tell(fit, parked=found.worse, reason=found.reason)
        if not found.worse:
            return None
        return replace(
            challenger,
            version=fit.version,
            trained_at=fit.trained_at,
            metrics={**fit.metrics, PARKED: 1.0},
        )


def _tell(fit: Fit, *, parked: bool, reason: str) -> None:
    outcome = "parked" if parked else "promoted"
    PROMOTIONS.labels(outcome).inc()
    log.info("model_compared", version=fit.version, outcome=outcome, reason=reason, **fit.metrics)
