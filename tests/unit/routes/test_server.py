"""How many connections the web server takes."""

from __future__ import annotations

import pytest

from routes.server import CONNECTIONS, DESCRIPTORS_BESIDE, room_for_connections


@pytest.mark.parametrize(
    ("descriptors", "connections"),
    [(256, 64), (1024, 524), (CONNECTIONS + DESCRIPTORS_BESIDE, CONNECTIONS), (1 << 20, CONNECTIONS)],
)
def test_connections_leave_descriptors_for_the_rest(descriptors: int, connections: int) -> None:
    assert room_for_connections(descriptors) == connections
