from libs.common.rules.reasons import codes, sentence


def named(kind: str, id: str) -> str:
    return f"<{kind} {id}>"


def test_ids_are_named_and_lists_joined() -> None:
    """A sentence shows names, never ids."""
    params = {"skills": ["a", "b"], "occupation": "o"}
    assert (
        sentence("closes_skill_gap", params, names=named)
        == "Teaches <skill a>, <skill b>, which <occupation o> asks for"
    )


def test_a_code_may_come_with_fewer_parameters() -> None:
    """A gap toward bare skills has no occupation to name."""
    assert "<skill a>" in sentence("closes_skill_gap", {"skills": ["a"]}, names=named)


def test_an_unknown_language_is_answered_in_english() -> None:
    """Also one that tries to leave the folder of languages."""
    for language in ("xx", "../en", "en-GB"):
        assert "many" in sentence("trending", {}, names=named, language=language).lower()


def test_every_code_has_a_sentence_without_leftovers() -> None:
    """Braces in a template are parameters, so every template formats with all parameters given."""
    every = {
        **{"skills": ["s"], "credentials": ["c"], "occupation": "o", "agent": "A", "type": "exam"},
        **{"value": 0.5, "n": 12, "gain": 100.0, "currency": "USD", "kind": "completion"},
    }
    for code in codes():
        assert "{" not in sentence(code, every, names=named)
