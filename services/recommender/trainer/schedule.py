"""When to fit again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A fit is due when any of these holds, there are `minimum` interactions, and the one before is long past.

    - no model has been trained yet;
    - `after_events` events have changed something since the last fit;
    - an import has ended: a tenth of all interactions is new, and for `quiet_seconds` nothing came;
    - there is twice as much as the newest model was trained on, which a restart may find;
    - anything changed, and the last fit is `every_seconds` old.

    Long past: `REST` times as long ago as it took, so that training never takes over a machine, and
    at least `LEAST_REST` seconds, so that a fit which fails does not fail in a loop.
    """

    REST = 3.0
    LEAST_REST = 10.0

    minimum: int
    after_events: int
    every_seconds: float
    quiet_seconds: float

    def due(
        self,
        *,
        held: int,
        changed: int,
        age: float | None,
        since_fit: float,
        fit_took: float,
        since_event: float,
        growth: float,
    ) -> bool:
        """held: interactions; growth: the tastes there are over those that the newest model was trained on; changed: events since the last fit; age: of the newest trained model, None without one.

        Times in seconds; since_fit: from the end of the last fit of this process, failed or not.
        """
        if held < self.minimum or since_fit < max(self.LEAST_REST, self.REST * fit_took):
            return False
        imported = changed >= max(self.minimum, held / 10) and since_event >= self.quiet_seconds
        overdue = changed > 0 and age is not None and age >= self.every_seconds
        outgrown = growth >= 2 and since_event >= self.quiet_seconds
        return age is None or changed >= self.after_events or imported or outgrown or overdue
