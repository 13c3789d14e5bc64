"""Signed tokens are checked once, and no longer than they are good."""

from __future__ import annotations

import pytest

from routes.signed_tokens import Claims, SignedTokens


class Signer:
    """Knows of tokens when they end."""

    def __init__(self) -> None:
        self.ends = {"a": 10.0, "b": 20.0}
        self.asked: list[str] = []
        self.now = 0.0

    def decode(self, token: str) -> Claims:
        self.asked.append(token)
        if self.now >= self.ends[token]:
            raise ValueError(token)
        return {"sid": token, "exp": self.ends[token]}

    def clock(self) -> float:
        return self.now


def test_a_token_is_checked_once_until_it_ends() -> None:
    signer = Signer()
    tokens = SignedTokens(signer.decode, clock=signer.clock)
    assert [tokens.claims("a")["sid"] for _ in range(3)] == ["a"] * 3
    assert signer.asked == ["a"]
    signer.now = 10.0
    with pytest.raises(ValueError, match="a"):
        tokens.claims("a")


def test_one_that_is_not_good_is_checked_each_time() -> None:
    signer = Signer()
    tokens = SignedTokens(signer.decode, clock=signer.clock)
    for _ in range(2):
        with pytest.raises(KeyError):
            tokens.claims("forged")
    assert signer.asked == ["forged"] * 2


def test_so_many_are_known_and_the_first_goes() -> None:
    signer = Signer()
    tokens = SignedTokens(signer.decode, clock=signer.clock, most=1)
    for token in ("a", "b", "b", "a"):
        tokens.claims(token)
    assert signer.asked == ["a", "b", "a"]
