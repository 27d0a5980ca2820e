"""The sentences of one language: names, lists, amounts and numbers as they are written there."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from libs.common.rules.reasons import MESSAGES
from services.gateway.messages import catalog

Names = Callable[[str, str], str]
_KIND_OF = {"skills": "skill", "credentials": "credential", "occupation": "occupation"}
_ABSENT = {code: dict.fromkeys(message.all, "") for code, message in MESSAGES.items()}


class Language:
    """`tag` is BCP 47. What the catalog lacks is said in `fallback`'s language.

    Raises ValueError for a catalog that is not Fluent's syntax or whose tag is no language's.
    """

    def __init__(self, path: Path, fallback: "Language | None" = None) -> None:
        self.tag = path.stem
        self._locale = Locale.parse(self.tag, sep="-")
        self._fallback = fallback
        self._messages = catalog.read(path)
        self._whole = self._locale.currency_formats["standard"].pattern.replace(".00", "")
        self._joined = lru_cache(self._template_of_list)

    def sentence(self, code: str, params: Mapping[str, Any], names: Names) -> str:
        """The sentence of a code; the code itself where there is none, since a recommender newer than
        this gateway may give others. `names(kind, id)` names skills, credentials and occupations."""
        message = self._messages.get(code)
        if code not in MESSAGES:
            return code
        if message is None:
            return code if self._fallback is None else self._fallback.sentence(code, params, names)
        shown = dict(_ABSENT[code])
        for key, value in params.items():
            shown[key] = self._shown(key, value, names)
        optional = MESSAGES[code].optional
        part = optional if optional is not None and shown[optional] != "" else None
        return message.get(part, message[None])(shown)

    def _shown(self, key: str, value: Any, names: Names) -> Any:
        """As text, or as a number that the catalog chooses and formats by; nothing as no text."""
        if value is None or value == []:
            return ""
        match key:
            case "skills" | "credentials" | "occupation":
                ids = value if isinstance(value, list) else [value]
                return self._listed([names(_KIND_OF[key], each) for each in ids], "standard")
            case "licences":
                return self._listed([names("credential", each) for each in value], "or")
            case "languages":
                named = self._locale.languages
                return self._listed([named.get(each, each) for each in value], "or")
            case "delivery":
                ways = [self.sentence(f"delivery_{each}", {}, names) for each in value]
                return self._listed(ways, "or")
            case "money" | "earnings":
                return self._money(value)
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _listed(self, named: Sequence[str], style: Literal["standard", "or"]) -> str:
        return named[0] if len(named) == 1 else self._joined(len(named), style).format(*named)

    def _template_of_list(self, count: int, style: Literal["standard", "or"]) -> str:
        places = [f"{{{place}}}" for place in range(count)]
        return format_list(places, style=style, locale=self._locale)

    def _money(self, money: Mapping[str, Any]) -> str:
        """Whole amounts without decimals: $49, but $49.50."""
        amount, currency = Decimal(str(money["amount"])), money["currency"]
        if currency is None:
            return format_decimal(amount, locale=self._locale)
        whole = {"format": self._whole, "currency_digits": False}
        given: Any = whole if amount == amount.to_integral_value() else {}
        return format_currency(amount, currency, locale=self._locale, **given)
