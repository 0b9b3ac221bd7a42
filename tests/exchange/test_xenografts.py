"""Tables of dosed mice."""

from __future__ import annotations

from pathlib import Path

import pytest

from exoresist.core.errors import InputError
from exoresist.exchange.xenografts import read_xenografts

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "lxf_xenograft"
CONTROL = ",#ID,TIME in day,TUMOUR VOLUME in cm^3,BODY WEIGHT in g\n0,7,0,0.1,25\n1,7,2,0.2,25.5\n"
HEAD = "#ID;TIME;DOSE;ADDL;II;Y;YTYPE;CENS;DOSE GROUP;DRUG;BW\n"
ROWS = (
    "1;0;.;.;.;80;2;.;25;1;20\n1;3;500;2;1;.;.;.;25;1;20\n1;3.5;.;.;.;900;1;.;25;1;20\n"
    "1;5;.;.;.;0.952;1;1;25;1;20\n2;0;.;.;.;90;2;.;25;2;21\n"
)


def folder(place, control=CONTROL, table=HEAD + ROWS):
    (place / "control_growth.csv").write_text(control)
    (place / "pk.csv").write_text(table)
    return place


def test_units_doses_and_groups(tmp_path):
    untreated, treated = read_xenografts(folder(tmp_path), "erlotinib")
    assert (untreated.id, untreated.dose, untreated.weight) == ("7", 0.0, 25.0)
    assert untreated.volumes == [(0.0, 100.0), (48.0, 200.0)]
    assert treated.doses == [(72.0, 500.0), (96.0, 500.0), (120.0, 500.0)]
    assert treated.volumes == [(0.0, 80.0)]
    assert treated.plasma == [(84.0, 900.0, False), (120.0, 0.952, True)]
    assert [one.id for one in read_xenografts(tmp_path, "gefitinib")] == ["7", "2"]


def test_a_second_table_of_the_same_animals_adds_up_once(tmp_path):
    folder(tmp_path)
    (tmp_path / "pkpd.csv").write_text(HEAD + ROWS)
    assert len(read_xenografts(tmp_path, "erlotinib")[1].doses) == 3


@pytest.mark.parametrize(
    "change, told",
    [
        ({"control": CONTROL.replace("0.1", "x")}, "line 2"),
        ({"control": CONTROL.replace("0.1", "-1")}, "0 or more"),
        ({"control": CONTROL.replace("BODY WEIGHT in g", "weight")}, "BODY WEIGHT"),
        ({"control": ""}, "no rows"),
        ({"table": HEAD + ROWS.replace("3;500", "3;5,0")}, "'5,0'"),
        ({"table": HEAD.replace("CENS;", "") + ROWS}, "other cells"),
        ({"table": HEAD.replace("CENS", "CENSORED") + ROWS}, "CENS"),
        ({"table": HEAD + ROWS + "1;9;.;.;.;80;2;.;50;1;20\n"}, "two groups"),
    ],
)
def test_damage_is_told(tmp_path, change, told):
    with pytest.raises(InputError, match=told):
        read_xenografts(folder(tmp_path, **change), "erlotinib")


def test_missing_files_and_drugs(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_xenografts(tmp_path / "none", "erlotinib")
    with pytest.raises(InputError, match=r"lacks"):
        read_xenografts(tmp_path, "erlotinib")
    with pytest.raises(InputError, match="'osimertinib'"):
        read_xenografts(folder(tmp_path), "osimertinib")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the LXF xenografts are not at hand")
def test_the_real_set():
    mice = read_xenografts(SHARED, "erlotinib")
    assert [sum(one.dose == dose for one in mice) for dose in (0.0, 6.25, 25.0, 100.0)] == [8, 8, 8, 8]
    assert all(len(one.doses) == 14 for one in mice if one.dose in (6.25, 25.0))
    assert sum(len(one.plasma) for one in mice if one.dose in (6.25, 25.0)) == 32
