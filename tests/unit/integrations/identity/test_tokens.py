"""Tokens of an identity provider: what is good, what is not, and when its keys are asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from commands.identity_trial import run_trial
from integrations.identity.jwks import KeySet, NoKeys
from integrations.identity.tokens import ExternalTokens, is_external
from integrations.identity.trial_keys import PrivateKey, algorithm_of, public_jwk, sign
from kit.errors import Unauthenticated

ISSUER, AUDIENCE = "https://id.example.com/", "orquestra"


@cache
def key(name: str) -> PrivateKey:
    """A key by its name, made once: an elliptic one unless its name begins with ``rsa``."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=1024 if "short" in name else 2048)
    return ec.generate_private_key(ec.SECP384R1() if "384" in name else ec.SECP256R1())


class Provider:
    """What a key set fetches, and a clock that the test moves."""

    def __init__(self, *keys: PrivateKey, **changes: Any) -> None:
        self.published: list[dict[str, Any]] = [{**public_jwk(one), **changes} for one in keys]
        self.asked = 0
        self.is_up = True
        self.takes_s = 0.0
        self.now = 1000.0
        self.keys = KeySet("https://id.example.com/jwks", fetch=self._fetch, clock=lambda: self.now)
        self.tokens = ExternalTokens(keys=self.keys, issuer=ISSUER, audience=AUDIENCE)

    def _fetch(self, _: str) -> bytes:
        self.asked += 1
        self.now += self.takes_s
        if not self.is_up:
            raise OSError("down")
        return json.dumps({"keys": self.published}).encode()

    def takes(self, token: str) -> bool:
        try:
            self.tokens.claims(token)
        except Unauthenticated:
            return False
        return True


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + 60, **more}
    return {name: value for name, value in made.items() if value is not None}


@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_a_good_token_says_whose_it_is(name: str) -> None:
    provider = Provider(key("rsa"), key("ec"))
    token = sign(key(name), claims(name="Ana"))
    assert is_external(token)
    told: Mapping[str, Any] = provider.tokens.claims(token)
    assert (told["sub"], told["name"]) == ("ana", "Ana")
    assert provider.asked == 1


@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_the_trial_finds_every_bad_token_refused(name: str) -> None:
    provider = Provider(key(name))

    def call(token: str) -> tuple[int, dict[str, Any]]:
        # Whatever the header says, the check of a provider's tokens alone must refuse it.
        return (200, {"id": "x"}) if provider.takes(token) else (401, {})

    steps = list(run_trial(key(name), ISSUER, AUDIENCE, call))
    assert len(steps) == 9
    assert [step for step in steps if not step[0]] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": 2**33},
        {"iat": 2**33},
        {"iss": None},
        {"iss": ISSUER.rstrip("/")},
        {"iss": [ISSUER]},
        {"aud": None},
        {"aud": "orquestra2"},
        {"aud": []},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
)
def test_claims_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    made = claims(**changes)
    try:
        token = sign(key("ec"), made)
    except TypeError:  # what PyJWT does not even sign
        return
    assert not Provider(key("ec")).takes(token)


def test_clocks_may_differ_a_little_and_audiences_be_several() -> None:
    provider, now = Provider(key("ec")), int(time.time())
    assert provider.takes(sign(key("ec"), claims(nbf=now + 20, iat=now + 20)))
    assert not provider.takes(sign(key("ec"), claims(nbf=now + 40)))
    assert not provider.takes(sign(key("ec"), claims(exp=now - 1)))  # what is over is over
    assert provider.takes(sign(key("ec"), claims(aud=["other", AUDIENCE])))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ec", {"use": "enc"}),
        ("ec", {"alg": "ES384"}),
        ("rsa", {"alg": "RS512"}),
        ("rsa", {"alg": "HS256"}),
        ("rsa", {"kty": "oct", "k": "c2VjcmV0"}),
        ("rsa", {"n": "AQAB"}),
        ("ec", {"crv": "P-384"}),
        ("ec", {"x": "no point"}),
        ("rsa", {"d": "AQAB"}),
        ("rsa-short", {}),
    ],
)
def test_keys_that_are_not_for_this_are_passed_over(name: str, changes: dict[str, Any]) -> None:
    provider = Provider(key(name), **changes)
    provider.published.append(public_jwk(key("other")))
    kid = provider.published[0]["kid"]
    assert [provider.keys.find(kid, one) for one in ("RS256", "ES256", "HS256")] == [None] * 3
    assert provider.takes(sign(key("other"), claims()))


