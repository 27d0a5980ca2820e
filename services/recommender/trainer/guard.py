"""Whether a fit may replace the model in use."""

import asyncio
from dataclasses import replace

import structlog

from services.recommender.model.learned import Model
from services.recommender.trainer.live_quality import LiveQuality
from services.recommender.trainer.promotion import PARKED, PROMOTIONS, compare
from services.recommender.trainer.stream import Stream
from services.recommender.trainer.training import Fit

log = structlog.get_logger()


class Guard:
    """`begin` before a fit, `saved` when its data is, `parked` when it is back."""

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

    async def parked(self, fit: Fit) -> Model | None:
        """The fit's model, to be stored and not announced, if it is worse than the one in use; None if not.

        What was found is added to the fit's metrics.
        """
        fit.metrics.update(self._quality.figures())
        incumbent, self._incumbent = self._incumbent, None
        if incumbent is None or not incumbent.factors.any():
            return None
        challenger = await self._stream.challenger(incumbent, fit.fold)
        questions = list(self._quality.questions)
        found = await asyncio.to_thread(compare, incumbent, challenger, questions)
        fit.metrics.update(found.figures())
        PROMOTIONS.labels("parked" if found.worse else "promoted").inc()
        log.info("models_compared", version=fit.version, parked=found.worse, **found.figures())
        if not found.worse:
            return None
        return replace(
            challenger,
            version=fit.version,
            trained_at=fit.trained_at,
            metrics={**fit.metrics, PARKED: 1.0},
        )
