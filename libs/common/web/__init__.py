"""HTTP services: built by `create_app`, served by `serve`, bodies read by `read_body`."""

from libs.common.web.app import App, create_app
from libs.common.web.body import read_body, read_bytes, require_media
from libs.common.web.decoding import decode
from libs.common.web.documented import takes
from libs.common.web.query import known_query
from libs.common.web.responses import Answer, Streamed, json_response
from libs.common.web.server import run, serve

__all__ = [
    "Answer",
    "App",
    "Streamed",
    "create_app",
    "decode",
    "json_response",
    "known_query",
    "read_body",
    "read_bytes",
    "require_media",
    "run",
    "serve",
    "takes",
]
