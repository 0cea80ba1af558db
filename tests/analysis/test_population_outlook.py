"""The outlook as a table: layers, control, intervals with the method's error, reasons where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import population_outlook as outlooks
from pipeline.analysis.age_bands import AGES, BANDS
from pipeline.analysis.cohort_ratios import Children, children_of
from pipeline.analysis.growth import Layer
from pipeline.analysis.population_error import back_test
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check
from tests.analysis.test_growth import new_york_counts

SETTINGS = {
    "smallest_ratio": 0.904, "largest_ratio": 1.276, "method_error_share": 0.1, "control_projection": {},
}  # fmt: skip
PAIR = {"before": "2014-2018", "now": "2019-2023"}


def profile(areas: dict[str, list[list[float]]], moe: float = 6.0, vintages: tuple[str, ...] = tuple(PAIR.values())) -> pd.DataFrame:  # fmt: skip
    rows = [{"neighborhood_id": n, "vintage": v, **dict(zip(AGES, counts, strict=True))}
            for n, sides in areas.items() for v, counts in zip(vintages, sides, strict=True)]  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(**{f"{band}_moe": moe for band in AGES})


TOWN = {"a": [[100.0, 100, 100, 60], [120.0, 110, 100, 60]], "b": [[200.0, 180, 190, 90], [190.0, 200, 180, 110]]}


def layers(table: pd.DataFrame, factors: dict[str, float] | None = None) -> list[Layer]:
    whole = table.groupby("vintage")[[*AGES, *(f"{c}_moe" for c in AGES)]].sum(min_count=1).reset_index()
    zones = table.rename(columns={"neighborhood_id": "zone_id"}).assign(zone_id="z" + table["neighborhood_id"])
    return [
        Layer("neighborhood", "neighborhood_id", table, factors or {}),
        Layer("zone middle 2024", "zone_id", zones, factors or {}),
        Layer("district", "district_id", whole.assign(district_id="d"), factors or {}),
        Layer("school_district", "area_geoid", table.rename(columns={"neighborhood_id": "area_geoid"}), {}),
    ]


def outlook(table: pd.DataFrame, ledger: Ledger | None = None, **other: object) -> pd.DataFrame:
    found = outlooks.outlook_or_reason(layers(table), **{**PAIR, **SETTINGS, **other}, ledger=ledger or Ledger())
    return check(BY_TABLE["population_outlook"], found)


def test_neighborhoods_zones_and_district_are_told_for_both_years_and_all_bands() -> None:
    found = outlook(profile(TOWN))
    assert set(found["layer"]) == {"neighborhood", "zone middle 2024", "district"}
    assert set(found["year"]) == {2026, 2031} and set(found["age_band"]) == set(BANDS)
    sums = found[found["age_band"] == "0-17"].groupby(["layer", "year"])["children_projected"].sum()
    # the line through both vintages: 1,020 children, then 1,070
    assert sums.xs(2026, level="year").tolist() == pytest.approx([1120] * 3)
    assert sums.xs(2031, level="year").tolist() == pytest.approx([1170] * 3)


def test_an_independent_projection_is_met_and_what_each_year_is_held_to_is_said() -> None:
    ledger = Ledger()
    found = outlook(profile(TOWN), ledger, control_projection={2026: 1500.0})
    sums = found[found["age_band"] == "0-17"].groupby(["layer", "year"])["children_projected"].sum()
    np.testing.assert_allclose(sums.xs(2026, level="year"), 1500.0, rtol=1e-9)
    np.testing.assert_allclose(sums.xs(2031, level="year"), 1170.0, rtol=1e-9)
    said = " ".join(ledger.frame()["reason"])
    assert "2026: all areas are held to the independent projection" in said
    assert "2031: all areas are held to a linear total" in said


def test_a_projection_of_a_year_that_is_not_projected_is_refused() -> None:
    with pytest.raises(
        ConfigError,
        match=r"growth\.control_projection: 2025, 2030 would not be used: .* for 2026 and 2031, .* of 2019-2023",
    ):
        outlook(profile(TOWN), control_projection={2030: 1100.0, 2026: 1100.0, 2025: 1100.0})


@pytest.mark.parametrize("total", [1.0, 534.0, 2341.0, 1e12])
def test_a_projection_of_another_place_is_refused(total: float) -> None:
    said = rf"control_projection: {total:,.0f} children .* in 2031 .*: 1,070 live here now, .* leads to 1,170; expected is 535 to 2,340\. Give"
    with pytest.raises(ConfigError, match=said):
        outlook(profile(TOWN), control_projection={2026: 1100.0, 2031: total})


@pytest.mark.parametrize("total", [535.0, 2340.0])
def test_a_projection_far_from_the_line_and_within_twice_is_met(total: float) -> None:
    found = outlook(profile(TOWN), control_projection={2031: total})
    whole = found[(found["layer"] == "neighborhood") & (found["age_band"] == "0-17") & (found["year"] == 2031)]
    assert whole["children_projected"].sum() == pytest.approx(total)


def test_children_of_areas_without_an_earlier_vintage_are_not_put_into_the_others() -> None:
    """A fifth of the children now live in a new neighborhood: the others get four fifths of the projection."""
    table = profile(TOWN)
    new = table.iloc[[1]].assign(neighborhood_id="new", **dict(zip(AGES, [67.5, 70.0, 70.0, 60.0], strict=True)))
    half = table.assign(neighborhood_id=table["neighborhood_id"] + "h").iloc[2:].copy()
    half.loc[half["vintage"] == PAIR["before"], "children_5_9"] = (
        np.nan
    )  # nor one whose earlier bands are not all known
    ledger = Ledger()
    found = outlook(pd.concat([table, new], ignore_index=True), ledger, control_projection={2026: 1500.0})
    sums = found[(found["age_band"] == "0-17") & (found["year"] == 2026)].groupby("layer")["children_projected"].sum()
    assert sums.to_dict() == pytest.approx({"neighborhood": 1200.0, "zone middle 2024": 1200.0, "district": 1500.0})
    assert "20.0% of the children live in neighborhoods without an earlier vintage" in " ".join(
        ledger.frame()["reason"]
    )
    found = outlook(pd.concat([table, half], ignore_index=True), control_projection={2026: 1500.0})
    rows = found[(found["age_band"] == "0-17") & (found["year"] == 2026) & (found["layer"] == "neighborhood")]
    of_both = rows[rows["area_id"].isin(["a", "b"])]["children_projected"].sum()
    assert of_both == pytest.approx(1500.0 * 1070 / (1070 + 680))


def test_the_interval_holds_the_surveys_margins_and_the_methods_error_which_grows_with_the_root_of_time() -> None:
    exact = outlook(profile(TOWN, moe=0.0)).set_index(["layer", "area_id", "age_band", "year"])
    for year, share in ((2026, 0.1), (2031, 0.1 * np.sqrt(2))):
        row = exact.loc[("neighborhood", "a", "5-17", year)]
        assert row["children_projected_high"] == pytest.approx(row["children_projected"] * (1 + share))
    unsure = outlook(profile(TOWN, moe=30.0)).set_index(["layer", "area_id", "age_band", "year"])
    wider = unsure["children_projected_high"] - unsure["children_projected_low"] - (exact["children_projected_high"] - exact["children_projected_low"])  # fmt: skip
    assert (wider > 0).all()
    assert set(exact["error_basis"]) == {"stated"}
    unknown = outlook(profile(TOWN, moe=np.nan))
    assert unknown["children_projected"].notna().all() and unknown["children_projected_low"].isna().all()
    assert set(unknown["error_basis"]) == {"none"}


def test_the_back_test_asks_for_the_share_beyond_the_margins_that_holds_four_in_five() -> None:
    """Thirty areas that stay as they are for two vintages, then miss by 1% to 30%, without margins."""
    then = np.tile([1000.0, 1000.0, 1000.0, 600.0], (30, 1))
    came = then * (1 + np.arange(1, 31)[:, None] / 100)
    zero = np.zeros_like(then)
    tested = back_test(*(Children(c, zero) for c in (then, then, came)), years=(5, 5), caps=(0.904, 1.276))
    row = tested.set_index("age_band").loc["0-4"]
    assert row["method_share"] == pytest.approx(0.25)  # the 25th of 30: ceil(31 x 0.8)
    assert row["error_share"] == row["no_change_share"] == pytest.approx(np.mean([k / (100 + k) for k in range(1, 31)]))
    wide = back_test(*(Children(c, zero + 1e4) for c in (then, then, came)), years=(5, 5), caps=(0.904, 1.276))
    assert (wide["method_share"] == 0).all()  # all of it may be the survey's


def test_three_vintages_of_enough_areas_are_tested_else_the_error_is_stated() -> None:
    rng = np.random.default_rng(3)
    vintages = ("2009-2013", "2014-2018", "2019-2023")
    many = {f"n{k:02d}": [list(1000 + 100 * rng.normal(size=4)) for _ in vintages] for k in range(25)}
    ledger = Ledger()
    found = outlook(profile(many, vintages=vintages), ledger)
    assert set(found["error_basis"]) == {"back_test"}
    assert "back-test: 2019-2023 forecast from 2009-2013 and 2014-2018" in " ".join(ledger.frame()["reason"])
    few = outlook(profile({k: many[k] for k in list(many)[:10]}, vintages=vintages))
    assert set(few["error_basis"]) == {"stated"}
    overlapping = outlook(profile(many, vintages=("2011-2015", *vintages[1:])))
    assert set(overlapping["error_basis"]) == {"stated"}


def test_vintages_that_cannot_be_followed_give_none_and_a_reason() -> None:
    ledger = Ledger()
    found = outlook(profile(TOWN, vintages=("2011", "2023")), ledger, before="2011", now="2023")
    assert found.empty
    assert "12 years apart" in ledger.frame()["reason"].item()
    ledger = Ledger()
    assert outlook(profile({"a": [[np.nan] * 4] * 2}), ledger).empty
    assert "do not count children by age" in ledger.frame()["reason"].item()


def test_new_yorks_children_of_2019_2023_forecast_from_the_two_vintages_before(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    """The whole comparison either way: cohort change is held beside no change, band by band."""
    counts = new_york_counts(tmp_path, shared_data)
    areas = counts[counts["area_level"] == "neighborhood"].rename(columns={"area_geoid": "neighborhood_id"})
    ids = pd.Index(sorted(areas["neighborhood_id"].unique()))
    sides = [children_of(areas, "neighborhood_id", v, ids, 1.0) for v in ("2007-2011", "2012-2016", "2019-2023")]
    tested = back_test(*sides, years=(5.0, 7.0), caps=(0.904, 1.276)).set_index("age_band")
    assert tested["areas"].to_dict() == {"0-4": 199, "5-9": 199, "10-13": 200, "14-17": 200, "5-17": 201, "0-17": 201}
    shares = tested[["error_share", "no_change_share", "method_share"]].round(3)
    assert shares.to_numpy().tolist() == [
        [0.217, 0.230, 0.180],
        [0.215, 0.188, 0.173],
        [0.197, 0.214, 0.125],
        [0.171, 0.180, 0.127],
        [0.147, 0.147, 0.153],
        [0.144, 0.129, 0.163],
    ]
