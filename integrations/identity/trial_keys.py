"""A key pair of one's own, to try external identity without a provider."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from kit.errors import SettingsError

PRIVATE, PUBLISHED = "private.pem", "jwks.json"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def write_keys(folder: Path, algorithm: str) -> tuple[Path, Path]:
    """Write a new private key (mode 0600) and the key set to publish; ``SettingsError`` where there is one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private, published = folder / PRIVATE, folder / PUBLISHED
    key: PrivateKey
    if algorithm == "RS256":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError(f"There is a key in {private} already; name another folder.") from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
    published.write_text(json.dumps({"keys": [public_jwk(key)]}, indent=2) + "\n", encoding="utf-8")
    return private, published


def read_key(folder: Path) -> PrivateKey:
    """The private key that ``write_keys`` wrote; ``SettingsError`` when there is none."""
    try:
        key = serialization.load_pem_private_key((folder / PRIVATE).read_bytes(), password=None)
    except (OSError, ValueError) as problem:
        raise SettingsError(f"There is no key to be read in {folder}: {problem}") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SettingsError(f"The key in {folder} is neither RSA nor an elliptic curve's.")
    return key


def public_jwk(key: PrivateKey) -> dict[str, Any]:
    """What is published of a key; its id is made of it."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        fields = RSAAlgorithm.to_jwk(public, as_dict=True)
    else:
        fields = ECAlgorithm.to_jwk(public, as_dict=True)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public_pem(key).encode())
    kept = {name: value for name, value in fields.items() if name != "key_ops"}
    return {**kept, "kid": digest.finalize().hex()[:16], "use": "sig", "alg": algorithm_of(key)}


def public_pem(key: PrivateKey) -> str:
    """The public key as PEM."""
    encoded = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded.decode("ascii")


def algorithm_of(key: PrivateKey) -> str:
    """What a key signs by."""
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


def sign(key: PrivateKey, claims: dict[str, Any]) -> str:
    """A token with these claims."""
    return jwt.encode(claims, key, algorithm=algorithm_of(key), headers={"kid": public_jwk(key)["kid"]})
