"""Messages: every code that can be given has a sentence in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as fluent
from fluent.syntax.visitor import Visitor

from libs.common.contracts.career import StopReason
from libs.common.contracts.catalog import Assertion, Outcome
from libs.common.contracts.types import Delivery
from libs.common.rules.eligibility import Constraint
from libs.common.rules.reasons import MESSAGES
from services.gateway.messages.languages import CATALOGS, Languages

ROOT = Path(__file__).parents[3]
TAGS = sorted(each.stem for each in CATALOGS.glob("*.ftl"))
PARAMS: dict[str, Any] = {
    **{
        "skills": ["s", "t", "u"],
        "credentials": ["c"],
        "licences": ["l", "m"],
        "occupation": "o",
        "regulator": "R",
    },
    **{
        "agent": "A",
        "type": "exam",
        "component": "accreditation",
        "kind": "accredits",
        "strength": "third_party",
    },
    **{"share": 0.5, "n": 12, "earnings": {"amount": "1200", "currency": "USD"}, "admits": 2},
    **{"money": {"amount": "49.50", "currency": "EUR"}, "hours": 30.0, "weeks": 6},
    **{"delivery": ["online", "blended"], "languages": ["en", "es"]},
}


class Variables(Visitor):
    """The variables that a message uses, also through the messages that it refers to."""

    def __init__(self, resource: fluent.Resource) -> None:
        self._messages = {
            each.id.name: each for each in resource.body if isinstance(each, fluent.Message)
        }
        self.found = set[str]()

    def visit_VariableReference(self, node: fluent.VariableReference) -> None:  # noqa: N802
        self.found.add(node.id.name)

    def visit_MessageReference(self, node: fluent.MessageReference) -> None:  # noqa: N802
        self.visit(self._messages[node.id.name])


def catalog(tag: str) -> fluent.Resource:
    return FluentParser().parse((CATALOGS / f"{tag}.ftl").read_text("utf-8"))


def messages(tag: str) -> dict[str, dict[str | None, set[str]]]:
    """Code → None for the message itself or the name of an attribute → variables."""
    resource = catalog(tag)
    found: dict[str, dict[str | None, set[str]]] = {}
    for each in resource.body:
        if isinstance(each, fluent.Message):
            parts = {None: each.value} | {a.id.name: a.value for a in each.attributes}
            found[each.id.name] = {name: variables(part, resource) for name, part in parts.items()}
    return found


def variables(part: Any, resource: fluent.Resource) -> set[str]:
    visitor = Variables(resource)
    visitor.visit(part)
    return visitor.found


def named(kind: str, id: str) -> str:
    return f"<{kind} {id}>"


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_says_every_code_with_the_parameters_of_the_vocabulary(tag: str) -> None:
    """No message is missing, none uses what may not come, and what may be absent has a sentence without it."""
    known = messages(tag)
    assert known.keys() >= MESSAGES.keys()
    for code, message in MESSAGES.items():
        assert known[code].keys() == {None, message.optional}, code
        assert known[code][None] <= message.params, code
        if message.optional is not None:
            assert message.optional in known[code][message.optional], code
            assert known[code][message.optional] <= message.all, code


@pytest.mark.parametrize("tag", TAGS)
def test_languages_use_the_same_placeholders(tag: str) -> None:
    """A translation that forgets a name, or invents one, is no translation."""
    assert messages(tag) == messages("en")


@pytest.mark.parametrize("tag", TAGS)
def test_every_sentence_is_made_with_and_without_what_may_be_absent(tag: str) -> None:
    """Nothing is left unfilled, whichever parameters come."""
    language = Languages()[tag]
    for code, message in MESSAGES.items():
        for given in (message.params, message.all):
            params = {name: PARAMS[name] for name in given}
            said = language.sentence(code, params, named)
            assert said
            assert said != code
            assert not re.search(r"[{}$]", said.replace("US$", "").replace("$1,200", "")), said


def calls(name: str) -> Iterator[ast.Call]:
    """Calls of a function, by its bare name, in the services and the libraries."""
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("libs/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name:
                yield node


@pytest.mark.parametrize("maker", ["ListReason", "reason", "Shown"])
def test_every_code_in_the_code_is_in_the_vocabulary(maker: str) -> None:
    """A new reason cannot be given without a sentence in every language."""
    place = 1 if maker == "Shown" else 0
    literal = {
        part.value
        for node in calls(maker)
        if len(node.args) > place and not isinstance(node.args[place], ast.JoinedStr)
        for part in ast.walk(node.args[place])
        if isinstance(part, ast.Constant)
    }
    assert literal
    assert literal <= MESSAGES.keys()


def test_every_code_made_of_a_word_of_the_contracts_is_in_the_vocabulary() -> None:
    """Kinds of assertions and outcomes, reasons to stop, constraints and ways of delivery."""
    words = {
        "value_": [*kinds(Assertion), *kinds(Outcome)],
        "stopped_": get_args(StopReason),
        "relax_": get_args(Constraint),
        "delivery_": get_args(Delivery),
    }
    made = {f"{prefix}{word}" for prefix, each in words.items() for word in each}
    assert made <= MESSAGES.keys()


def kinds(struct: type) -> tuple[str, ...]:
    return get_args(struct.__annotations__["kind"])
