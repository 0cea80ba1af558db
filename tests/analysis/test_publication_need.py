"""Need as the public sees it: parts that add up, and no share of pupils to be worked out from them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely import box

from pipeline.analysis import publication_need as public
from pipeline.analysis import told_need as told
from pipeline.analysis.told_counts import COUNTS, told_counts
from pipeline.tables import BY_TABLE, check, empty

VALUES = st.one_of(st.floats(-40, 40, allow_nan=False), st.just(float("nan")))


@given(
    arrays("float64", st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=VALUES),
    st.sampled_from([1.0, 0.05, 3.0]),
)
def test_parts_in_units_add_up_to_the_rounded_sum(parts: np.ndarray, unit: float) -> None:
    whole = told.in_units(parts, unit)
    assert (np.isnan(whole) == np.isnan(parts)).all()
    assert np.nanmax(np.abs(whole - parts), initial=0.0) <= unit + 1e-6
    sums = np.nansum(parts, axis=1)
    assert np.nansum(whole, axis=1) == pytest.approx(np.floor(sums / unit + 0.5 + 1e-9) * unit, abs=1e-6)
    assert whole[~np.isnan(whole)] / unit == pytest.approx(np.round(whole[~np.isnan(whole)] / unit), abs=1e-6)


def test_equal_remainders_go_to_the_first() -> None:
    """3.5 + 3.5 + 2 = 9: one of the halves is rounded up, and always the same one."""
    assert told.in_units(np.array([[3.5, 3.5, 2.0]]), 1.0).tolist() == [[4.0, 3.0, 2.0]]


def parts(**columns: object) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "neighborhood_id": ["a", "a", "b", "b"],
            "indicator": ["below_standard", "poverty"] * 2,
            "indicator_share": [0.437, 0.213, 0.61, 0.05],
            "indicator_share_moe": 0.05,
            "percentile_share": [0.33, 0.91, 0.58, 0.12],
            "indicator_weight": [0.2, 0.8] * 2,
            "contribution_index": [6.6, 72.8, 11.6, 9.6],
        }
    )
    return rows.assign(**columns)


PROFILE = pd.DataFrame(
    {
        "neighborhood_id": ["a", "b"],
        "people_in_poverty": [213.4, 1.3],
        "people_in_poverty_moe": [60.4, 1.0],
        "poverty_universe": [1001.9, 26.4],
        "poverty_universe_moe": [90.5, float("nan")],
        # counts of pupils under the names that the indicator gives them: they must not get through
        "pupils_below_standard": [437.0, 61.0],
        "pupils_below_standard_moe": [1.0, 1.0],
        "pupils_tested": [1000.0, 100.0],
        "pupils_tested_moe": [1.0, 1.0],
    }
)


def test_shares_of_pupils_are_told_in_steps_without_a_margin() -> None:
    shown, line = public.contributions(parts(), "percentile", PROFILE)
    assert shown["indicator_share"].tolist() == [0.45, 0.213, 0.6, 0.05]
    assert shown["percentile_share"].tolist() == [0.35, 0.91, 0.6, 0.12]
    assert shown["indicator_share_moe"].isna().tolist() == [True, False, True, False]
    assert shown["contribution_index"].tolist() == [6.0, 73.0, 12.0, 9.0]  # 79.4 and 21.2 are told as 79 and 21
    assert line["shown_cells"] == 4


def test_counts_are_told_of_the_census_alone_and_only_where_they_give_the_share() -> None:
    shown, _ = public.contributions(parts(), "percentile", PROFILE)
    counts = shown.set_index(["neighborhood_id", "indicator"])[list(COUNTS)]
    assert counts.loc[("a", "poverty")].tolist() == [213.0, 60.0, 1002.0, 91.0]
    assert counts.drop(("a", "poverty")).isna().all(axis=None)  # 1 of 26 people are not 5% of them
    few = parts(indicator_share=[0.437, 0.213, 0.61, 1.3 / 26.4])
    rest, _ = public.contributions(few, "percentile", PROFILE.assign(people_in_poverty=[213.4, 1.0]))
    assert rest["indicator_count"].notna().tolist() == [False, True, False, False]


@given(st.floats(1, 5000), st.floats(0, 1))
def test_told_counts_give_the_told_share_to_a_point(people: float, share: float) -> None:
    profile = PROFILE.assign(poverty_universe=people, people_in_poverty=share * people)
    rows = parts(indicator_share=share)
    told_there = told_counts(rows, profile).dropna(subset="indicator_count")
    assert (told_there["indicator_count"] / told_there["universe_count"] - share).abs().le(0.01).all()
    assert len(told_there) == 2 or people < 101


def test_the_index_is_the_sum_of_its_published_parts() -> None:
    need = pd.DataFrame({"neighborhood_id": ["a", "b", "c"], "need_index": [79.4, 21.2, np.nan], "need_rank_shift": [0.333, 1.25, np.nan]})  # fmt: skip
    shown = told.told_need(need, parts(), "percentile").set_index("neighborhood_id")
    sums = (
        public.contributions(parts(), "percentile", PROFILE)[0].groupby("neighborhood_id")["contribution_index"].sum()
    )
    assert shown["need_index"].dropna().to_dict() == sums.to_dict() == {"a": 79.0, "b": 21.0}
    assert shown["need_rank_shift"].dropna().tolist() == [0.3, 1.3]


@pytest.mark.parametrize("weight", [0.05, 0.3, 0.9])
def test_no_unit_tells_a_share_of_pupils_to_less_than_five_points(weight: float) -> None:
    """A part w (x - mean) / sd moves by 0.05 w / sd where the share moves by five points: no unit may be finer."""
    shares = np.array([0.41, 0.44, 0.52, 0.61])
    adds = weight * (shares - shares.mean()) / shares.std()
    rows = parts(indicator="below_standard", indicator_share=shares, contribution_index=adds, indicator_weight=weight)
    unit = told.unit_of(rows, "standardised")
    assert unit >= 0.05 * weight / shares.std() - 1e-9
    assert told.unit_of(rows.assign(indicator="poverty"), "standardised") == 0.05  # the census protects its own
    assert told.unit_of(rows, "percentile") >= 5 * weight - 1e-9


def test_scores_of_every_family_are_the_sums_of_their_published_parts() -> None:
    rows = parts()[["neighborhood_id", "indicator", "percentile_share", "contribution_index"]]
    by_family = pd.concat(
        [
            rows.assign(family="percentile", norm="local"),
            rows.assign(family="standardised", norm="local", contribution_index=[-0.31, 1.46, 0.62, -1.2]),
            rows.assign(family="standardised", norm="statewide", contribution_index=[np.nan, 1.46, np.nan, -1.2]),
        ]
    )
    key = ["neighborhood_id", "family", "norm"]
    scores = by_family.groupby(key, as_index=False)["contribution_index"].sum().rename(columns={"contribution_index": "family_score"})  # fmt: skip
    scores = scores.assign(family_rank=1.0, family_percentile=41.7, family_level=3.0)
    (shown, _), (adds, _) = public.families(scores, by_family, parts())
    check(BY_TABLE["public_families"], shown)
    checked = check(BY_TABLE["public_family_contributions"], adds)
    assert len(checked) == 10  # what the state lacks has no row
    sums = checked.groupby(key)["contribution_index"].sum()
    assert sums.to_dict() == pytest.approx(shown.set_index(key)["family_score"].to_dict(), abs=1e-9)
    assert shown["family_percentile"].tolist() == [42.0] * 6
    local = shown[shown["norm"] == "local"].set_index(["family", "neighborhood_id"])["family_score"]
    assert local["percentile"].tolist() == [79.0, 21.0] and local["standardised"].tolist() == [
        1.2,
        -0.6,
    ]  # in 0.3: so far does the share of pupils move it in five points


def test_a_study_without_a_neighborhood_publishes_empty_tables() -> None:
    (shown, _), (adds, _) = public.families(*(empty(name, "") for name in ("need_families", "family_contributions", "need_contributions")))  # fmt: skip
    tables = {
        "public_families": shown,
        "public_family_contributions": adds,
        "public_contributions": public.contributions(
            empty("need_contributions", ""), "standardised", empty("neighborhood_profile", "")
        )[0],
        "public_sensitivity": public.sensitivity(empty("rank_sensitivity", ""))[0],
        "public_clusters": public.clusters(empty("need_clusters", ""))[0],
    }
    assert [name for name, frame in tables.items() if len(check(BY_TABLE[name], frame))] == []


def test_clusters_are_told_by_class_alone() -> None:
    """Gi* of all areas is a set of linear equations in their values: as many as there are unknowns."""
    table = empty("need_clusters", "").reindex(range(2)).assign(
        neighborhood_id="a", cluster_measure=["below_standard", "poverty"], smoothed_share=[0.44, 0.2],
        hot_spot_z=2.1, hot_spot_class="hot", hot_spot_draws_class="none", moran_class="high_high", tested_by="draws",
    )  # fmt: skip
    shown = check(BY_TABLE["public_clusters"], public.clusters(table)[0])
    assert not {"hot_spot_z", "moran_z", "moran_index", "moran_probability_share", "hot_spot_probability_share"} & set(shown)  # fmt: skip
    assert shown["smoothed_share"].isna().tolist() == [True, False]


def test_a_place_is_approximate_by_its_shape_or_by_how_its_people_were_placed() -> None:
    shapes = gpd.GeoDataFrame(
        {"neighborhood_id": ["a", "b", "c"], "name": ["A", "B", "C"], "is_approximate": [True, False, False], "inside_share": [0.6, 1.0, 1.0]},
        geometry=[box(i, 0, i + 1, 1) for i in range(3)], crs="EPSG:3310",
    )  # fmt: skip
    profile = pd.DataFrame(
        {
            "neighborhood_id": ["a", "b", "c", "c"],
            "vintage": ["2019-2023"] * 3 + ["2014-2018"],
            "is_approximate": [True, True, False, True],
            "children_0_17": 10.0,
            "children_0_17_moe": 1.0,
        }
    )
    shown, _ = public.neighborhoods(
        shapes,
        empty("need", ""),
        profile,
        "2019-2023",
        parts=empty("need_contributions", ""),
        clusters=empty("need_clusters", ""),
        family="percentile",
    )
    check(BY_TABLE["public_neighborhoods"], shown)
    assert shown["is_approximate"].tolist() == [True, True, False] and shown["inside_share"].tolist() == [0.6, 1, 1]
