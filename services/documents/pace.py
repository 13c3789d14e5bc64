"""How long reading and indexing take here, learned from the documents before."""

from __future__ import annotations

import threading

_MB = 1 << 20
_NEWEST = 0.3
"""The weight of the newest document against all before it."""

_START_S = 0.5
_SMALLEST = 64 << 10
"""Bytes; of a smaller file the time says how long a start takes, not how fast reading is."""

# Until a document of its kind was read: seconds and chunks for each megabyte, as measured on two cores.
_SECONDS = {"pdf": 1.5, "docx": 8.0, "pptx": 1.0, "xlsx": 12.0, "html": 2.0}
_CHUNKS = {"pdf": 250.0, "docx": 2500.0, "pptx": 100.0, "xlsx": 3000.0, "html": 500.0}
_TEXT_SECONDS, _TEXT_CHUNKS = 1.0, 1300.0
_CHUNK_S = 1 / 300


class Pace:
    """Estimates in seconds; each thread may ask and tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = dict(_SECONDS)
        self._chunks = dict(_CHUNKS)
        self._chunk_s = _CHUNK_S

    def of_file(self, file_format: str, size: int) -> float:
        """How long a file of ``size`` bytes takes from its first byte until it is in answers."""
        with self._lock:
            reading = self._seconds.get(file_format, _TEXT_SECONDS) * size / _MB
            chunks = 1 + self._chunks.get(file_format, _TEXT_CHUNKS) * size / _MB
            return _START_S + reading + chunks * self._chunk_s

    def of_chunks(self, count: int) -> float:
        """How long so many chunks take to be indexed."""
        with self._lock:
            return count * self._chunk_s

    def was_read(self, file_format: str, size: int, seconds: float, chunks: int) -> None:
        """Learn from a file that was read in so many seconds."""
        if size < _SMALLEST:
            return
        with self._lock:
            before = self._seconds.get(file_format, _TEXT_SECONDS)
            self._seconds[file_format] = _mixed(before, seconds * _MB / size)
            before = self._chunks.get(file_format, _TEXT_CHUNKS)
            self._chunks[file_format] = _mixed(before, chunks * _MB / size)

    def was_indexed(self, count: int, seconds: float) -> None:
        """Learn from chunks that were indexed in so many seconds."""
        with self._lock:
            self._chunk_s = _mixed(self._chunk_s, seconds / count)


def _mixed(before: float, newest: float) -> float:
    return (1 - _NEWEST) * before + _NEWEST * newest
