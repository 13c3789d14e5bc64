from __future__ import annotations

import socket

import pytest

from kit.errors import SettingsError, Unavailable
from repositories.connection import connect, ping


def test_a_client_has_our_bounds_and_makes_no_connection_yet() -> None:
    with connect("mongodb://127.0.0.1:1/") as client:
        options = client.options
        assert options.server_selection_timeout == 3
        assert options.pool_options.connect_timeout == 3
        assert options.pool_options.socket_timeout == 20
        assert options.pool_options.max_pool_size == 64
        assert options.pool_options.appname == "orquestra"
        assert options.retry_reads
        assert client.codec_options.tz_aware


def test_what_the_uri_says_goes_over_our_bounds() -> None:
    with connect("mongodb://127.0.0.1:1/?maxpoolsize=7&serverSelectionTimeoutMS=50&appName=mine") as client:
        assert client.options.pool_options.max_pool_size == 7
        assert client.options.server_selection_timeout == 0.05
        assert client.options.pool_options.appname == "mine"
        assert client.options.pool_options.socket_timeout == 20


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        connect(f"mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=50") as client,
        pytest.raises(Unavailable) as refusal,
    ):
        ping(client)
    assert refusal.value.error_code == "records_unavailable"
    assert refusal.value.retry_after == 2


@pytest.mark.parametrize("uri", ["foo://x", "mongodb://u:p@ss@host/"])
def test_what_is_no_uri_is_a_setting_that_does_not_fit(uri: str) -> None:
    with pytest.raises(SettingsError, match="MONGO_URI"):
        connect(uri)
