"""Look-up, search, names as printed and rows laid over, on the catalogue that is shipped."""

import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import pytest

from exoresist.catalog import Catalog, net_direction, parse_path
from exoresist.core.errors import ExoresistError
from exoresist.core.quantity import Quantity


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def test_the_most_special_subject_wins(catalog):
    special = catalog.parameter("growth_rate", "cell_line:mcf7_sensitive", "cell")
    assert special.subject == "cell_line:mcf7_sensitive" and special.unit == "1/h"
    assert catalog.parameter("cell_volume", "cell_line:mcf7_sensitive", "cell").subject == "cell"


def test_unknown_names_are_refused_with_a_suggestion(catalog):
    with pytest.raises(ExoresistError, match="growth_rate"):
        catalog.parameter("growth_rat", "cell")
    with pytest.raises(ExoresistError, match="mcf7_sensitive"):
        catalog.cell_line("mcf7_sensitve")
    with pytest.raises(ExoresistError, match="no value for 'drug:rituximab'"):
        catalog.parameter("damage_rate", "drug:rituximab")
    for look_up in (catalog.drug, catalog.pump, catalog.cargo, catalog.intervention, catalog.axis, catalog.source):
        with pytest.raises(ExoresistError, match="is not known"):
            look_up("nothing")


def test_records_are_frozen(catalog):
    drug = catalog.drug("doxorubicin")
    assert drug.pumps == ("ABCB1", "ABCC1", "ABCG2") and drug.drug_class == "anthracycline"
    with pytest.raises(FrozenInstanceError):
        drug.name = "another"


def test_every_row_of_every_table_can_be_looked_up(catalog):
    for table, count in catalog.row_counts().items():
        assert len(catalog.records(table)) == count, table
    for quantity in catalog.parameters():
        draws = [quantity.quantile(u) for u in (0.01, 0.3, 0.5, 0.7, 0.99)]
        assert draws == sorted(draws) and all(map(math.isfinite, draws)), quantity
        assert catalog.source(quantity.source).id == quantity.source


@pytest.mark.parametrize("drug", ["doxorubicin", "paclitaxel", "oxaliplatin"])
def test_a_modelled_drug_has_all_its_numbers(catalog, drug):
    names = (
        "permeability_surface molar_mass logp vesicle_partition vesicle_retained_fraction vesicle_leak_rate "
        "serum_free_fraction target_capacity target_on_rate target_off_rate damage_rate repair_rate metabolism_rate "
        "lysosomal_accumulation phase_specific"
    )
    for name in names.split():
        assert catalog.has_parameter(name, f"drug:{drug}"), name
    for pump in catalog.drug(drug).pumps:
        for name in ("efflux_kcat", "efflux_km", "efflux_hill"):
            assert catalog.has_parameter(name, f"drug:{drug}|pump:{pump}"), (name, pump)


def test_pumps_and_drugs_name_each_other(catalog):
    for pump in catalog.records("pumps"):
        assert set(pump.substrates) == {drug.id for drug in catalog.records("drugs") if pump.id in drug.pumps}


def test_every_intervention_has_a_size_and_drugs_have_a_concentration(catalog):
    for intervention in catalog.records("interventions"):
        subject = f"intervention:{intervention.id}"
        assert catalog.has_parameter("max_effect", subject)
        if intervention.kind == "drug":
            assert catalog.parameter("half_effect_concentration", subject).unit == "nM"


def test_vesicle_formation_gives_sixty_per_hour_and_less_than_half_is_secreted(catalog):
    formed, out, lost = (
        catalog.parameter(name, "cell") for name in ("ilv_formation_rate", "secretion_rate", "lysosomal_degradation_rate")
    )
    share = out.value / (out.value + lost.value)
    assert share < 0.5
    assert formed.value * share == pytest.approx(60)
    assert (formed.low * share, formed.high * share) == (pytest.approx(10), pytest.approx(1000))


def test_uptake_shares_sum_to_one(catalog):
    routes = ("clathrin", "caveolin", "macropinocytosis", "fusion", "receptor")
    assert sum(catalog.parameter(f"uptake_share_{route}", "cell").value for route in routes) == pytest.approx(1)


def test_partition_rises_with_lipophilicity(catalog):
    drugs = sorted(("doxorubicin", "paclitaxel", "oxaliplatin"), key=lambda drug: catalog.parameter("logp", f"drug:{drug}").value)
    partitions = [catalog.parameter("vesicle_partition", f"drug:{drug}").value for drug in drugs]
    assert partitions == sorted(partitions)


def test_pumps_at_central_values_make_the_measured_shifts(catalog):
    """1 + pump clearance / permeability at the sensitive line's free IC50 is within two-fold of the measured fold."""
    copies = catalog.parameter("pump_copies", "cell_line:mcf7_resistant|pump:ABCB1").value
    for drug in ("doxorubicin", "paclitaxel"):
        sensitive, resistant = (
            catalog.parameter("ic50_observed", f"cell_line:mcf7_{line}|drug:{drug}").value for line in ("sensitive", "resistant")
        )
        kcat, km, hill = (
            catalog.parameter(name, f"drug:{drug}|pump:ABCB1").value for name in ("efflux_kcat", "efflux_km", "efflux_hill")
        )
        free = sensitive * catalog.parameter("serum_free_fraction", f"drug:{drug}").value
        clearance = kcat * copies * free ** (hill - 1) / (km**hill + free**hill)
        fold = 1 + clearance / catalog.parameter("permeability_surface", f"drug:{drug}").value
        assert 0.5 < fold / (resistant / sensitive) < 2, drug


