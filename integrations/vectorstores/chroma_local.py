"""Chroma inside this process, its files in one directory that no other process may open."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from chromadb.api import ServerAPI
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings, System
from chromadb.errors import ChromaError, NotFoundError

from integrations.vectorstores.base import Vectors
from integrations.vectorstores.chroma import INDEX, ChromaStore, CollectionGone
from kit.errors import Unavailable

# Chroma never closes a collection before this many are open (its own number is the open-file limit / 5). Each takes
# 2 to 4 MB. Its cache has 64 compartments of one collection at least: a lower number would change nothing, and
# of many collections some 58 stay open.
OPEN_COLLECTIONS = 64
_FOLDER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def open_chroma(directory: Path, open_collections: int = OPEN_COLLECTIONS) -> ChromaStore[Collection]:
    """The store whose files are in ``directory``; ``Unavailable`` when they cannot be opened."""
    return ChromaStore(LocalChroma(directory, open_collections))


class LocalChroma:
    """``ChromaEngine`` on chromadb's own library; it sends nothing anywhere."""

    def __init__(self, directory: Path, open_collections: int) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        with _translated():
            self._client = _client(directory, open_collections)
        self._remove_orphans()

    def find(self, name: str) -> Collection | None:
        """The collection, ``None`` when there is none."""
        try:
            with _translated():
                return self._client.get_collection(name, embedding_function=None)
        except CollectionGone:
            return None

    def make(self, name: str) -> Collection:
        """Find the collection or make it."""
        with _translated():
            return self._client.get_or_create_collection(
                name,
                embedding_function=None,
                configuration=cast("Any", {"hnsw": INDEX}),
            )

    def count(self, handle: Collection) -> int:
        """How many vectors it holds."""
        with _translated():
            return int(handle.count())

    def add(self, handle: Collection, ids: list[str], vectors: Vectors) -> None:
        """Put vectors under ids; an id that is there keeps its vector."""
        with _translated():
            handle.add(ids=ids, embeddings=vectors)

    def nearest(self, handle: Collection, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Pairs of id and cosine distance, nearest first."""
        with _translated():
            found: Any = handle.query(
                query_embeddings=vector[None, :], n_results=limit, include=["distances"]
            )
        return list(zip(found["ids"][0], found["distances"][0], strict=True))

    def ids(self, handle: Collection) -> list[str]:
        """Every id."""
        with _translated():
            return list(handle.get(include=[])["ids"])

    def read(self, handle: Collection) -> tuple[list[str], Vectors]:
        """Every id, and the vectors in the same order."""
        with _translated():
            found: Any = handle.get(include=["embeddings"])
        return list(found["ids"]), np.asarray(found["embeddings"], dtype=np.float32)

    def delete(self, handle: Collection, ids: list[str]) -> None:
        """Take ids out."""
        with _translated():
            handle.delete(ids=ids)

    def drop(self, name: str) -> None:
        """Remove the collection and its folder, which Chroma itself leaves behind."""
        collection = self.find(name)
        if collection is None:
            return
        folders = self._segments("SELECT id FROM segments WHERE collection = ?", str(collection.id))
        try:
            with _translated():
                self._client.delete_collection(name)
        except CollectionGone:
            pass  # another thread was quicker
        for folder in folders:
            shutil.rmtree(self._directory / folder, ignore_errors=True)

    def names(self) -> list[str]:
        """Every collection's name."""
        with _translated():
            return [one.name for one in self._client.list_collections()]

    def ping(self) -> None:
        """Raise ``Unavailable`` when its database does not answer."""
        with _translated():
            self._client.count_collections()

    def close(self) -> None:
        """Close its files."""
        self._client.close()

    def _remove_orphans(self) -> None:
        """Remove the folders of collections that a crash kept ``drop`` from finishing."""
        known = set(self._segments("SELECT id FROM segments"))
        for folder in self._directory.iterdir():
            if folder.is_dir() and _FOLDER.match(folder.name) and folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)

    def _segments(self, query: str, *values: str) -> list[str]:
        path = self._directory / "chroma.sqlite3"
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return [row[0] for row in database.execute(query, values)]


def _client(directory: Path, open_collections: int) -> Client:
    """A client whose cache of open collections is bounded, which no setting of Chroma does."""
    settings = Settings(is_persistent=True, persist_directory=str(directory), anonymized_telemetry=False)
    system = System(settings)
    server = system.instance(cast("Any", ServerAPI))
    server.hnsw_cache_size = open_collections
    system.start()
    return Client.from_system(system)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise CollectionGone from error
    except (ChromaError, ValueError) as error:
        raise Unavailable(f"The vector index does not work: {error}") from error
