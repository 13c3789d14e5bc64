"""What the tests with processes of their own share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.killable import Template


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """Applications and commands are forked from it: each is there at once, and a process like any other."""
    with Template() as ready:
        yield ready
