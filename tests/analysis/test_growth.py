"""Change of the number of children: margins, test, control totals, refusals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import config
from pipeline.analysis import growth
from pipeline.analysis.change_evidence import KEY, change_evidence
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.tables import BY_TABLE, check, empty

SETTINGS = {"alpha": 0.1, "high_cv": 0.12, "medium_cv": 0.4}
BANDS = ("0_4", "5_9", "10_14", "15_17", "0_17")


def changes(*tables: pd.DataFrame, ledger: Ledger, control: dict[str, float], control_count: str = "population", **more: Any) -> pd.DataFrame:  # fmt: skip
    """`growth.changes` of the layers that tables make."""
    layers = growth.compared_layers(*tables, control=control, control_count=control_count, ledger=ledger)
    return growth.changes(layers, **more, ledger=ledger)


def profile(rows: dict[tuple[str, str], tuple[float, float]]) -> pd.DataFrame:
    """Neighborhoods by (id, vintage) with children 5-9 and their margin; other bands are zero."""
    frame = empty("neighborhood_profile", "").reindex(range(len(rows)))
    frame["neighborhood_id"], frame["vintage"] = [k[0] for k in rows], [k[1] for k in rows]
    for band in BANDS:
        frame[f"children_{band}"], frame[f"children_{band}_moe"] = 0.0, 0.0
    frame["children_5_9"] = [v[0] for v in rows.values()]
    frame["children_5_9_moe"] = [v[1] for v in rows.values()]
    frame["population"] = frame["children_5_9"] * 5
    frame["is_approximate"], frame["method"] = False, "area"
    return frame


def change(table: pd.DataFrame, band: str = "5-9", **other: object) -> pd.DataFrame:
    settings = {
        "layer": "neighborhood",
        "area": "neighborhood_id",
        "before": "2014-2018",
        "now": "2019-2023",
        "factors": {},
        **SETTINGS,
        **other,
    }
    found = growth.school_age_change(table, **settings)
    return found[found["age_band"] == band].set_index("area_id")


def checked(found: pd.DataFrame) -> pd.DataFrame:
    """The table of the stage: changes with evidence, of areas without neighbors."""
    none = found[KEY].assign(together_z=np.nan)
    table = change_evidence(found, empty("adjacency", ""), layer="neighborhood", rate=0.1, together=none)
    return check(BY_TABLE["school_age_change"], table)


def test_a_rise_beyond_its_margin_is_significant_and_one_within_is_not() -> None:
    found = change(
        profile(
            {
                ("rises", "2014-2018"): (100.0, 20.0),
                ("rises", "2019-2023"): (200.0, 20.0),
                ("noise", "2014-2018"): (100.0, 60.0),
                ("noise", "2019-2023"): (120.0, 60.0),
            }
        )
    )
    assert found["is_significant"].to_dict() == {"rises": True, "noise": False}
    # z = 100 / (sqrt(20^2 + 20^2) / 1.645)
    assert found.loc["rises", "change_z"] == pytest.approx(100 / (np.hypot(20, 20) / 1.645))
    assert found["reliability_class"].to_dict() == {"rises": "medium", "noise": "low"}


def test_one_chance_rise_among_many_areas_does_not_survive_correction() -> None:
    rows = {}
    for n in range(40):
        rows[(f"n{n:02d}", "2014-2018")] = (100.0, 30.0)
        rows[(f"n{n:02d}", "2019-2023")] = (100.0, 30.0)
    rows[("n00", "2019-2023")] = (150.0, 30.0)  # z = 1.94: significant by itself (p = 0.05), not among 40
    found = change(profile(rows))
    assert found.loc["n00", "change_z"] > 1.645
    assert not found["is_significant"].any()


def test_neighborhoods_mostly_outside_keep_their_change_and_do_not_count_among_the_tests_of_the_others() -> None:
    """Nine neighborhoods lie mostly outside and rise steeply: one inside (p = 0.06) must not lean on them."""
    rows = {(f"out{n}", v): (c, 5.0) for n in range(9) for v, c in (("2014-2018", 100.0), ("2019-2023", 200.0))}
    inside = {"rises": 147.0, "still": 100.0, "noise": 101.0}
    rows |= {(n, v): (c, 29.0) for n, to in inside.items() for v, c in (("2014-2018", 100.0), ("2019-2023", to))}
    table = profile(rows)
    table["inside_share"] = np.where(table["neighborhood_id"].str.startswith("out"), 0.4, 1.0)
    assert change(table).loc["rises", "is_significant"]  # among all twelve it would pass
    assert growth.mostly_outside(table, 0.4) == frozenset()  # the share itself is enough
    outside = growth.mostly_outside(table, 0.5)
    assert outside == {f"out{n}" for n in range(9)}
    ledger = Ledger()
    zones = table[table["neighborhood_id"].isin(["out0", "noise"])].assign(level="middle", fall_year=2024)
    found = changes(
        table,
        zones.rename(columns={"neighborhood_id": "zone_id"}),
        empty("district_profile", ""),
        empty("area_facts", ""),
        before="2014-2018",
        now="2019-2023",
        control={},
        **SETTINGS,
        ledger=ledger,
        untested=outside,
    )
    rows_of = checked(found).query("age_band == '5-9'").set_index(["layer", "area_id"])
    hoods = rows_of.loc["neighborhood"]
    # beyond chance alone, but not beyond a third of the rate, which the best of three tests must reach
    assert 1.645 < hoods.loc["rises", "change_z"] < 2.12
    assert not hoods["is_significant"].any()
    assert hoods.loc["out0", "children_change"] == 100.0 and hoods.loc["out0", "change_z"] > 20
    assert set(hoods.loc[sorted(outside), "reliability_class"]) == {"not_known"}
    # a zone of the same name is another area
    assert rows_of.loc[("zone middle 2024", "out0"), "is_significant"]
    line = ledger.frame().set_index("entry").loc["note"]
    assert line["reason"].startswith("9 neighborhoods: less of their ground") and line["item"] == "out0"


def test_a_count_without_a_margin_changes_but_is_not_tested() -> None:
    found = change(profile({("n", "2014-2018"): (100.0, np.nan), ("n", "2019-2023"): (900.0, 10.0)}))
    assert found.loc["n", "children_change"] == 800.0
    assert np.isnan(found.loc["n", "change_z"])
    assert not found.loc["n", "is_significant"]
    assert found.loc["n", "reliability_class"] == "not_known"


def test_an_area_of_one_vintage_keeps_its_count_and_has_no_change() -> None:
    found = change(profile({("old", "2014-2018"): (100.0, 10.0), ("new", "2019-2023"): (50.0, 10.0)}))
    assert found["children_change"].isna().all()
    assert found.loc["old", "children_from"] == 100.0
    assert found.loc["new", "children_to"] == 50.0


def test_bands_add_up_and_the_largest_margin_of_zeros_counts_once() -> None:
    table = profile({("n", "2014-2018"): (60.0, 8.0), ("n", "2019-2023"): (60.0, 8.0)})
    table["children_10_14_moe"], table["children_15_17_moe"] = 6.0, 4.0
    found = change(table, "5-17")
    assert found.loc["n", "children_from"] == 60.0
    assert found.loc["n", "children_from_moe"] == pytest.approx(10.0)  # sqrt(8^2 + 6^2), the 4 is left out


def test_all_children_are_known_where_only_their_sum_is_published() -> None:
    table = profile({("n", "2014-2018"): (60.0, 8.0), ("n", "2019-2023"): (60.0, 8.0)})
    table[["children_0_4", "children_10_14"]] = np.nan
    table["children_0_17"], table["children_0_17_moe"] = [400.0, 500.0], 30.0
    assert change(table, "0-17").loc["n", "children_change"] == 100.0


def test_a_control_total_scales_counts_and_margins() -> None:
    table = profile({("n", "2014-2018"): (100.0, 20.0), ("n", "2019-2023"): (100.0, 20.0)})  # 500 people each
    ledger = Ledger()
    found = changes(
        table,
        empty("zone_profile", ""),
        empty("district_profile", ""),
        empty("area_facts", ""),
        before="2014-2018",
        now="2019-2023",
        control={"2019-2023": 550.0},
        **SETTINGS,
        ledger=ledger,
    )
    row = found[found["age_band"] == "5-9"].iloc[0]
    assert row["children_to"] == pytest.approx(110.0)
    assert row["children_to_moe"] == pytest.approx(22.0)
    line = ledger.frame().set_index("entry").loc["repair"]
    assert (line["total"], line["inside"]) == (pytest.approx(500.0), 550.0)


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        (None, "2019-2023", "names no earlier vintage"),
        ("2016-2020", "2019-2023", "share the years 2019-2020"),
        ("2019-2023", "2014-2018", "is not earlier"),
        ("2005-2009", "2019-2023", "do not hold 2005-2009"),
    ],
)
def test_periods_that_cannot_be_compared_give_no_change_and_a_reason(before: str | None, now: str, says: str) -> None:
    ledger = Ledger()
    table = profile(
        {("n", "2014-2018"): (100.0, 20.0), ("n", "2019-2023"): (100.0, 20.0), ("n", "2016-2020"): (1.0, 1.0)}
    )
    found = changes(
        table,
        empty("zone_profile", ""),
        empty("district_profile", ""),
        empty("area_facts", ""),
        before=before,
        now=now,
        control={},
        **SETTINGS,
        ledger=ledger,
    )
    assert check(BY_TABLE["school_age_change"], found).empty
    assert says in ledger.frame()["reason"].item()
    assert ledger.frame()["entry"].item() == "missing_input"


def test_zones_are_compared_by_layer() -> None:
    hoods = profile({("n", "2014-2018"): (100.0, 20.0), ("n", "2019-2023"): (150.0, 20.0)})
    zones = hoods.rename(columns={"neighborhood_id": "zone_id"}).assign(level="middle", fall_year=2024)
    found = changes(
        hoods,
        zones,
        empty("district_profile", ""),
        empty("area_facts", ""),
        before="2014-2018",
        now="2019-2023",
        control={},
        **SETTINGS,
        ledger=Ledger(),
    )
    assert set(found["layer"]) == {"neighborhood", "zone middle 2024"}
    checked(found)


def test_the_district_is_compared_as_a_whole_by_its_own_people_and_margin() -> None:
    """Each neighborhood's rise is noise; the district's, whose margin comes from the survey's areas, is not."""
    hoods = profile({(n, v): (c, 60.0) for n in "ab" for v, c in (("2014-2018", 100.0), ("2019-2023", 150.0))})
    whole = profile({("d", "2014-2018"): (210.0, 40.0), ("d", "2019-2023"): (310.0, 40.0)})
    found = changes(
        hoods,
        empty("zone_profile", ""),
        whole.rename(columns={"neighborhood_id": "district_id"}),
        empty("area_facts", ""),
        before="2014-2018",
        now="2019-2023",
        control={"2019-2023": 1705.0},  # a tenth more than the district's people, 5 x 310
        **SETTINGS,
        ledger=Ledger(),
    )
    rows = checked(found).query("age_band == '5-17'").set_index(["layer", "area_id"])
    row = rows.loc[("district", "d")]
    assert (row["children_from"], row["children_to"]) == (210.0, pytest.approx(341.0))
    assert row["children_change_moe"] == pytest.approx(np.hypot(40.0, 44.0))
    assert rows["is_significant"].groupby("layer").any().to_dict() == {"district": True, "neighborhood": False}