# names as printed


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("MRP-1", "ABCC1"),  # an old name of CD9
        ("Pgp", "ABCB1"),  # PGP is a phosphatase
        ("P-gp", "ABCB1"),
        ("BCRP1", "ABCG2"),  # a pseudogene
        ("MDR1", "ABCB1"),
        ("circ_0005963", "ciRS_122"),
        ("ciRS-122", "ciRS_122"),
        ("miR-21", "miR_21"),  # not guessed to be 5p
        ("Rab7402B", "RAB27B"),
        ("doxorubicin", "doxorubicin"),
    ],
)
def test_names_as_printed_resolve_to_what_is_meant(catalog, printed, meant):
    found = catalog.resolve(printed)
    assert found.id == meant and found.text_as_printed == printed and found.reason


def test_an_ambiguous_name_is_reported_and_a_near_one_is_not_taken(catalog):
    with pytest.raises(ExoresistError, match="ambiguous"):
        catalog.resolve("LRP")
    with pytest.raises(ExoresistError, match="not known"):
        catalog.resolve("pGp")
    with pytest.raises(ExoresistError, match="not known"):
        catalog.resolve("miR-21-5p")
    assert {"Pgp", "P-gp", "MDR1"} <= set(catalog.printed_as("ABCB1"))


# axes


def test_axes_hold_both_directions_and_signs_agree_unless_flagged(catalog):
    axes = catalog.records("axes")
    assert {axis.reported_direction for axis in axes} == {"resistance", "sensitivity"}
    for axis in axes:
        agrees = net_direction(parse_path(axis.path)) == axis.reported_direction
        assert agrees != ("sign_conflict" in axis.flags), axis.id


def test_the_two_names_of_one_circular_rna_are_linked(catalog):
    second = catalog.axis("circ0005963_oxaliplatin_wang20")
    first = catalog.axis("cirs122_oxaliplatin_wang20")
    assert f"duplicate_of_{first.id}" in second.flags and second.cargo == first.cargo and second.path == first.path


def test_the_retracted_finding_is_kept_and_flagged(catalog):
    retracted = {source.id for source in catalog.records("sources") if source.retracted == "yes"}
    assert retracted == {"liu_2019"}
    users = [axis for axis in catalog.records("axes") if axis.source in retracted]
    assert users and all("retracted_source" in axis.flags for axis in users)


# search, overlay, hash


def test_search_finds_by_words_and_by_columns(catalog):
    assert catalog.search("ciRS_122", table="cargo")[0].id == "ciRS_122"
    assert {hit.id for hit in catalog.search("", table="axes", drugs="paclitaxel")} == {
        "abcb1_paclitaxel_a2780",
        "export_paclitaxel_wang17",
        "mir21_paclitaxel_auyeung16",
    }
    assert catalog.search("DOXORUBICIN efflux", kind="assumed")
    assert catalog.search("no such words anywhere") == ()
    with pytest.raises(ExoresistError, match="not known"):
        catalog.search("", colour="red")
    with pytest.raises(ExoresistError, match="axes"):
        catalog.search("", table="axis")


def test_rows_laid_over_replace_and_add_without_touching_the_original(catalog):
    shipped = catalog.parameter("delivered_fraction", "cell")
    null = replace(shipped.with_value(0.0), kind="fitted", source="my_study", note="the null")
    extra = Quantity(1.0, "1/h", 0.5, 2.0, "lognormal", "fitted", "my_study", "", "", "damage_rate", "drug:rituximab")
    changed = catalog.with_parameters([null, extra])
    assert changed.parameter("delivered_fraction", "cell").value == 0.0
    assert changed.parameter("damage_rate", "drug:rituximab") == extra
    assert len(changed.parameters()) == len(catalog.parameters()) + 1
    assert changed.source("my_study").citation == "my_study"
    assert catalog.parameter("delivered_fraction", "cell") is shipped
    assert len({catalog.hash, changed.hash, catalog.with_parameters([null]).hash}) == 3
    assert catalog.with_parameters([extra, null]).hash == changed.hash
    with pytest.raises(ExoresistError, match="lacks"):
        catalog.with_parameters([Quantity(1.0, "1/h", 0.5, 2.0)])


def test_the_hash_follows_the_tables(catalog):
    assert Catalog.load().hash == catalog.hash and len(catalog.hash) == 64


def test_loading_needs_no_heavy_library():
    code = (
        "import sys; from exoresist.catalog import Catalog; Catalog.load().parameter('growth_rate', 'cell');"
        "heavy = {'numpy', 'pandas', 'pint', 'numba', 'ruamel', 'scipy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
