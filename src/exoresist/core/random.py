"""Random streams keyed by purpose: the same words give the same numbers, whatever else was drawn and on any number of threads."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def key_words(seed: int, *key: object) -> tuple[int, int]:
    """Two 64-bit words from a seed and any number of names."""
    text = "\x1f".join([str(int(seed)), *(str(part) for part in key)])
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def stream(seed: int, *key: object) -> np.random.Generator:
    """An independent generator for one purpose (Philox, keyed by a hash of the seed and the words)."""
    import numpy as np

    first, second = key_words(seed, *key)
    return np.random.Generator(np.random.Philox(key=np.array([first, second], dtype=np.uint64)))