PEOPLE, MARGINS = st.integers(0, 500).map(float), st.integers(1, 90).map(float)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(PEOPLE, MARGINS, PEOPLE, MARGINS), min_size=1, max_size=12),
    st.floats(0.2, 5),
)
def test_multiplying_counts_and_margins_alike_changes_no_test(
    areas: list[tuple[float, float, float, float]], factor: float
) -> None:
    rows = {}
    for n, (then, then_moe, now, now_moe) in enumerate(areas):
        rows[(f"n{n:02d}", "2014-2018")] = (then, then_moe)
        rows[(f"n{n:02d}", "2019-2023")] = (now, now_moe)
    plain = change(profile(rows))
    scaled = change(profile(rows), factors={"2014-2018": factor, "2019-2023": factor})
    np.testing.assert_allclose(scaled["change_z"], plain["change_z"], atol=1e-9)
    np.testing.assert_allclose(scaled["children_change"], plain["children_change"] * factor, atol=1e-9)


def test_earlier_vintages_are_compared_one_after_the_other_and_districts_as_the_census_gives_them() -> None:
    vintages = ("2009-2013", "2012-2016", "2014-2018", "2019-2023")
    hoods = profile({("n", v): (100.0 + 10 * k, 5.0) for k, v in enumerate(vintages)})
    districts = hoods.rename(columns={"neighborhood_id": "area_geoid"}).assign(
        area_level="school_district", population=1000.0
    )
    ledger = Ledger()
    found = changes(
        hoods,
        empty("zone_profile", ""),
        empty("district_profile", ""),
        pd.concat([districts, districts.assign(area_level="tract")], ignore_index=True),
        before="2014-2018",
        now="2019-2023",
        control={"2019-2023": 1300.0},
        **SETTINGS,
        ledger=ledger,
    )
    checked(found)
    rows = found[found["age_band"] == "5-9"].set_index(["layer", "vintage_from", "vintage_to"])["children_to"]
    # people of the neighborhood: 5 x 130 = 650, of the district 1000; both are scaled to 1300
    assert rows.to_dict() == pytest.approx(
        {
            ("neighborhood", "2009-2013", "2014-2018"): 120.0,
            ("neighborhood", "2014-2018", "2019-2023"): 260.0,
            ("school_district", "2009-2013", "2014-2018"): 120.0,
            ("school_district", "2014-2018", "2019-2023"): 169.0,
        }
    )
    assert ledger.frame()["subject_name"].tolist() == [
        "people 2019-2023, neighborhoods",
        "people 2019-2023, school districts",
    ]


