"""The stored models as the trainer uses them: the one in force, the one that is wanted back."""

import structlog

from services.recommender.model import artefact
from services.recommender.model.arrays import Corrupt
from services.recommender.model.learned import Model
from services.recommender.model.store import ModelStore, Version
from services.recommender.trainer.promotion import PARKED

log = structlog.get_logger()

TRAINED = "learners"
"""A metric that only a trained model has."""


class Stored:
    """Every method may raise OSError, and is best called in a thread."""

    def __init__(self, store: ModelStore, keep: int) -> None:
        self._store = store
        self._keep = keep

    def save(self, model: Model) -> Version:
        """Adds a version. Before one that is parked what is too old goes: no announcement follows, at which it would."""
        if PARKED in model.metrics and (current := self._store.current()) is not None:
            self._prune(current.version)
        return self._store.save(model)

    def load(self, version: Version) -> Model:
        """The version as it was saved. Raises Corrupt."""
        return artefact.load(version.url, version.checksum)

    def remember(self, version: str) -> None:
        """The version is announced: it stays, and what is too old goes."""
        self._store.set_current(version)
        self._prune(version)

    def trained(self) -> Version | None:
        """The newest version that was trained; None without one."""
        return next((each for each in self._store.versions() if TRAINED in each.metrics), None)

    def in_force(self) -> tuple[Version, Model] | None:
        """The version announced last, or the newest that can be loaded and is not parked; None without one."""
        current = self._store.current()
        others = [each for each in self._store.versions() if PARKED not in each.metrics]
        for version in [*([current] if current else []), *others]:
            try:
                return version, self.load(version)
            except Corrupt as error:
                log.error("stored_model_corrupt", version=version.version, error=str(error))
        return None

    def wanted(self) -> tuple[Version, Model] | None:
        """The version that someone has asked to go back to, until it is `settled`; a wish for one that cannot be had
        is refused and settled."""
        name = self._store.rollback_wish()
        if name is None:
            return None
        versions = {version.version: version for version in self._store.versions()}
        try:
            if name not in versions:
                raise Corrupt("no such version")
            return versions[name], self.load(versions[name])
        except Corrupt as error:
            log.error("rollback_refused", version=name, reason=str(error))
            self.settled(name)
            return None

    def settled(self, version: str) -> None:
        """The wish to go back to a version is done with."""
        self._store.settle_rollback(version)

    def _prune(self, in_force: str) -> None:
        """Of the parked versions as many stay as of the others, so that they do not push those out."""
        versions = self._store.versions()
        parked = [each.version for each in versions if PARKED in each.metrics]
        others = [each.version for each in versions if PARKED not in each.metrics]
        self._store.prune(0, spare={in_force, *parked[: self._keep], *others[: self._keep]})
