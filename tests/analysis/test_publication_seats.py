"""Two ways of counting laid side by side must not tell what neither tells alone."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import publication_seats as public
from pipeline.analysis.disclosure import told_seats
from pipeline.analysis.publication_gap import told_gap
from pipeline.tables import BY_TABLE, check

SMALLEST = 11.0


def counted(
    citywide: list[float], residents: list[float], own: list[float]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Gap, variants and public zones of a level in which each citywide pupil brings a seat."""
    ids = [f"z{i}" for i in range(len(residents))]
    seats = np.array(own) + citywide
    gap = pd.DataFrame(
        {
            "level": "high",
            "zone_id": ids,
            "resident_pupils": residents,
            "quality_seats": seats,
            "citywide_seats": citywide,
            "citywide_pupils": citywide,
        }
    )
    base = gap[["level", "zone_id", "resident_pupils"]].assign(fall_year=2024, method="counted")
    base = base.assign(
        resident_pupils_low=base["resident_pupils"] - 2, resident_pupils_high=base["resident_pupils"] + 2
    )
    variants = pd.concat(
        [
            base.assign(variant="study", quality_seats=seats),
            base.assign(variant="citywide_out", quality_seats=own),
            base.assign(
                variant="in_five_years",
                quality_seats=seats,
                resident_pupils=base["resident_pupils"] * 1.1,
                fall_year=2029,
            ),
        ],
        ignore_index=True,
    )
    few = gap["resident_pupils"].between(1, 10)
    zones = gap[["level", "zone_id"]].assign(resident_pupils=gap["resident_pupils"].mask(few))
    return gap, variants, zones


def told(citywide: list[float], residents: list[float], own: list[float]) -> pd.DataFrame:
    gap, variants, zones = counted(citywide, residents, own)
    table, _ = public.gap_variants(variants, gap, zones, SMALLEST)
    return check(BY_TABLE["public_gap_variants"], table).set_index(["variant", "zone_id"])


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 300)), min_size=1, max_size=6))
def test_the_difference_of_the_two_citywide_counts_is_the_same_for_any_few(rows: list[tuple[int, int]]) -> None:
    few, own = [float(f) for f, _ in rows], [float(s) for _, s in rows]
    residents = [500.0] * len(rows)
    table = told(few, residents, own)
    assert (table.loc["study", "quality_seats"] == table.loc["citywide_out", "quality_seats"]).all()
    none = told([0.0] * len(rows), residents, own)
    pd.testing.assert_frame_equal(table, none)


def test_seats_are_those_of_the_published_zones_and_gaps_follow_from_them() -> None:
    citywide, residents, own = [4.0, 37.0], [300.0, 200.0], [95.0, 213.0]
    table = told(citywide, residents, own)
    gap, _, _ = counted(citywide, residents, own)
    assert table.loc["study", "quality_seats"].tolist() == told_seats(gap, SMALLEST).tolist() == [90.0, 250.0]
    assert table.loc["in_five_years", "unmet_seats"].tolist() == [240.0, 0.0]
    assert table.loc["citywide_out", "service_gap_seats"].tolist() == [210.0, -10.0]
    # bounds of today's pupils would say how many cells are hidden
    assert (
        table.loc["study", "resident_pupils_low"].isna().all()
        and table.loc["in_five_years", "resident_pupils_low"].notna().all()
    )


def test_a_zone_hidden_on_the_map_is_hidden_in_every_count() -> None:
    table = told([0.0] * 3, [7.0, 300.0, 40.0], [0.0, 90.0, 20.0])
    numbers = [
        "resident_pupils",
        "resident_pupils_low",
        "resident_pupils_high",
        "quality_seats",
        "service_gap_seats",
        "unmet_seats",
        "service_gap_rank",
    ]
    for variant in ("study", "citywide_out", "in_five_years"):
        assert table.loc[(variant, "z0"), numbers].isna().all()
        assert table.loc[variant, "service_gap_rank"].max() == table.loc[variant, "quality_seats"].notna().sum()
    # the few expected would follow from the ratio that all zones share
    assert table.loc["in_five_years", "resident_pupils"].notna().sum() == 1


