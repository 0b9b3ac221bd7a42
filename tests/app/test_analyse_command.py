"""`exoresist analyse`: the template runs as it is, damaged files are answered with a warning or refused, and nothing is half written."""

import importlib.util
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

SPECIFICATION = importlib.util.spec_from_file_location("damaged_lab", Path(__file__).with_name("damaged_lab.py"))
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
damaged_lab = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(damaged_lab)

EXAMPLE = 1.8750755  # IC50 shift of the bundled example
TOLD = ("ic50_shift", "verdict", "missing_controls", "warnings")


@pytest.fixture
def lab(tmp_path):
    damaged_lab.example(tmp_path / "lab")
    return tmp_path / "lab"


def analysed(command, folder, *options):
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return command("analyse", *files, "--out", folder / "result", "--no-model", *options)


def test_the_template_runs_as_it_is(command, tmp_path, strict_json):
    made = command("analyse", "--template", tmp_path / "mine")
    assert made.code == 0
    line = next(line for line in made.out.splitlines() if line.startswith("  exoresist"))
    done = command(*line.split()[1:], "--no-model")
    assert done.code == 0, done.err
    summary = strict_json((tmp_path / "mine" / "result" / "summary.json").read_text())
    assert all(key in summary for key in TOLD)
    assert summary["verdict"] == "suggestive"
    assert summary["ic50_shift"]["low"] < 46 / 25 < summary["ic50_shift"]["high"]
    assert summary["warnings"] == []
    assert "soluble_fraction" in summary["missing_controls"]


def test_the_template_never_overwrites(command, lab):
    again = command("analyse", "--template", lab)
    assert again.is_refusal
    assert "already holds" in again.err


def test_the_model_is_run_for_a_dish_that_it_knows(command, lab, strict_json):
    files = sorted(path for path in lab.iterdir() if path.is_file())
    done = command("analyse", *files, "--out", lab / "result", "--json")
    assert done.code == 0, done.err
    summary = strict_json(done.out)
    assert 1.0 <= summary["predicted_shift"]["value"] < 1.2
    assert summary["dose_gap"]["value"] > 10.0
    assert (lab / "result" / "scenario.yaml").is_file()


@pytest.mark.parametrize("case", damaged_lab.CASES, ids=lambda case: case.name)
def test_damaged_files_get_a_warning_or_a_clear_refusal(command, lab, strict_json, case):
    case.damage(lab)
    done = analysed(command, lab, "--json")
    if case.outcome == damaged_lab.REFUSAL:
        assert done.is_refusal, done
        assert case.text in done.err
        assert not (lab / "result").exists() or not any((lab / "result").iterdir())
        return
    assert done.code == 0, done.err
    assert done.err == ""
    summary = strict_json(done.out)
    if case.text:
        assert any(case.text in warning for warning in summary["warnings"]), summary["warnings"]
    else:
        # Another way of writing the same numbers must not move the answer.
        assert summary["ic50_shift"]["value"] == pytest.approx(EXAMPLE)


def test_there_are_enough_of_them():
    assert len(damaged_lab.CASES) >= 30
    assert {case.outcome for case in damaged_lab.CASES} == {damaged_lab.ANSWER, damaged_lab.REFUSAL}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [([], "no file meta.yaml"), (["plate.csv"], "no file meta.yaml"), (["meta.yaml"], "given"),
        (["nothing.csv", "meta.yaml"], "no file"), (["plate.csv", "meta.yaml", "meta.yaml"], ".yaml files")],
)  # fmt: skip
def test_wrong_command_lines(command, lab, arguments, text):
    (lab / "nta.csv").unlink()
    (lab / "meta.yaml").write_text(re.sub(r"(?m)^    particles:.*$", "", (lab / "meta.yaml").read_text()))
    done = command("analyse", *(lab / name for name in arguments), "--out", lab / "result")
    assert done.is_refusal
    assert text in done.err


def test_files_that_meta_names_are_found_beside_it(command, lab, strict_json):
    done = command("analyse", lab / "plate.csv", lab / "meta.yaml", "--out", lab / "result", "--no-model", "--json")
    assert [row["name"] for row in strict_json(done.out)["files"]] == ["plate.csv", "nta.csv"]


