"""Random numbers by key: each is a hash of (seed, purpose, who, when), so it does not matter who is asked first or on which thread.

source  splitmix64: Steele, Lea, Flood 2014, OOPSLA, 10.1145/2660193.2660195 (the mixing function, applied twice)
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Array = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mixed(words: Words) -> Words:
    """One splitmix64 step of every word: a bijection without visible pattern."""
    with np.errstate(over="ignore"):
        z = words + _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * _FIRST
        z = (z ^ (z >> np.uint64(27))) * _SECOND
        return z ^ (z >> np.uint64(31))


def purpose_word(seed: int, purpose: str) -> np.uint64:
    """A word for one use of random numbers in one run."""
    digest = hashlib.blake2b(f"{int(seed)}\x1f{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def uniform(word: np.uint64, who: Words, when: int) -> Array:
    """(N,) numbers in [0, 1), one for each of `who`, fixed by the purpose's word, who and when."""
    key = mixed(np.array([when], dtype=np.uint64) ^ word)
    return np.asarray((mixed(mixed(who ^ key)) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def normal(word: np.uint64, who: Words, when: int) -> Array:
    """(N,) standard normal numbers by the inverse of the distribution function."""
    from scipy.special import ndtri

    # Half a place up: the inverse has no value at 0.
    return np.asarray(ndtri(uniform(word, who, when) + 2.0**-54), dtype=np.float64)


def directions(word: np.uint64, who: Words, when: int, flat: bool) -> Array:
    """(3, N) unit vectors, uniform over the sphere, or over the circle in x and y if `flat`."""
    angle = 2.0 * np.pi * uniform(word, who, when)
    other = uniform(mixed(np.array([word]))[0], who, when)
    height = np.zeros_like(angle) if flat else 2.0 * other - 1.0
    around = np.sqrt(1.0 - height**2)
    return np.stack([around * np.cos(angle), around * np.sin(angle), height])


def children(mothers: Words) -> tuple[Words, Words]:
    """Names of both daughters of each cell."""
    return mixed(mothers), mixed(mothers ^ np.uint64(0x5851F42D4C957F2D))
