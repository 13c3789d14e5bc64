from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.completions import PromptMessage
from models.tokens import estimate_prompt, estimate_tokens, estimate_usage, fit_tokens


def test_a_token_is_between_three_and_four_bytes() -> None:
    for text in ("The quick brown fox jumps.", "A limpeza dental custa R$ 180.", "你好，世界" * 5):
        assert len(text.encode()) / 4 < estimate_tokens(text) < len(text.encode()) / 3


def test_nothing_costs_nothing_and_anything_costs_something() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("a") == 1
    assert estimate_tokens("\ud800") == 1


def test_a_prompt_costs_its_messages_and_the_marks_around_them() -> None:
    messages = (PromptMessage("system", "abcdefg"), PromptMessage("user", ""))
    assert estimate_prompt(messages) == 2 + 4 + 4
    usage = estimate_usage(messages, "abcdefg")
    assert (usage.input, usage.output, usage.estimated) == (10, 2, True)


def test_texts_are_cut_between_words_where_that_loses_little() -> None:
    assert fit_tokens("uma frase com palavras curtas", 5) == "uma frase com"
    assert fit_tokens("x" * 100, 5) == "x" * 17
    assert fit_tokens("curta", 5) == "curta"
    assert fit_tokens("curta", 0) == ""
    assert fit_tokens("curta", -3) == ""


@settings(deadline=None)
@given(st.text(), st.integers(0, 50))
def test_what_is_fitted_fits_and_is_a_head(text: str, limit: int) -> None:
    fitted = fit_tokens(text, limit)
    assert estimate_tokens(fitted) <= limit
    assert text.startswith(fitted)
