"""The composition root of profile: the only place that names the database and the broker."""

from collections.abc import Sequence

from libs.common.clock import now
from libs.common.health import Health
from libs.common.web import App, create_app
from libs.common.web.app import Lifespan
from services.profile.routes import routes
from services.profile.usecases.interactions import Interactions
from services.profile.usecases.learners import Learners
from services.profile.usecases.ports import InteractionLog, Store


def http_app(
    store: Store, log: InteractionLog, *, health: Health, lifespan: Sequence[Lifespan] = ()
) -> App:
    """The HTTP interface over any store and log."""
    return create_app(
        routes=routes(Learners(store), Interactions(store, log, now)),
        health=health,
        lifespan=lifespan,
    )
