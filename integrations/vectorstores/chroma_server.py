"""Chroma on a server of its own, through its HTTP interface (version 2)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import numpy as np
import urllib3
from urllib3.exceptions import HTTPError

from integrations.vectorstores.base import Vectors
from integrations.vectorstores.chroma import INDEX, ChromaStore, CollectionGone
from kit.errors import Unavailable

DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"
CONNECTIONS = 32
# A search waits for this server, and goes on without it: a dead one must be noticed quickly.
TIMEOUT = urllib3.Timeout(connect=2.0, read=30.0)


def connect_chroma(url: str) -> ChromaStore[str]:
    """The store on the server at ``url``, which is first asked when the store is first used."""
    return ChromaStore(RemoteChroma(url))


class RemoteChroma:
    """``ChromaEngine`` on a Chroma server; a handle is the collection's id there.

    Not chromadb's own client: that one waits for ever, and raises bare ``Exception`` for what a proxy says.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, timeout=TIMEOUT, retries=False)

    def find(self, name: str) -> str | None:
        """The collection's id, ``None`` when there is none."""
        try:
            return str(self._ask("GET", f"{DATABASE}/collections/{quote(name, safe='')}")["id"])
        except CollectionGone:
            return None

    def make(self, name: str) -> str:
        """Find the collection or make it."""
        body = {"name": name, "configuration": {"hnsw": INDEX}, "get_or_create": True}
        return str(self._ask_server("POST", f"{DATABASE}/collections", body)["id"])

    def count(self, handle: str) -> int:
        """How many vectors it holds."""
        return int(self._ask("GET", f"{DATABASE}/collections/{handle}/count"))

    def add(self, handle: str, ids: list[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        self._ask(
            "POST", f"{DATABASE}/collections/{handle}/add", {"ids": ids, "embeddings": vectors.tolist()}
        )

    def nearest(self, handle: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Pairs of id and cosine distance, nearest first."""
        body = {"query_embeddings": [vector.tolist()], "n_results": limit, "include": ["distances"]}
        found = self._ask("POST", f"{DATABASE}/collections/{handle}/query", body)
        return list(zip(found["ids"][0], found["distances"][0], strict=True))

    def ids(self, handle: str) -> list[str]:
        """Every id."""
        return list(self._ask("POST", f"{DATABASE}/collections/{handle}/get", {"include": []})["ids"])

    def read(self, handle: str) -> tuple[list[str], Vectors]:
        """Every id, and the vectors in the same order."""
        found = self._ask("POST", f"{DATABASE}/collections/{handle}/get", {"include": ["embeddings"]})
        return list(found["ids"]), np.array(found["embeddings"], dtype=np.float32)

    def delete(self, handle: str, ids: list[str]) -> None:
        """Take ids out."""
        self._ask("POST", f"{DATABASE}/collections/{handle}/delete", {"ids": ids})

    def drop(self, name: str) -> None:
        """Remove the collection; what it leaves on disk is the server's."""
        try:
            self._ask("DELETE", f"{DATABASE}/collections/{quote(name, safe='')}")
        except CollectionGone:
            return

    def names(self) -> list[str]:
        """Every collection's name."""
        return [one["name"] for one in self._ask_server("GET", f"{DATABASE}/collections")]

    def ping(self) -> None:
        """Raise ``Unavailable`` when the server does not answer."""
        self._ask_server("GET", "/api/v2/heartbeat")

    def close(self) -> None:
        """Close its connections."""
        self._pool.clear()

    def _ask_server(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """As ``_ask``, where 404 means that this is not a Chroma server."""
        try:
            return self._ask(method, path, body)
        except CollectionGone:
            raise Unavailable("There is no Chroma (version 1 or later) at CHROMA_URL.") from None

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON; ``CollectionGone`` for 404, ``Unavailable`` for everything else that is no answer."""
        try:
            answer = self._pool.request(method, self._url + path, json=body)
        except HTTPError as error:
            raise Unavailable(f"The vector server does not answer: {type(error).__name__}.") from error
        if answer.status == HTTPStatus.NOT_FOUND:
            raise CollectionGone
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Unavailable(f"The vector server answered {answer.status}: {answer.data[:200]!r}")
        try:
            return json.loads(answer.data) if answer.data else None
        except ValueError:
            raise Unavailable(
                "The vector server's answer is not JSON: is CHROMA_URL a Chroma server?"
            ) from None
