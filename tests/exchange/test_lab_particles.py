import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exoresist.core.errors import InputError
from exoresist.exchange.lab_files import read_lab_file

SIZES = [52.5, 77.5, 102.5, 127.5, 152.5, 177.5]
COUNTS = [1.0e8, 6.0e8, 9.0e8, 5.0e8, 2.0e8, 0.5e8]


def nanosight(captures: int = 3, dilution: str = "100", decimal: str = ".", separator: str = ",") -> str:
    """A summary as NTA 3.x exports it, without the settings."""
    totals = [sum(COUNTS) * (1 + 0.1 * capture) for capture in range(captures)]
    rows = [["NTA Experiment Summary File"], ["[Experiment Details]"], ["Sample Name", "EV"],
        ["[Results]", *[""] * captures, "Average", "Standard Error"],
            ["Dilution factor (concentrations adjusted for this factor)", *[dilution] * captures],
            ["Concentration (Particles / ml)", *totals, sum(totals) / captures, 1e7],
            ["Completed tracks", *[900] * captures], ["[Size Data]"],
            ["Filename", *[f"c{capture}" for capture in range(captures)], "Average", "Standard Error"],
            ["Mean", *[110.5 + capture for capture in range(captures)], 110.5 + (captures - 1) / 2, 0.5], ["Graph Data"],
            ["Bin centre (nm)", *["Concentration (particles / ml)"] * captures, "Concentration average",
                "Standard Error"]]  # fmt: skip
    for size, count in zip(SIZES, COUNTS, strict=True):
        own = [count * (1 + 0.1 * capture) for capture in range(captures)]
        rows.append([size, *own, sum(own) / captures, 1.0])
    return (
        "\n".join(
            separator.join(str(cell).replace(".", decimal) if isinstance(cell, float) else str(cell) for cell in row)
            for row in rows
        )
        + "\n"
    )


def zetaview(decimal: str = ".", dilution: int = 1000, twice: bool = True) -> str:
    def line(*values: float) -> str:
        return "\t".join(f"{value:.3E}" for value in values).replace(".", decimal)

    table = [line(size, count / 1e5, count, 1.0, 1.0) for size, count in zip(SIZES, COUNTS, strict=True)]
    again = [line(-1, -1, -1, -1, -1), *table] if twice else []
    head = [
        "Operator:\tX",
        "ZetaView S/N:\t24-1152",
        "Sample:\tEV F5",
        f"Dilution::\t{dilution}",
        "Number of Traces:\t1200",
        "Temperature:\t25.1 °C",
        "Size Distribution",
    ]
    return "\r\n".join([*head, "Size / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\tArea / nm^2", *table, *again]) + "\r\n"


def read(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    file = read_lab_file(path)
    assert file.kind == "particles"
    return file.particles[0]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    captures=st.integers(1, 12),
    signs=st.sampled_from([(".", ","), (",", ";"), (".", "\t"), (",", "\t")]),
    encoding=st.sampled_from(["utf-8-sig", "latin-1", "utf-16"]),
)
def test_nanosight(tmp_path, captures, signs, encoding):
    table = read(tmp_path / "nta.csv", nanosight(captures, decimal=signs[0], separator=signs[1]), encoding)
    assert table.instrument == "NanoSight"
    assert table.captures == pytest.approx([sum(COUNTS) * (1 + 0.1 * capture) for capture in range(captures)])
    assert table.diameters == SIZES
    assert sum(table.density) == pytest.approx(sum(table.captures) / captures)
    assert table.dilution == 100
    assert table.adjusted is True
    assert table.stated["mean"] == pytest.approx(110.5 + (captures - 1) / 2)


def test_nanosight_without_a_dilution(tmp_path):
    table = read(tmp_path / "nta.csv", nanosight(dilution="Not recorded"))
    assert table.dilution is None
    assert table.adjusted is False


def test_nanosight_with_the_table_twice(tmp_path):
    text = nanosight()
    table = read(tmp_path / "nta.csv", text + text[text.index("Bin centre") :])
    assert table.diameters == SIZES
    assert any("twice" in warning for warning in table.warnings)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-16"])
def test_zetaview_counts_each_particle_once(tmp_path, decimal, encoding):
    table = read(tmp_path / "nta.txt", zetaview(decimal), encoding)
    assert table.instrument == "ZetaView"
    assert table.diameters == SIZES
    assert table.captures == pytest.approx([sum(COUNTS)])
    assert (table.dilution, table.adjusted) == (1000, False)
    assert any("twice" in warning for warning in table.warnings)
    assert not any(
        "twice" in warning for warning in read(tmp_path / "one.txt", zetaview(decimal, twice=False), encoding).warnings
    )


def test_a_plain_table_of_sizes(tmp_path):
    lines = [
        "Diameter (nm);Concentration (particles/mL)",
        *(f"{size};{count:.0f}" for size, count in zip(SIZES, COUNTS, strict=True)),
    ]
    table = read(tmp_path / "sizes.csv", "\n".join(lines).replace(".", ","))
    assert table.diameters == SIZES
    assert table.captures == pytest.approx([sum(COUNTS)])


def test_a_table_of_captures(tmp_path):
    table = read(
        tmp_path / "runs.csv",
        "Sample,Concentration (particles/ml),Dilution factor,Mean,Mode\nr1,1.0e8,1000,121,98\nr2,1.2e8,1000,125,101\n",
    )
    assert table.captures == [1.0e8, 1.2e8]
    assert table.dilution == 1000
    assert table.stated["mean"] == 123


def test_what_cannot_be_is_refused(tmp_path):
    for text in (
        nanosight().replace(",2350000000.0", ",-2350000000.0"),
        zetaview().replace("Concentration / cm-3", "Colour"),
        zetaview("@"),
    ):
        (tmp_path / "bad.txt").write_text(text)
        with pytest.raises(InputError):
            read_lab_file(tmp_path / "bad.txt", "particles")


def test_few_tracks_and_sizes_that_are_no_vesicles_are_told(tmp_path):
    text = zetaview().replace("Number of Traces:\t1200", "Number of Traces:\t80")
    assert any("tracked" in warning for warning in read(tmp_path / "few.txt", text).warnings)
    large = "Diameter;Concentration\n" + "\n".join(f"{size * 100};{count}" for size, count in zip(SIZES, COUNTS, strict=True))
    assert any("no vesicle" in warning for warning in read(tmp_path / "large.csv", large).warnings)