NEW_YORK = Path(__file__).resolve().parents[2] / "studies/new_york.yaml"


def new_york_counts(folder: Path, shared_data: Callable[[str], Path]) -> pd.DataFrame:
    """Children of New York's neighborhoods and school districts in three vintages, from the real files."""
    study = config.load(NEW_YORK)
    entries = [entry for entry in study.raw.census if entry.feeds == "area_counts"]
    for file in (file for entry in entries for file in entry.files):
        shutil.copy(shared_data((file.origin or "").split(" | ")[0]), folder / file.name)
    return gather(entries, "area_counts", Folder(folder, study.geography.crs, study.geography.box, Ledger()))


def test_new_yorks_children_are_held_to_the_citys_own_in_every_vintage_and_layer(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    """The school districts of 2019-2023 are scaled to the census of 2020, the neighborhoods are not.

    Children 5-17 since 2012-2016: neighborhoods +0.3%; school districts +2.7% as published, -0.7% when scaled by
    people, and +0.3% when scaled by children.
    """
    study = config.load(NEW_YORK)
    counts = new_york_counts(tmp_path, shared_data)
    own = counts.groupby(["area_level", "vintage"])["children_0_17"].sum()
    assert own["neighborhood"].tolist() == [1778722, 1793857, 1740197]
    assert own["school_district"].tolist() == [1778728, 1793862, 1781886]
    neighborhoods = counts[counts["area_level"] == "neighborhood"].rename(columns={"area_geoid": "neighborhood_id"})
    people = {"2007-2011": 8128980.0, "2012-2016": 8461961.0, "2019-2023": 8516202.0}
    share, ledger, found = {}, Ledger(), pd.DataFrame()
    for name, control, count in (
        ("as published", {}, "population"),
        ("by people", people, "population"),
        ("by children", study.vintages.control, study.vintages.control_count),
    ):
        ledger = Ledger()
        found = changes(
            neighborhoods,
            empty("zone_profile", ""),
            empty("district_profile", ""),
            counts,
            before="2012-2016",
            now="2019-2023",
            control=control,
            control_count=count,
            **SETTINGS,
            ledger=ledger,
        )
        rows = found[(found["age_band"] == "5-17") & (found["vintage_to"] == "2019-2023")]
        sums = rows.groupby("layer")[["children_from", "children_to"]].sum()
        share[name] = (sums["children_to"] / sums["children_from"] - 1).round(4).to_dict()
    assert share == {
        "as published": {"neighborhood": 0.0028, "school_district": 0.0269},
        "by people": {"neighborhood": 0.0028, "school_district": -0.0066},
        "by children": {"neighborhood": 0.0028, "school_district": 0.0029},
    }
    lines = ledger.frame().set_index("subject_name")
    line = lines.loc["children 2019-2023, school districts"]
    assert line["reason"] == "scaled to the control total by 0.976604"
    assert (round(line["total"]), line["inside"], line["unit_name"]) == (1781886, 1740197, "children")
    assert lines.loc["children 2007-2011, neighborhoods", "reason"] == "scaled to the control total by 0.998089"
    # margins are scaled with the counts
    raw = counts.query("area_level == 'school_district' and vintage == '2019-2023' and area_geoid == '2'").iloc[0]
    scaled = found.query(
        "layer == 'school_district' and area_id == '2' and age_band == '5-9' and vintage_to == '2019-2023'"
    )
    assert scaled["children_to_moe"].iloc[0] / raw["children_5_9_moe"] == pytest.approx(1740197 / 1781886)


@pytest.mark.parametrize(("total", "is_sound"), [(100.0, False), (250.0, True), (1000.0, True), (1001.0, False)])
def test_control_totals_of_other_people_are_refused(total: float, is_sound: bool) -> None:
    """500 people live in both neighborhoods together."""
    hoods = profile({("a", "2019-2023"): (60.0, 5.0), ("b", "2019-2023"): (40.0, 5.0)})
    nothing = (empty("zone_profile", ""), empty("district_profile", ""), empty("area_facts", ""))
    control = {"control": {"2019-2023": total}, "control_count": "population", "ledger": Ledger()}
    if is_sound:
        assert growth.compared_layers(hoods, *nothing, **control)[0].factors == {"2019-2023": total / 500}
        return
    with pytest.raises(
        ConfigError, match=rf"vintages\.control: 1 totals .* \(first: 2019-2023, {total:,.0f} for 500 people\)\. Give"
    ):
        growth.compared_layers(hoods, *nothing, **control)