def sweep(counts: list[float], schools: int, zones: int = 4) -> pd.DataFrame:
    places = len(counts)
    changes = [0.05 * (i - places // 2) for i in range(places)]
    table = pd.DataFrame(
        {"level": "high", "cut_change": changes, "cut_share": [0.537 + c for c in changes], "quality_schools": counts}
        | {
            "quality_seats": [103.0 * c for c in counts],
            "unmet_seats": 1234.5,
            "zones_without_seats": 0.0,
            "rank_shift": 1.26,
        }
    )
    ids = [f"s{i}" for i in range(schools)]
    facts = pd.DataFrame({"school_id": ids, "serves_elementary": False, "serves_middle": False, "serves_high": True})
    quality = pd.DataFrame({"school_id": ids, "quality_class": "middle"})
    gap = pd.DataFrame({"level": "high", "zone_id": [f"z{i}" for i in range(zones)]})
    shown, _ = public.cut_sweep(table, quality, facts, gap)
    return check(BY_TABLE["public_cut_sweep"], shown)


@given(st.lists(st.integers(0, 30), min_size=5, max_size=9), st.integers(0, 5))
def test_between_two_cuts_told_lie_no_school_or_three(counts: list[int], more: int) -> None:
    counts = sorted((float(c) for c in counts), reverse=True)
    shown = sweep(counts, int(counts[0]) + more)["quality_schools"].dropna().tolist()
    own = counts[len(counts) // 2]
    assert own in shown
    for first, second in itertools.pairwise(shown):
        assert first == second or first - second >= 3
    for count in shown:
        assert count == own or (count >= 3 and counts[0] + more - count >= 3)


def test_a_level_of_two_schools_shows_the_studys_own_cut_alone() -> None:
    shown = sweep([2.0, 2.0, 1.0, 1.0, 0.0], 2)
    assert shown["quality_schools"].notna().tolist() == [False, False, True, False, False]


def test_seats_are_in_tens_and_the_cut_in_five_points() -> None:
    shown = sweep([20.0, 15.0, 9.0, 6.0, 3.0], 24)
    assert shown["quality_seats"].tolist() == [2060.0, 1540.0, 920.0, 610.0, 300.0]
    assert shown["cut_share"].tolist() == [0.45, 0.5, 0.55, 0.6, 0.65] and shown["unmet_seats"].tolist() == [1230.0] * 5
    # the residents of one zone are told to the pupil: unmet seats would give its seats
    assert sweep([20.0, 15.0, 9.0, 6.0, 3.0], 24, zones=2)["unmet_seats"].isna().all()


def test_access_is_told_in_whole_percent_and_groups_in_tens() -> None:
    methods = pd.DataFrame(
        {
            "neighborhood_id": ["n"],
            "level": "high",
            "access_method": "2sfca",
            "access_ratio": 0.123456,
            "relative_access_ratio": 0.456789,
            "is_poor_access": True,
        }
    )
    table, _ = public.access_methods(methods)
    assert check(BY_TABLE["public_access_methods"], table)["relative_access_ratio"].tolist() == [0.46]
    groups = pd.DataFrame(
        {
            "level": ["high"],
            "measure": "children",
            "group_count": 1234.4,
            "mean_relative_access_ratio": 0.987,
            "poor_share": 0.1234,
        }
    )
    table, _ = public.access_groups(groups)
    assert check(BY_TABLE["public_access_groups"], table).iloc[0].tolist() == ["high", "children", 1230.0, 0.99, 0.12]


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=8))
def test_the_published_gap_is_one_of_its_own_ways_of_counting(zones: list[tuple[float, float]]) -> None:
    """Residents estimated from children are no whole numbers; both tables tell them, and what follows, alike."""
    residents, own = (list(part) for part in zip(*zones, strict=True))
    gap, variants, _ = counted([0.0] * len(own), residents, own)
    gap = gap.assign(is_approximate=False, method="counted")
    told, *_ = told_gap(gap, SMALLEST)
    ways, _ = public.gap_variants(variants, gap, told, SMALLEST)
    study = ways[ways["variant"] == "study"].set_index("zone_id").reindex(told["zone_id"])
    for name in ("resident_pupils", "quality_seats", "unmet_seats"):
        both = pd.DataFrame({"a": told[name].to_numpy(), "b": study[name].to_numpy()}).dropna()
        np.testing.assert_array_equal(both["a"], both["b"])
    assert (told["resident_pupils"].dropna() % 1 == 0).all()