def test_a_key_is_used_by_the_algorithm_of_its_kind_alone() -> None:
    provider = Provider(key("rsa"))
    elliptic = sign(key("ec"), claims())  # signed well, but by the key of nobody
    provider.published[0]["kid"] = public_jwk(key("ec"))["kid"]
    assert algorithm_of(key("ec")) == "ES256"
    assert not provider.takes(elliptic)


def test_without_an_id_the_only_key_is_meant() -> None:
    import jwt  # noqa: PLC0415  # a token as few make it

    token = jwt.encode(claims(), key("ec"), algorithm="ES256")
    assert Provider(key("ec"), key("rsa")).takes(token)
    assert not Provider(key("ec"), key("other")).takes(token)


def test_a_new_key_is_found_by_asking_once_and_unknown_ones_are_not_asked_for_each_time() -> None:
    provider = Provider(key("ec"))
    assert provider.takes(sign(key("ec"), claims()))
    provider.now += 60
    provider.published.append(public_jwk(key("other")))
    assert provider.takes(sign(key("other"), claims()))
    assert provider.asked == 2
    for _ in range(20):
        assert not provider.takes(sign(key("nobody's"), claims()))
    assert provider.asked == 11  # ten within half a minute
    provider.now += 31
    assert not provider.takes(sign(key("nobody's"), claims()))
    assert provider.asked == 12


def test_a_rotation_is_not_waited_for_even_right_after_the_keys_were_asked_for() -> None:
    provider = Provider(key("ec"))
    assert provider.takes(sign(key("ec"), claims()))
    provider.published[:] = [public_jwk(key("other"))]
    assert provider.takes(sign(key("other"), claims()))
    assert not provider.takes(sign(key("ec"), claims()))


def test_a_new_key_may_have_the_name_of_the_old_one_or_none() -> None:
    import jwt  # noqa: PLC0415  # tokens as few make them

    def token(name: str, **headers: str) -> str:
        return jwt.encode(claims(), key(name), algorithm="ES256", headers=headers)

    for named in ({"kid": "k"}, {}):
        provider = Provider(key("ec"), **named)
        assert provider.takes(token("ec", **named))
        provider.published[:] = [{**public_jwk(key("other")), **named}]
        assert provider.takes(token("other", **named))
        assert not provider.takes(token("ec", **named))


def test_a_key_that_is_withdrawn_is_dead_when_the_keys_are_asked_for_again() -> None:
    provider = Provider(key("ec"), key("other"))
    assert provider.takes(sign(key("ec"), claims()))
    del provider.published[0]
    provider.now += 601
    assert not provider.takes(sign(key("ec"), claims()))
    assert provider.takes(sign(key("other"), claims()))


def test_while_the_provider_is_down_the_known_keys_go_on() -> None:
    provider = Provider(key("ec"))
    assert provider.takes(sign(key("ec"), claims()))
    provider.is_up = False
    for _ in range(5):
        provider.now += 10_000
        assert provider.takes(sign(key("ec"), claims()))
    assert provider.asked == 6


def test_without_any_key_it_is_nobodys_fault_and_asked_for_again_soon() -> None:
    provider = Provider(key("ec"))
    provider.is_up, provider.takes_s = False, 5.0
    for _ in range(3):
        with pytest.raises(NoKeys):
            provider.takes(sign(key("ec"), claims()))
    assert provider.asked == 1
    provider.is_up = True
    provider.now += 3
    assert provider.takes(sign(key("ec"), claims()))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"keys": 1}', b'{"keys": []}', b'{"keys": [1, null]}', b"<html>"]
)
def test_what_is_no_key_set_is_as_good_as_nothing(content: bytes) -> None:
    keys = KeySet("https://id.example.com/jwks", fetch=lambda _: content)
    with pytest.raises(NoKeys):
        keys.find("x", "RS256")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.x", "a" * 20_000])
def test_what_is_no_providers_token_is_told_at_once(token: str) -> None:
    assert not is_external(token)
