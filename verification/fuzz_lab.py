"""Thousands of ways to spoil a laboratory's files: none may end in a traceback, and none may leave half a result.

    python verification/fuzz_lab.py [FILES] [SEED]

Each turn takes the bundled example with one table of every other kind, spoils one file (texts put in, pieces lost, doubled or
exchanged, bytes changed, the end cut off), and runs `exoresist analyse` in this process. Allowed are exit code 0 with a whole
result and 2 with one message and nothing written.

Last result (2026-11-20): 300 files of seed 1, 126 answered, 174 refused, 0 faults; 60 of seed 3, 0 faults. An earlier form of
this script (610 files) found one: a warning of NumPy for an arm without a reading, mended, with a test.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from importlib import resources
from pathlib import Path

TEXTS = (
    "", "OVRFLW", "-1", "1e9", "NaN", "1-Jan", "abc", ",", ";", "\t", "\n\n", "0", "99999999999", "1,234", "1.234.567", "A", "12",
    "#N/A", '"', "'", "\x00", "é", "blank", "Well", "Ct", "Sample", "Concentration", "[1]", "{}", "- x", ":", "null", "true", "~",
    "*a", "&a 1", "1e400", "-0", "∞", "0x10",
)  # fmt: skip
EXCHANGES = ((",", ";"), (".", ","), (",", "\t"), ("\n", "\r"), ("1", "O"), ("E", "F"), ("nM", "uM"), ('"', ""))
OTHERS = {
    "qpcr.csv": "Sample,Target,Ct\nalone1,ABCB1,30.1\nalone1,GAPDH,18.0\nvesicles1,ABCB1,28.2\nvesicles1,GAPDH,18.1\n",
    "facs.csv": ",Live | Freq. of Parent (%),Pgp | Median "
    "(APC-A)\nalone_1,90,800\nalone_2,91,840\nvesicles_1,90,1600\nvesicles_2,92,1680\n",
    "transwell.csv": "Arm,Insert,Field,Count\nalone,1,1,30\nalone,2,1,34\nvesicles,1,1,61\nvesicles,2,1,66\n",
    "tumours.csv": "Mouse,Group,Day,Length,Width\n1,alone,0,6,5\n1,alone,7,8,6\n2,vesicles,0,6,5\n2,vesicles,7,9,8\n",
}


def spoiled(text: str, source: random.Random) -> bytes:
    """A text with a few faults of one kind in it."""
    kind = source.choice(["put in", "lost", "doubled", "lines", "exchanged", "cut", "bytes"])
    for _ in range(source.randint(1, 6)):
        place = source.randrange(max(len(text), 1))
        if kind == "put in":
            text = text[:place] + source.choice(TEXTS) + text[place + source.randint(0, 12) :]
        elif kind == "lost":
            text = text[:place] + text[place + source.randint(1, 200) :]
        elif kind == "doubled":
            text = text[:place] + text[place : place + source.randint(1, 400)] * 2 + text[place:]
        elif kind == "lines":
            lines = text.split("\n")
            one, other = source.randrange(len(lines)), source.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            text = "\n".join(lines)
        elif kind == "exchanged":
            text = text.replace(*source.choice(EXCHANGES), source.randint(1, 400))
        elif kind == "cut":
            text = text[: place + 1]
    data = bytearray((text or " ").encode("utf-8", "replace"))
    if kind == "bytes":
        for _ in range(source.randint(1, 300)):
            data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data)


def turn(folder: Path, source: random.Random) -> tuple[int, str]:
    """Spoil one file of a fresh example and analyse it: exit code, and what is wrong with the outcome (empty: nothing)."""
    from exoresist.app.main import main

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    example = resources.files("exoresist.app").joinpath("lab_template")
    texts = {name: example.joinpath(name).read_text(encoding="utf-8") for name in ("plate.csv", "nta.csv", "meta.yaml")} | OTHERS
    chosen = source.choice([*texts, "plate.csv", "meta.yaml"])
    for name, text in texts.items():
        (folder / name).write_bytes(spoiled(text, source) if name == chosen else text.encode())
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["analyse", str(folder), "--out", str(folder / "result"), "--no-model", "--json"])
        except SystemExit as stop:
            code = stop.code
    written = sorted(path.name for path in (folder / "result").glob("*")) if (folder / "result").exists() else []
    if code == 0:
        wrong = "" if err.getvalue() == "" and "verdict" in json.loads(out.getvalue()) else f"{chosen}: {err.getvalue()[:300]}"
    else:
        wrong = (
            ""
            if code == 2 and not written and err.getvalue().count("exoresist: ") == 1
            else f"{chosen}: {code} {written} {err.getvalue()[:600]}"
        )
    return int(str(code)), wrong


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    source, codes, faults = random.Random(seed), Counter[int](), 0
    with tempfile.TemporaryDirectory() as place:
        for number in range(files):
            code, wrong = turn(Path(place) / "lab", source)
            codes[code] += 1
            if wrong:
                faults += 1
                print(f"file {number}: {wrong}")
    print(f"{files} files of seed {seed}: {codes[0]} answered, {codes[2]} refused, {faults} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
