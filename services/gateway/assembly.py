"""The gateway assembled from its use cases, on whatever it stands on."""

from pathlib import Path
from typing import NamedTuple

from litestar.types import ControllerRouterHandler

from libs.common import clock
from libs.common.clock import Clock
from libs.common.health import Health
from libs.common.public_fetch import fetch_public
from libs.common.web import App, create_app
from libs.common.web.app import Lifespan
from libs.common.web.compression import compressed
from services.gateway.auth.authenticator import Authenticator, KeyStore
from services.gateway.auth.cors import cors
from services.gateway.auth.guard import Guard, Limits
from services.gateway.auth.jwks import Fetch, KeySets
from services.gateway.auth.secured import secured
from services.gateway.auth.tokens import Tokens
from services.gateway.catalog.best import Best
from services.gateway.catalog.cards import Cards
from services.gateway.catalog.similar import Similar
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.languages import CATALOGS, Languages
from services.gateway.routes.career import career_routes
from services.gateway.routes.catalog import catalog_routes
from services.gateway.routes.demo import demo_routes
from services.gateway.routes.documents import document_routes
from services.gateway.routes.interactions import interaction_routes
from services.gateway.routes.learners import learner_routes
from services.gateway.routes.partners import partner_routes
from services.gateway.routes.publishing import publishing_routes
from services.gateway.routes.recommendations import recommendation_routes
from services.gateway.routes.stream import stream_routes
from services.gateway.routes.teams import team_routes
from services.gateway.routes.widget import exposure_routes, widget_routes
from services.gateway.usecases import partners, ports
from services.gateway.usecases.answer import Composer
from services.gateway.usecases.by_value import ByValue
from services.gateway.usecases.career import Career
from services.gateway.usecases.erasures import Erasures
from services.gateway.usecases.exposures import Exposures
from services.gateway.usecases.interactions import Interactions
from services.gateway.usecases.learners import Learners
from services.gateway.usecases.publishing import Publishing
from services.gateway.usecases.ready import Ready
from services.gateway.usecases.recommendations import Parts, Recommendations
from services.gateway.usecases.searching import Searching
from services.gateway.usecases.staleness import Staleness
from services.gateway.usecases.streaming import Streams
from services.gateway.usecases.teams import Teams


class Outside(NamedTuple):
    """What the gateway stands on; tests give others."""

    view: CatalogView
    keys: KeyStore
    partners: partners.Store
    limits: Limits
    lists: ports.Lists
    profile: ports.Profile
    recommender: ports.Recommender
    catalog: ports.Catalog
    exposures: ports.ExposureLog
    partition_of: ports.PartitionOf
    now: Clock = clock.now
    messages: Path = CATALOGS
    fetch: Fetch = fetch_public
    demo: Path | None = None


def assemble(outside: Outside, *lifespan: Lifespan) -> App:
    """The app on whatever it stands on."""
    health = Health()
    health.add("catalog", outside.view.problem)
    tokens = Tokens(outside.keys, KeySets(outside.fetch))
    guard = Guard(Authenticator(outside.keys, tokens), outside.limits)
    return create_app(
        routes=[*routes(outside), *widget_routes(guard)],
        health=health,
        lifespan=lifespan,
        middleware=[guard.layer],
        wrappers=[secured, cors, compressed],
    )


def routes(outside: Outside) -> list[ControllerRouterHandler]:
    """Every route of the api."""
    view, now = outside.view, outside.now
    cards, erasures = Cards(view, now), Erasures()
    languages = Languages(outside.messages)
    composer = Composer(view, cards, languages)
    recommendations = Recommendations(
        Parts(
            view=view,
            lists=outside.lists,
            profile=outside.profile,
            recommender=outside.recommender,
            by_value=ByValue(view, Best(view, now), now),
            staleness=Staleness(view, now),
            erasures=erasures,
            partition_of=outside.partition_of,
            composer=composer,
            ready=Ready(view, composer),
        )
    )
    learners = Learners(
        view=view,
        cards=cards,
        profile=outside.profile,
        recommender=outside.recommender,
        erasures=erasures,
        partition_of=outside.partition_of,
    )
    career = Career(
        view=view,
        cards=cards,
        profile=outside.profile,
        recommender=outside.recommender,
        partition_of=outside.partition_of,
        languages=languages,
    )
    teams = Teams(
        view=view,
        cards=cards,
        profile=outside.profile,
        recommender=outside.recommender,
        partition_of=outside.partition_of,
    )
    searching = Searching(view, cards, outside.catalog)
    return [
        *recommendation_routes(recommendations, view, languages),
        *stream_routes(Streams(recommendations, outside.lists), languages),
        *career_routes(career, view, languages),
        *team_routes(teams, view),
        *exposure_routes(Exposures(view, outside.exposures, now)),
        *interaction_routes(Interactions(view, outside.profile, now)),
        *learner_routes(learners),
        *catalog_routes(view, cards, Similar(view), searching),
        *publishing_routes(Publishing(view, outside.catalog)),
        *partner_routes(outside.partners),
        *document_routes(),
        *demo_routes(outside.demo),
    ]
