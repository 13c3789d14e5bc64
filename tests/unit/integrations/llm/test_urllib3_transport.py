"""The transport under the openai client: where it sends, whom it trusts, what it keeps."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.llm.urllib3_transport import Urllib3Transport
from tests.servers.openai_server import OpenAIServer, Reply


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


def client_for(
    url: str, *, max_bytes: int = 1 << 20, ssl_context: ssl.SSLContext | None = None
) -> httpx2.Client:
    transport = Urllib3Transport(httpx2.URL(url), pool_size=2, max_bytes=max_bytes, ssl_context=ssl_context)
    return httpx2.Client(transport=transport, timeout=5, trust_env=False)


def post(client: httpx2.Client, url: str) -> httpx2.Response:
    return client.post(f"{url}/chat/completions", json={"model": "m"}, headers={"Authorization": "Bearer k"})


def test_another_origin_is_refused_before_anything_is_sent(server: OpenAIServer) -> None:
    with OpenAIServer() as other, client_for(server.base_url) as client:
        for url in (other.base_url, server.base_url.replace("http:", "https:"), "http://localhost:1/v1"):
            with pytest.raises(httpx2.UnsupportedProtocol):
                post(client, url)
        assert not other.requests


def test_a_redirect_is_given_back_not_followed(server: OpenAIServer) -> None:
    with OpenAIServer() as other, client_for(server.base_url) as client:
        server.script(Reply(status=302, headers={"Location": other.base_url + "/chat/completions"}))
        assert post(client, server.base_url).status_code == 302
        assert not other.requests


def test_a_redirect_that_the_client_would_follow_does_not_leave_the_origin(server: OpenAIServer) -> None:
    with OpenAIServer() as other, client_for(server.base_url) as client:
        server.script(Reply(status=302, headers={"Location": other.base_url + "/chat/completions"}))
        with pytest.raises(httpx2.UnsupportedProtocol):
            client.post(f"{server.base_url}/chat/completions", json={}, follow_redirects=True)
        assert not other.requests


def test_cookies_of_one_answer_are_not_sent_with_the_next_request(server: OpenAIServer) -> None:
    with client_for(server.base_url) as client:
        server.script(Reply(headers={"Set-Cookie": "caller=one; Path=/"}))
        post(client, server.base_url)
        post(client, server.base_url)
        assert "cookie" not in server.requests[1].headers


def test_compressed_answers_are_bounded_by_what_they_unpack_to(server: OpenAIServer) -> None:
    bomb = gzip.compress(b"x" * 5_000_000)
    server.default = Reply(body=bomb, headers={"Content-Encoding": "gzip"})
    assert len(bomb) < 10_000
    with client_for(server.base_url, max_bytes=100_000) as client, pytest.raises(httpx2.RemoteProtocolError):
        post(client, server.base_url)
    with client_for(server.base_url, max_bytes=6_000_000) as client:
        assert len(post(client, server.base_url).content) == 5_000_000


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_is_trusted_taken(
    tmp_path: Path,
) -> None:
    certificate, key = make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with OpenAIServer(tls=tls) as server:
        with client_for(server.base_url) as client, pytest.raises(httpx2.ConnectError):
            post(client, server.base_url)
        assert not server.requests
        trusting = ssl.create_default_context(cafile=str(certificate))
        with client_for(server.base_url, ssl_context=trusting) as client:
            assert post(client, server.base_url).status_code == 200
            server.script(Reply(drip_s=0.02, text="x" * 500))
            with pytest.raises(httpx2.ReadTimeout):
                client.post(f"{server.base_url}/chat/completions", json={}, timeout=0.1)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "server.pem", folder / "server.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_file, key_file
