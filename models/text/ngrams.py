"""Character n-grams of many words at once, as arrays of code points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

EDGE = "_"  # marks where a word begins and ends: the n-grams there say more than those inside

Codes = npt.NDArray[np.uint32]
Owners = npt.NDArray[np.intp]


def ngram_codes(words: Sequence[str], size: int) -> tuple[Codes, Owners]:
    """Every run of ``size`` characters of ``_word_``, word by word; a shorter one gives one run, filled with edges.

    ``(n, size)`` code points, ``(n,)`` indexes of the words that they are from.
    """
    marked = [f"{EDGE}{word}{EDGE}".ljust(size, EDGE) for word in words]
    lengths = np.fromiter(map(len, marked), dtype=np.intp, count=len(marked))
    counts = lengths - size + 1
    if not len(counts):
        return np.zeros((0, size), dtype=np.uint32), np.zeros(0, dtype=np.intp)
    # A lone surrogate is a code point like any other here.
    codes = np.frombuffer("".join(marked).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)
    owners = np.repeat(np.arange(len(words)), counts)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = np.repeat(np.cumsum(lengths) - lengths, counts) + within
    return np.lib.stride_tricks.sliding_window_view(codes, size)[starts], owners
