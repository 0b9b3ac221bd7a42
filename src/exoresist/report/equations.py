"""LaTeX to MathML, so that equations show in any browser without a script or a font from elsewhere."""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

MATHML = "http://www.w3.org/1998/Math/MathML"
ELEMENTS = frozenset(
    "math mrow mi mo mn mtext ms mspace mfrac msqrt mroot mstyle mpadded mphantom mfenced menclose msub msup msubsup "
    "munder mover munderover mmultiscripts mprescripts none mtable mtr mtd merror".split()
)
ATTRIBUTES = frozenset(
    "display displaystyle mathvariant stretchy fence form separator accent accentunder columnalign rowspacing "
    "columnspacing linethickness lspace rspace width height depth minsize maxsize movablelimits scriptlevel symmetric "
    "largeop notation".split()
)


@cache
def mathml(latex: str) -> str | None:
    """`latex` as a MathML element, or None where it cannot be converted (show the source then).

    latex2mathml passes text and links through unescaped, so only elements and attributes known to be harmless are let
    through; anything else counts as not convertible.
    """
    from latex2mathml.converter import convert

    try:
        tree = ElementTree.fromstring(convert(latex, display="block"))
    except Exception:  # the converter raises its own errors, and IndexError or KeyError on some malformed input
        return None
    for element in tree.iter():
        name = element.tag.removeprefix(f"{{{MATHML}}}")
        # An unknown command comes back as an identifier that still carries its backslash.
        if name not in ELEMENTS or "\\" in (element.text or ""):
            return None
        element.tag = name
        element.attrib = {key: value for key, value in element.attrib.items() if key in ATTRIBUTES}
    join_words(tree)
    tree.set("xmlns", MATHML)
    return ElementTree.tostring(tree, encoding="unicode")


def wide_equation(latex: str) -> bool:
    """Whether an equation needs the whole width of the page; a fraction takes about half of its text's length."""
    made = mathml(str(latex)) or ""
    length = len("".join(ElementTree.fromstring(made).itertext())) if made else 0
    return length * (0.6 if "<mfrac" in made else 1.0) > 52


def join_words(tree: ElementTree.Element) -> None:
    r"""Make words of letters, in place: LaTeX's `k_{cat}` would be set as k with the product of c, a and t.

    Words are subscripts of several letters, and letters that are upright anyway (`\mathrm{efflux}`).
    """
    subscripts = [element[1] for element in tree.iter() if element.tag in ("msub", "msubsup")]
    for row in tree.iter("mrow"):
        letters = list(row)
        if len(letters) < 2 or any(letter.tag != "mi" or len(letter.text or "") != 1 for letter in letters):
            continue
        if row in subscripts or all(letter.get("mathvariant") == "normal" for letter in letters):
            word = ElementTree.Element("mi")
            word.text = "".join(letter.text or "" for letter in letters)
            row[:] = [word]
