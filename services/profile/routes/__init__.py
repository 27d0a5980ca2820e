"""The HTTP interface of profile, for the gateway only: it trusts its caller and is never public."""

from litestar.handlers import HTTPRouteHandler

from services.profile.routes.credentials import credential_routes
from services.profile.routes.interactions import interaction_routes
from services.profile.routes.learners import learner_routes
from services.profile.usecases.badges import Badges
from services.profile.usecases.interactions import Interactions
from services.profile.usecases.learners import Learners


def routes(
    learners: Learners, interactions: Interactions, badges: Badges
) -> list[HTTPRouteHandler]:
    """All of them."""
    return [
        *learner_routes(learners),
        *credential_routes(learners, badges),
        *interaction_routes(interactions),
    ]
