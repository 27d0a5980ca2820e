"""Reasons, advisories and value facts: codes that a client can translate, sentences that a person can read.

A language is one file: `locales/<language>.json`, code → template. `code:a+b` is the template of a code
that comes with the parameters a and b only. Ids in parameters are named by the caller, lists are joined.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FALLBACK_LANGUAGE = "en"
_LOCALES = Path(__file__).parent / "locales"
_IDS = frozenset({"skills", "credentials", "occupation"})


def sentence(
    code: str,
    params: Mapping[str, Any],
    *,
    names: Callable[[str, str], str],
    language: str = FALLBACK_LANGUAGE,
) -> str:
    """The sentence of a code. `names(kind, id)` gives the name of a skill, credential or occupation.

    An unknown language is answered in English; an unknown code raises KeyError.
    """
    template = _template(language, code, params) or _template(FALLBACK_LANGUAGE, code, params)
    if template is None:
        raise KeyError(code)
    return template.format_map({key: _shown(key, value, names) for key, value in params.items()})


def codes() -> frozenset[str]:
    """Every code that has a sentence."""
    return frozenset(key.partition(":")[0] for key in _templates(FALLBACK_LANGUAGE))


def _template(language: str, code: str, params: Mapping[str, Any]) -> str | None:
    known = _templates(language)
    return known.get(f"{code}:{'+'.join(sorted(params))}") or known.get(code)


def _shown(key: str, value: Any, names: Callable[[str, str], str]) -> Any:
    if key in _IDS:
        ids = value if isinstance(value, list) else [value]
        return ", ".join(names(key.rstrip("s"), each) for each in ids)
    return value


@cache
def _templates(language: str) -> dict[str, str]:
    path = _LOCALES / f"{language.split('-', 1)[0].lower()}.json"
    if not language.replace("-", "").isalnum() or not path.is_file():
        return {}
    templates: dict[str, str] = json.loads(path.read_text("utf-8"))
    return templates
