"""The sentences of one language, made from its catalog in Project Fluent's syntax."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog
from babel import Locale
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

from libs.common.rules.reasons import MESSAGES

Names = Callable[[str, str], str]
_KIND_OF = {"skills": "skill", "credentials": "credential", "occupation": "occupation"}
_ABSENT = {code: dict.fromkeys(message.all, "") for code, message in MESSAGES.items()}
log = structlog.get_logger()


class Language:
    """`tag` is BCP 47. What the catalog lacks is said in `fallback`'s language.

    Raises ValueError for a catalog that is not Fluent's syntax or whose tag is no language's.
    """

    def __init__(self, path: Path, fallback: "Language | None" = None) -> None:
        self.tag = path.stem
        self._locale = Locale.parse(self.tag, sep="-")
        self._fallback = fallback
        self._bundle = FluentBundle([self.tag], use_isolating=False)
        self._bundle.add_resource(_read(path))
        self._whole = self._locale.currency_formats["standard"].pattern.replace(".00", "")

    def sentence(self, code: str, params: Mapping[str, Any], names: Names) -> str:
        """The sentence of a code; the code itself where there is none, since a recommender newer than
        this gateway may give others. `names(kind, id)` names skills, credentials and occupations."""
        if code not in MESSAGES:
            return code
        if not self._bundle.has_message(code):
            return code if self._fallback is None else self._fallback.sentence(code, params, names)
        shown = {key: self._shown(key, value, names) for key, value in params.items()}
        pattern = self._pattern(code, shown)
        text, errors = self._bundle.format_pattern(pattern, {**_ABSENT[code], **shown})
        if errors:
            log.warning(
                "sentence_failed", code=code, language=self.tag, errors=list(map(str, errors))
            )
        return str(text)

    def _pattern(self, code: str, shown: Mapping[str, Any]) -> Any:
        """The message, or its attribute for the optional parameter where that is known."""
        message, optional = self._bundle.get_message(code), MESSAGES[code].optional
        if optional is not None and shown.get(optional, "") != "":
            return message.attributes.get(optional, message.value)
        return message.value

    def _shown(self, key: str, value: Any, names: Names) -> Any:
        if value is None or value == []:
            return ""
        match key:
            case "skills" | "credentials" | "occupation":
                ids = value if isinstance(value, list) else [value]
                return self._listed([names(_KIND_OF[key], each) for each in ids], "standard")
            case "languages":
                named = self._locale.languages
                return self._listed([named.get(each, each) for each in value], "or")
            case "delivery":
                ways = [self.sentence(f"delivery_{each}", {}, names) for each in value]
                return self._listed(ways, "or")
            case "money" | "earnings":
                return self._money(value)
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _listed(self, named: Sequence[str], style: Any) -> str:
        return named[0] if len(named) == 1 else format_list(named, style=style, locale=self._locale)

    def _money(self, money: Mapping[str, Any]) -> str:
        """Whole amounts without decimals: $49, but $49.50."""
        amount, currency = Decimal(str(money["amount"])), money["currency"]
        if currency is None:
            return format_decimal(amount, locale=self._locale)
        whole = {"format": self._whole, "currency_digits": False}
        given: Any = whole if amount == amount.to_integral_value() else {}
        return format_currency(amount, currency, locale=self._locale, **given)


def _read(path: Path) -> ast.Resource:
    resource = FluentResource(path.read_text("utf-8"))
    for entry in resource.body:
        if isinstance(entry, ast.Junk):
            said = "; ".join(each.message or "" for each in entry.annotations)
            raise ValueError(f"{path}: {said}: {(entry.content or '').strip()[:100]}")
    return resource
