"""A rating is told in steps: nobody can count back how few pupils met, or missed, the standard."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import publication_quality as public
from pipeline.analysis.targets import path_target
from pipeline.tables import BY_TABLE, check

SMALLEST = 11.0


def rating(status: float, tested: float, **chances: float) -> pd.DataFrame:
    row = {
        "school_id": "1",
        "status_share": status,
        "pupils_tested": tested,
        "quality_class": "middle",
        "is_quality": False,
    }
    row |= {f"{name}_probability_share": chances.get(name, 0.3) for name in ("strong", "middle", "weak")}
    return pd.DataFrame([row | {"growth_class": "rising", "path_status": "behind"}])


def test_the_chance_is_that_of_the_schools_own_class_to_a_tenth() -> None:
    told, few = public.told_quality(rating(0.4, 200.0, middle=0.742), SMALLEST)
    assert told["class_probability_share"].tolist() == [0.7] and not few.any()


def test_where_few_missed_or_met_the_standard_the_class_is_told_and_its_chance_is_not() -> None:
    for status in (0.04, 0.97, 0.0, 1.0):
        told, _ = public.told_quality(rating(status, 200.0), SMALLEST)
        assert told["quality_class"].tolist() == ["middle"] and told["class_probability_share"].isna().all()


def test_of_few_tested_pupils_nothing_is_told() -> None:
    told, few = public.told_quality(rating(0.5, 9.0), SMALLEST)
    assert few.all() and told["quality_class"].tolist() == ["not_rated"]
    assert told["growth_class"].tolist() == ["not_known"] and told["path_status"].tolist() == ["not_known"]
    years = pd.DataFrame(
        {"school_id": ["1"], "fall_year": [2023], "pupils_tested": 9.0, "quality_class": "strong", "is_quality": True}
    )
    public_years, line = public.quality_years(years, SMALLEST)
    assert public_years["quality_class"].tolist() == ["not_rated"] and not public_years["is_quality"].any()
    assert line["primary_hidden_cells"] == 1


@given(st.integers(1, 900), st.floats(0, 1))
def test_no_step_holds_a_small_count_alone(tested: int, share: float) -> None:
    """Of every share told, the counts that would be told alike are at least five, and none is small."""
    met = round(share * tested)
    frame = pd.DataFrame({"share": [met / tested], "pupils": [float(tested)]})
    if public.has_few_results(frame["share"], frame["pupils"], SMALLEST).any() or tested < public.STEP_PUPILS:
        return
    every = pd.Series(np.arange(tested + 1) / tested)
    alike = every[public.in_five_points(every) == public.in_five_points(frame["share"]).iloc[0]] * tested
    assert len(alike) >= 5 and SMALLEST <= met <= tested - SMALLEST


def colored(**values: object) -> pd.DataFrame:
    row = {
        "school_id": "1",
        "subject": "attendance",
        "fall_year": 2023,
        "color_rule": "chronic_absence_2023",
        "pupils_tested": 300.0,
    }
    row |= {
        "color_status_index": 12.0,
        "color_change_index": 1.0,
        "status_level": "medium",
        "change_level": "increased",
        "color": "orange",
    }
    return pd.DataFrame([row | values])


def test_a_color_that_says_how_few_were_absent_is_not_shown() -> None:
    shown, _ = public.colors(colored(), SMALLEST)
    assert shown["color"].tolist() == ["orange"] and "color_status_index" not in shown
    for values in (
        {"color_status_index": 2.0},
        {"pupils_tested": 8.0},
        {"subject": "graduation", "color_status_index": 98.0},
    ):
        hidden, line = public.colors(colored(**values), SMALLEST)
        assert hidden[["status_level", "change_level", "color"]].to_numpy().tolist() == [
            ["not_known", "not_known", "none"]
        ]
        assert line["primary_hidden_cells"] == 1
    # a mean score is of all pupils: two points above the standard are no two pupils
    shown, _ = public.colors(colored(subject="ela", color_status_index=2.0), SMALLEST)
    assert shown["color"].tolist() == ["orange"]


def paths(schools: int, tested: float, base: float = 0.423) -> pd.DataFrame:
    ids = [f"s{i}" for i in range(schools)]
    years = pd.DataFrame(
        [(i, fall, tested) for i in ids for fall in (2021, 2022)], columns=["school_id", "fall_year", "pupils_tested"]
    )
    facts = pd.DataFrame({"school_id": ids, "serves_elementary": True, "serves_middle": False, "serves_high": False})
    rows = [
        {
            "unit_kind": kind,
            "unit_id": unit,
            "fall_year": fall,
            "base_share": base,
            "target_share": 0.9,
            "status_share": status,
        }
        | {
            "on_track_probability_share": 0.4321 if status == status else np.nan,
            "path_status": "not_sure",
            "is_interim": True,
        }
        for kind, unit in [*(("school", i) for i in ids), ("level", "elementary"), ("district", "d")]
        for fall, status in ((2021, base), (2022, 0.5123), (2023, np.nan))
    ]
    goal = {"target_share": 0.8, "target_years": 5, "path": "to_the_target"}
    table, _ = public.targets(pd.DataFrame(rows), years, facts, SMALLEST, **goal)
    return check(BY_TABLE["public_targets"], table).set_index(["unit_kind", "unit_id", "fall_year"])


def test_benchmarks_are_drawn_from_the_base_as_it_is_told() -> None:
    told = paths(3, 200.0)
    assert told.loc[("school", "s0", 2022), ["base_share", "status_share", "on_track_probability_share"]].tolist() == [
        0.4,
        0.5,
        0.4,
    ]
    drawn = path_target(pd.Series([0.4]), years=1, target_share=0.8, target_years=5).iloc[0]
    assert told.loc[("school", "s0", 2022), "target_share"] == round(drawn, 4)
    assert told.loc[("district", "d", 2022), ["base_share", "status_share"]].tolist() == [0.42, 0.51]
    assert told.loc[("level", "elementary", 2022), "status_share"] == 0.51


def test_a_small_school_and_a_level_of_two_show_no_share() -> None:
    numbers = ["base_share", "target_share", "status_share", "on_track_probability_share"]
    small = paths(3, 60.0)
    assert small.loc["school", numbers].isna().all(axis=None)
    assert small.loc[("school", "s0", 2022), "path_status"] == "not_sure"
    two = paths(2, 300.0)
    assert two.loc[["level", "district"], numbers].isna().all(axis=None)
    assert two.loc["school", "base_share"].notna().all()
