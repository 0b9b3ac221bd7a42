"""Identifiers of a network's parts as other programs accept them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

# Words that an SBML formula, an Antimony text or a simulator would read as something else, in lower case.
_FORMULA_WORDS = """
abs acos acosh acot acoth acsc acsch and annotation arccos arccosh arccot arcsin arctan asec asech asin asinh atan
atanh avogadro ceil ceiling cos cosh cot coth csc csch delay exp exponentiale factorial false floor gt geq implies
inf infinity lambda leq ln log log10 lt max min nan neq not notanumber or pi piecewise plus pow power quotient
rateof rem root sec sech sin sinh sqr sqrt tan tanh time times true xor
"""
_ANTIMONY_WORDS = """
after at compartment const constraint created delete dna end event ext extent formula fromtrigger function gene has
identity import in is length maximize minimize model modified module notes operator parameter parent persistent
priority publication reaction sbo species subsonly substance substanceonly t0 taxon trigger unit units unknown var
volume
"""
_RESERVED = frozenset(
    [*_FORMULA_WORDS.split(), *_ANTIMONY_WORDS.split(), *(word.lower() for word in keyword.kwlist), *keyword.softkwlist]
)


class Identifiers:
    """Names -> identifiers of letters, digits and underscores: no reserved word, no two alike.

    names  taken in order, so that the same network always gives the same identifiers: the first of two names that would
           look alike keeps the plain form, the next gets `_2`
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> str:
        """The identifier of a name, made at its first mention."""
        if name not in self._known:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
            if not re.match(r"[A-Za-z_]", plain):
                plain = f"_{plain}"
            if plain.lower() in _RESERVED:
                plain += "_"
            self._known[name] = self.fresh(plain)
        return self._known[name]

    def fresh(self, plain: str) -> str:
        """`plain`, or `plain` with the first free number."""
        found, number = plain, 2
        while found in self._taken:
            found, number = f"{plain}_{number}", number + 1
        self._taken.add(found)
        return found

    def __getitem__(self, name: str) -> str:
        return self._known[name]

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)
