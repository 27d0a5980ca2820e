"""A language's catalog in Project Fluent's syntax, read once: each message as a function of its variables."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

Sentence = Callable[[Mapping[str, Any]], str]
Message = dict[str | None, Sentence]
# Variables that come as text; numbers and kinds are Fluent's, to choose and to format by.
TEXTS = frozenset(
    {
        *("skills", "credentials", "licences", "occupation", "agent", "regulator", "type"),
        "money",
        "earnings",
    }
    | {"delivery", "languages"}
)
log = structlog.get_logger()


def read(path: Path) -> dict[str, Message]:
    """Code → the sentence under None, and under the name of each attribute.

    Raises ValueError for what is not Fluent's syntax, and for a message without a text of its own.
    """
    resource = FluentResource(path.read_text("utf-8"))
    bundle = FluentBundle([path.stem], use_isolating=False)
    bundle.add_resource(resource)
    return {
        message.id.name: {
            name: _sentence(bundle, message.id.name, name, pattern)
            for name, pattern in _parts(message, path)
        }
        for message in _messages(resource, path)
    }


def _messages(resource: ast.Resource, path: Path) -> Iterator[ast.Message]:
    for entry in resource.body:
        if isinstance(entry, ast.Junk):
            said = "; ".join(each.message or "" for each in entry.annotations)
            raise ValueError(f"{path}: {said}: {(entry.content or '').strip()[:100]}")
        if isinstance(entry, ast.Message):
            yield entry


def _parts(message: ast.Message, path: Path) -> Iterator[tuple[str | None, ast.Pattern]]:
    if message.value is None:
        raise ValueError(f"{path}: {message.id.name} says nothing without its attributes")
    yield None, message.value
    for attribute in message.attributes:
        yield attribute.id.name, attribute.value


def _sentence(
    bundle: FluentBundle, code: str, attribute: str | None, pattern: ast.Pattern
) -> Sentence:
    """Text with names in it, as most are, is ready to be filled in; the rest is Fluent's to make."""
    template = _template(pattern)
    if template is not None:
        return template.format_map
    message = bundle.get_message(code)
    made: Any = message.value if attribute is None else message.attributes[attribute]

    def formatted(variables: Mapping[str, Any]) -> str:
        text, errors = bundle.format_pattern(made, dict(variables))
        if errors:
            log.warning("sentence_failed", code=code, errors=[str(each) for each in errors])
        return str(text)

    return formatted


def _template(pattern: ast.Pattern) -> str | None:
    """For `str.format_map`; None where something must be chosen or formatted."""
    pieces = []
    for element in pattern.elements:
        match element:
            case ast.TextElement(value=text):
                pieces.append(text.replace("{", "{{").replace("}", "}}"))
            case ast.Placeable(expression=ast.VariableReference(id=name)) if name.name in TEXTS:
                pieces.append(f"{{{name.name}}}")
            case _:
                return None
    return "".join(pieces)