def test_all_kinds_of_files_at_once(command, lab, strict_json):
    (lab / "qpcr.csv").write_text("Sample,Target,Ct\n" + "".join(
        f"{arm}{number},{gene},{ct + 0.1 * number}\n" for arm,
        shift in (("alone", 0), ("vesicles", -2)) for number in (1, 2, 3) for gene,
        ct in (("ABCB1", 30 + shift), ("GAPDH", 18))))  # fmt: skip
    (lab / "facs.csv").write_text(
        "Sample,Live | Freq. of Parent (%),Pgp | Median "
        "(APC-A)\nalone_1,90,800\nalone_2,91,840\nvesicles_1,90,1600\nvesicles_2,92,1680\n"
    )
    (lab / "transwell.csv").write_text(
        "Arm,Insert,Field,Count\n"
        + "".join(
            f"{arm},{insert},{field},{count + insert}\n"
            for arm, count in (("alone", 30), ("vesicles", 60))
            for insert in (1, 2, 3)
            for field in (1, 2)
        )
    )
    (lab / "tumours.csv").write_text(
        "Mouse,Group,Day,Length,Width\n"
        + "".join(
            f"{arm}{animal},{arm},{day},{6 + day / 4 + animal / 5},{5 + day / 5}\n"
            for arm in ("alone", "vesicles")
            for animal in (1, 2, 3)
            for day in (0, 4, 8)
        )
    )
    done = analysed(command, lab, "--json")
    assert done.code == 0, done.err
    summary = strict_json(done.out)
    assert {row["kind"] for row in summary["files"]} == {"plate", "particles", "qpcr", "facs", "transwell", "calipers"}
    by_kind = {row["kind"]: row["value"] for row in summary["effects"]}
    assert by_kind["qPCR, fold"] == pytest.approx(4.0, rel=0.01)
    assert by_kind["cytometry, intensity"] == pytest.approx(2.0, rel=0.01)
    assert by_kind["transwell"] == pytest.approx(60 / 30, rel=0.1)


def test_a_plate_map_in_place_of_a_layout(command, lab, strict_json):
    doses = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 0]
    arms = {
        "A": "buffer",
        "B": "alone",
        "C": "alone",
        "D": "alone",
        "E": "With vesicles",
        "F": "vesicles",
        "G": "vesicles",
        "H": "buffer",
    }
    lines = [";" + ";".join(map(str, range(1, 13)))]
    lines += [f"{row};;" + ";".join(f"{arm} {dose} nM" for dose in doses) + ";blank" for row, arm in arms.items()]
    (lab / "map.csv").write_text("\n".join(lines))
    meta = (lab / "meta.yaml").read_text()
    meta = re.sub(r"(?s)  layout:.*?(?=  # map:)", "  map: map.csv\n", meta)
    (lab / "meta.yaml").write_text(meta)
    done = analysed(command, lab, "--json")
    assert done.code == 0, done.err
    assert strict_json(done.out)["ic50_shift"]["value"] == pytest.approx(EXAMPLE)


def test_two_plates_are_two_plates_and_a_copy_is_none(command, lab, strict_json):
    shutil.copy(lab / "plate.csv", lab / "copy.csv")
    first = strict_json(analysed(command, lab, "--json").out)
    assert any("same readings" in warning for warning in first["warnings"])
    assert len(first["quality"]) == 1
    text = (lab / "plate.csv").read_text().splitlines()
    (lab / "copy.csv").write_text(
        "\n".join(re.sub(r"\d\.\d+", lambda found: f"{float(found[0]) * 1.07:.4f}", line) for line in text)
    )
    second = strict_json(analysed(command, lab, "--json").out)
    assert len(second["quality"]) == 2
    assert len(second["repeats"]) == 2


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if tag in ("script", "link", "img") and (found.get("src") or found.get("href")):
            self.links.append(found.get("src") or found["href"])


def test_the_page_holds_everything_and_asks_no_other_host(command, lab):
    (lab / "plate.csv").write_text((lab / "plate.csv").read_text().replace("CCK-8", "<script>alert(1)</script>"))
    meta = (lab / "meta.yaml").read_text().replace("Recipients alone", "<b>alone</b>")
    (lab / "meta.yaml").write_text(meta)
    assert analysed(command, lab).code == 0
    text = (lab / "result" / "report.html").read_text()
    page = _Page()
    page.feed(text)
    for part in (
        "answer",
        "why",
        "next",
        "figure-curves",
        "figure-shifts",
        "figure-plates",
        "figure-sizes",
        "numbers",
        "warnings",
        "files",
        "methods",
        "bibliography",
    ):
        assert part in page.ids
    assert not page.links
    assert "<b>alone</b>" not in text
    specifications = json.loads(re.search(r'id="specifications">(.*?)</script>', text, re.DOTALL)[1])
    assert {key.rsplit("-", 1)[0] for key in specifications} >= {"curves", "shifts", "plates", "sizes"}


def test_every_drawing_is_one_that_plotly_takes(command, lab):
    import plotly.graph_objects as graph

    assert analysed(command, lab).code == 0
    text = (lab / "result" / "report.html").read_text()
    for specification in json.loads(re.search(r'id="specifications">(.*?)</script>', text, re.DOTALL)[1]).values():
        graph.Figure({"data": specification["data"], "layout": specification["layout"]})
        graph.Figure({"data": [], "layout": specification["narrow"]})


def test_a_folder_stands_for_its_files(command, lab, strict_json):
    done = command("analyse", lab, "--out", lab / "result", "--no-model", "--json")
    assert strict_json(done.out)["ic50_shift"]["value"] == pytest.approx(EXAMPLE)


def test_a_second_plate_with_a_layout_of_its_own(command, lab, strict_json):
    lines = (lab / "plate.csv").read_text().splitlines()
    (lab / "controls.csv").write_text(
        "\n".join(re.sub(r"\d\.\d+", lambda found: f"{float(found[0]) * 1.02:.4f}", line) for line in lines)
    )
    meta = (lab / "meta.yaml").read_text()
    doses = "doses: [0, 1, 3, 10, 30, 100, 300, 1000, 3000]"
    own = [
        f'{{wells: "E2:G10", arm: soluble, {doses}, plate: controls}}',
        '{wells: "E11:G11", arm: soluble, dose: 0, plate: controls}',
    ]
    meta = meta.replace("  # - {id: soluble,", "  - {id: soluble,")
    meta = meta.replace('    - {wells: "A12:H12"', "".join(f"    - {entry}\n" for entry in own) + '    - {wells: "A12:H12"')
    (lab / "meta.yaml").write_text(meta)
    summary = strict_json(analysed(command, lab, "--json").out)
    assert next(row for row in summary["controls"] if row["name"] == "soluble_fraction")["outcome"] == "failed"
    assert summary["verdict"] == "not_shown"
    (lab / "meta.yaml").write_text(meta.replace("plate: controls", "plate: plat"))
    assert "not known" in analysed(command, lab).err


def test_the_schema_of_meta_accepts_the_template(command, strict_json):
    from jsonschema import Draft202012Validator
    from ruamel.yaml import YAML

    schema = strict_json(command("schema", "--lab").out)
    text = (Path(damaged_lab.__file__).parents[2] / "src" / "exoresist" / "app" / "lab_template" / "meta.yaml").read_text()
    Draft202012Validator(schema).validate(json.loads(json.dumps(YAML(typ="safe").load(text))))


def test_repeats_on_the_sheets_of_a_workbook(command, lab, strict_json):
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    rows = [line.split(",") for line in (lab / "plate.csv").read_text().splitlines()[4:]]
    for repeat, factor in enumerate((1.0, 1.1, 0.9), 1):
        sheet = book.create_sheet(f"Rep{repeat}")
        for row in rows:
            sheet.append([float(cell) * factor if "." in cell else cell or None for cell in row])
    book.save(lab / "plates.xlsx")
    (lab / "plate.csv").unlink()
    summary = strict_json(analysed(command, lab, "--json").out)
    assert len(summary["quality"]) == len(summary["repeats"]) == 3
    assert any("each was taken as a plate of its own" in warning for warning in summary["warnings"])
    assert summary["ic50_shift"]["value"] == pytest.approx(EXAMPLE, rel=0.02)
