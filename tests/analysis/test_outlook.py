"""The outlook as a whole: housing beyond the trend, zones by flows, intervals, closures, gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import outlook as module
from pipeline.analysis.expected import DISTRICT_RATIOS
from pipeline.analysis.housing import WITH_HOUSING, school_housing, zone_housing
from pipeline.analysis.new_homes import homes_by_fall
from pipeline.analysis.outlook_inputs import Choices
from pipeline.columns import GRADES
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

COHORTS = "mean cohort survival"
BANDS = {"elementary": ("TK", "KG", "01", "02"), "middle": ("03",), "high": ("04",)}
FALLS = range(2017, 2025)


def enrollment(schools: dict[str, dict[str, list[float]]]) -> pd.DataFrame:
    rows = [
        (s, fall, grade, pupils)
        for s, grades in schools.items()
        for grade, counts in grades.items()
        for fall, pupils in zip(FALLS, counts, strict=True)
        if not np.isnan(pupils)
    ]
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "grade", "pupils"])
    return frame.assign(
        student_group="all", pupils_low=frame["pupils"], pupils_high=frame["pupils"], value_status="reported"
    )


def facts(*ids: str, **other: object) -> pd.DataFrame:
    frame = empty("school_facts", "").reindex(range(len(ids)))
    flags = dict.fromkeys(["is_virtual", "is_citywide", "serves_elementary", "serves_middle", "serves_high"], False)
    return frame.assign(
        school_id=list(ids),
        name="x",
        sector="district",
        school_status="open",
        location_status="located",
        is_place=True,
        **flags,
    ).assign(**other)


NAMES = {"projects": "project_facts", "places": "project_places"}
TABLE_NAMES = ("births", "district_profile", "project_facts", "project_places", "membership", "flows")


def inputs_of(counts: pd.DataFrame, schools: pd.DataFrame, **other: Any) -> tuple[dict[str, pd.DataFrame], Choices]:
    """The tables of the stage and the study's choices; a table or a choice may be given by name."""
    tables = {name: empty(name, "") for name in TABLE_NAMES}
    tables |= {"enrollment": counts, "enrollment_groups": empty("enrollment_groups", ""), "school_facts": schools}
    given = {NAMES.get(name, name): value for name, value in other.items()}
    tables |= {name: value for name, value in given.items() if name in TABLE_NAMES}
    choices = {name: value for name, value in given.items() if name not in TABLE_NAMES}
    return tables, Choices(
        **{"bands": BANDS, "district_id": "d", "fall_year": 2024, "years": 5, "method": COHORTS, **choices}
    )


def written(counts: pd.DataFrame, schools: pd.DataFrame, **other: Any) -> tuple[dict[str, pd.DataFrame], Ledger]:
    """All tables of the outlook, each held to its contract."""
    ledger = Ledger()
    tables = module.outlook(*inputs_of(counts, schools, **other), ledger)
    assert tuple(tables) == module.WRITES
    for name, table in tables.items():
        check(BY_TABLE[name], table)
    return tables, ledger


def run(
    counts: pd.DataFrame, schools: pd.DataFrame, **other: Any
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Ledger]:
    tables, ledger = written(counts, schools, **other)
    return tables["enrollment_outlook"], tables["outlook_totals"], tables["backtest"], ledger


STEADY = {"KG": [50.0] * 8, "01": [50.0] * 8, "02": [50.0] * 8}


def test_a_steady_district_stays_as_it_is_in_every_year_and_sum() -> None:
    by_grade, totals, _, _ = run(enrollment({"a": STEADY, "b": STEADY}), facts("a", "b"))
    assert totals["pupils_projected"].round(6).unique().tolist() == [150.0, 300.0]
    assert sorted(totals["fall_year"].unique()) == [2025, 2026, 2027, 2028, 2029]
    sums = by_grade.groupby(["unit_kind", "unit_id", "fall_year"])["pupils_projected"].sum()
    pd.testing.assert_series_equal(
        sums,
        totals.set_index(["unit_kind", "unit_id", "fall_year"])["pupils_projected"].sort_index(),
        check_names=False,
        check_index_type=False,
    )


def test_every_interval_holds_its_number() -> None:
    rng = np.random.default_rng(4)
    counts = {
        f"s{n:02d}": {g: list(rng.integers(20, 80, 8).astype(float)) for g in ("KG", "01", "02")} for n in range(12)
    }
    by_grade, totals, _, _ = run(enrollment(counts), facts(*counts))
    for table in (by_grade, totals):
        assert (table["pupils_projected_low"] <= table["pupils_projected"]).all()
        assert (table["pupils_projected"] <= table["pupils_projected_high"]).all()
    width = (totals["pupils_projected_high"] - totals["pupils_projected_low"])[totals["unit_kind"] == "school"]
    assert (width > 0).all()


def test_suppressed_cells_widen_the_interval_of_their_school() -> None:
    steady = enrollment({"a": STEADY, "b": STEADY})
    hidden = steady.copy()
    cell = (hidden["school_id"] == "a") & (hidden["fall_year"] == 2024) & (hidden["grade"] == "02")
    hidden.loc[cell, ["pupils", "pupils_low", "pupils_high", "value_status"]] = [np.nan, 46.0, 54.0, "suppressed"]
    _, totals, _, ledger = run(hidden, facts("a", "b"))
    ends = totals[totals["fall_year"] == 2025].set_index("unit_id")
    assert ends.loc["a", "pupils_projected_high"] - ends.loc["a", "pupils_projected"] == pytest.approx(4.0)
    assert ends.loc["b", "pupils_projected_high"] == pytest.approx(ends.loc["b", "pupils_projected"])
    assert "suppressed grades without a total" in " ".join(ledger.frame()["reason"])


def test_private_schools_are_left_out_codes_count_in_the_district_only_and_closing_schools_end() -> None:
    counts = enrollment(dict.fromkeys(("open", "private", "code", "closing"), STEADY))
    schools = facts("open", "private", "code", "closing")
    schools["sector"] = ["district", "private", "district", "district"]
    schools["is_place"] = [True, True, False, True]
    schools["closed_fall"] = pd.array([None, None, None, 2027], dtype="Int64")
    _, totals, _, _ = run(counts, schools)
    of_schools = totals[totals["unit_kind"] == "school"]
    assert of_schools.groupby("unit_id")["fall_year"].max().to_dict() == {"open": 2029, "closing": 2026}
    assert totals.loc[totals["unit_kind"] == "district", "pupils_projected"].iloc[0] == pytest.approx(450.0)


def test_a_school_that_just_opened_says_whose_ratios_it_takes() -> None:
    new = {g: [np.nan] * 7 + [40.0] for g in STEADY}
    _, totals, _, ledger = run(enrollment({"old": STEADY, "new": new}), facts("old", "new"))
    assert totals[totals["unit_id"] == "new"]["method"].unique().tolist() == [COHORTS + DISTRICT_RATIOS]
    assert totals[totals["unit_id"] == "old"]["method"].unique().tolist() == [COHORTS]
    assert "1 schools report their first fall" in " ".join(ledger.frame()["reason"])


@pytest.mark.parametrize("falls", [0, 1])
def test_too_short_a_history_gives_empty_tables_and_a_reason(falls: int) -> None:
    counts = enrollment({"a": STEADY})
    by_grade, totals, tested, ledger = run(counts[counts["fall_year"] > 2024 - falls], facts("a"))
    assert by_grade.empty
    assert totals.empty
    assert tested.empty
    assert (
        ledger.frame().set_index("entry").loc["missing_input", "subject_name"]
        == "enrollment by grade of two falls in a row"
    )


def test_two_falls_give_an_outlook_without_an_interval() -> None:
    counts = enrollment({"a": STEADY})
    _, totals, tested, ledger = run(counts[counts["fall_year"] > 2022], facts("a"))
    assert tested.empty
    assert totals["pupils_projected"].notna().all()
    assert totals["pupils_projected_low"].isna().all()
    assert "no interval" in " ".join(ledger.frame()["reason"])


def test_an_old_last_fall_is_noted_and_the_outlook_starts_after_it() -> None:
    counts = enrollment({"a": STEADY})
    _, totals, _, ledger = run(counts[counts["fall_year"] < 2024], facts("a"))
    assert totals["fall_year"].min() == 2024
    assert "of fall 2023, not 2024" in " ".join(ledger.frame()["reason"])


PROJECT = pd.DataFrame(
    {
        "project_id": ["p"],
        "name": "Meadow",
        "home_type": "apartment",
        "planned_homes": [100.0],
        "first_year": [2025],
        "last_year": [2026],
    }
)
PLACES = pd.DataFrame(
    {"project_id": ["p"] * 3, "level": list(BANDS), "zone_id": ["z", None, None], "neighborhood_id": "n"}
)
MEMBERS = pd.DataFrame(
    {
        "school_id": ["a", "b"],
        "level": "elementary",
        "zone_id": "z",
        "neighborhood_id": "n",
        "match": ["assigned", "inside"],
        "border_distance_m": 1.0,
    }
)


def test_homes_are_built_in_equal_parts_and_those_standing_already_do_not_count() -> None:
    old = PROJECT.assign(first_year=2023, last_year=2026)
    assert homes_by_fall(old, np.array([2025, 2026, 2027])).tolist() == [[25.0, 50.0, 50.0]]


def test_pupils_of_new_homes_arrive_at_the_assigned_school_of_their_zone() -> None:
    by_grade, totals, _, ledger = run(
        enrollment({"a": STEADY, "b": STEADY}),
        facts("a", "b"),
        projects=PROJECT,
        places=PLACES,
        membership=MEMBERS,
        pupils_per_home={"apartment": 0.3},
    )
    # 100 homes x 0.3 pupils, all grades KG-02 alike, in the elementary zone
    ends = totals[totals["fall_year"] == 2026].set_index("unit_id")["pupils_projected"]
    assert ends.to_dict() == pytest.approx({"a": 180.0, "b": 150.0, "d": 330.0})
    assert totals.set_index("unit_id").loc["a", "method"].iloc[0] == COHORTS + WITH_HOUSING
    losses = ledger.frame().query("entry == 'loss'")
    assert losses["total"].tolist() == [2.0]  # no middle zone, no high zone
    assert by_grade.query("unit_id == 'a' and fall_year == 2026")["pupils_projected"].tolist() == pytest.approx(
        [60.0] * 3
    )


def test_without_a_yield_homes_bring_nobody_and_the_ledger_says_so() -> None:
    _, totals, _, ledger = run(
        enrollment({"a": STEADY}), facts("a"), projects=PROJECT, places=PLACES, membership=MEMBERS
    )
    assert totals["pupils_projected"].round(6).unique().tolist() == [150.0]
    assert "without a declared yield" in " ".join(ledger.frame()["reason"])


def test_growth_that_the_trend_holds_already_is_not_counted_twice() -> None:
    # each cohort gains 10, then 12 pupils on its way up: the trend holds 0, 10 and 22 beyond the pupils there are now
    growing = {"KG": [50.0] * 8, "01": [60.0] * 8, "02": [72.0] * 8}
    by_grade, _, _, _ = run(
        enrollment({"a": growing}),
        facts("a"),
        projects=PROJECT,
        places=PLACES,
        membership=MEMBERS[:1],
        pupils_per_home={"apartment": 0.3},
    )
    then = by_grade[(by_grade["unit_id"] == "a") & (by_grade["fall_year"] == 2026)].set_index("grade")
    # 15 pupils a year by 50, 50 and 60 of 160; those of the first year have moved up: 9.4, 9.4 and 10.3
    assert then["pupils_projected"].to_dict() == pytest.approx({"KG": 50 + 30 * 50 / 160, "01": 60.0, "02": 72.0})


def test_new_homes_are_lessened_by_the_growth_of_the_method_in_force_alone() -> None:
    """A forecast of no change holds no growth, however much the school has grown so far."""
    grown = [50 * 1.05 ** (n - 7) for n in range(8)]
    settings: dict[str, Any] = {"projects": PROJECT, "places": PLACES, "membership": MEMBERS[:1]}
    sums = []
    for history in (grown, [50.0] * 8):
        counts = enrollment({"a": dict.fromkeys(("KG", "01", "02"), history)})
        _, totals, _, _ = run(counts, facts("a"), method="no change", pupils_per_home={"apartment": 0.3}, **settings)
        sums.append(totals.loc[totals["unit_id"] == "a", "pupils_projected"].tolist())
    assert sums[0] == pytest.approx(sums[1])
    assert sums[0][0] == pytest.approx(150.0 + 15.0)


def test_twice_the_homes_never_lower_a_school_and_none_change_nothing() -> None:
    counts = enrollment({"a": STEADY, "b": STEADY})
    settings: dict[str, Any] = {"places": PLACES, "membership": MEMBERS, "pupils_per_home": {"apartment": 0.3}}
    _, plain, _, _ = run(counts, facts("a", "b"))
    _, none, _, _ = run(counts, facts("a", "b"), projects=PROJECT.assign(planned_homes=0.0), **settings)
    _, once, _, _ = run(counts, facts("a", "b"), projects=PROJECT, **settings)
    _, twice, _, _ = run(counts, facts("a", "b"), projects=PROJECT.assign(planned_homes=200.0), **settings)
    pd.testing.assert_frame_equal(none, plain)
    assert (twice["pupils_projected"] >= once["pupils_projected"] - 1e-9).all()
    assert twice["pupils_projected"].sum() > once["pupils_projected"].sum() > plain["pupils_projected"].sum()


def test_homes_of_a_zone_without_a_school_of_the_grade_are_recorded_as_unplaced() -> None:
    ledger = Ledger()
    homes = pd.DataFrame({"level": ["elementary"], "zone_id": ["y"], "grade": ["KG"], "ahead": [1], "pupils": [12.0]})
    added = school_housing(
        homes,
        MEMBERS,
        facts("a", "b"),
        ids=np.array(["a", "b"], dtype=object),
        now=np.ones((2, len(GRADES))),
        horizon=2,
        ledger=ledger,
    )
    assert added.sum() == 0.0
    assert ledger.frame()["unlocated"].item() == 12.0


def test_projects_of_an_unknown_type_are_counted() -> None:
    ledger = Ledger()
    settings = {"grades_now": np.ones(len(GRADES)), "bands": BANDS, "falls": np.array([2025]), "ledger": ledger}
    assert zone_housing(PROJECT, PLACES, pupils_per_home={"single_family": 0.5}, **settings).empty
    assert ledger.frame()["total"].item() == 1.0


def test_residents_are_cohorts_that_survive_as_the_districts_do() -> None:
    flows = pd.DataFrame({"level": "elementary", "zone_id": ["z", "z", "y"], "school_id": ["a", "b", "b"], "fall_year": 2024, "pupils": [150.0, 30.0, None],
                          "pupils_low": [150.0, 30.0, 50.0], "pupils_high": [150.0, 30.0, 70.0], "value_status": ["reported", "reported", "suppressed"]})  # fmt: skip
    shrinking = {g: [80.0, 80.0, 80.0, 80.0, 70.0, 70.0, 60.0, 50.0] for g in STEADY}
    by_grade, _, _, ledger = run(enrollment({"a": STEADY, "b": shrinking}), facts("a", "b"), flows=flows)
    then = by_grade[by_grade["fall_year"] == 2026].set_index(["unit_id", "grade"])["pupils_projected"]
    # z: all of a and a fifth of b; y: 60 of 150 of b, the middle of 50-70; each grade has 100 in the district now
    for grade in ("KG", "01", "02"):
        assert then["elementary z", grade] == pytest.approx(60 / 100 * then["d", grade])
        assert then["elementary y", grade] == pytest.approx(20 / 100 * then["d", grade])
    match = ledger.frame().query("subject_name == 'flows'").iloc[0]
    assert (match["total"], match["inside"]) == (240.0, 240.0)


def flows_of(*rows: tuple[str, str, float | None, float, float], fall: int = 2024) -> pd.DataFrame:
    """Elementary flows as (zone, school, pupils, low, high)."""
    frame = pd.DataFrame(list(rows), columns=["zone_id", "school_id", "pupils", "pupils_low", "pupils_high"])
    status = np.where(frame["pupils"].isna(), "suppressed", "reported")
    return frame.assign(level="elementary", fall_year=fall, value_status=status).astype({"pupils": "float64"})


def test_zones_share_the_pupils_a_school_has_and_create_none() -> None:
    """A school of 150 whose flows say 90 + 90: each zone has half of it, and 30 pupils are too many."""
    flows = flows_of(("y", "a", 90.0, 90.0, 90.0), ("z", "a", 90.0, 90.0, 90.0))
    _, totals, _, ledger = run(enrollment({"a": STEADY}), facts("a"), flows=flows)
    ends = totals[totals["fall_year"] == 2025].set_index("unit_id")["pupils_projected"]
    assert ends[["elementary y", "elementary z", "a"]].tolist() == pytest.approx([75.0, 75.0, 150.0])
    lines = ledger.frame().query("subject_name == 'flows'").set_index("entry")
    assert lines.loc["match", ["total", "inside"]].tolist() == [180.0, 150.0]
    assert lines.loc["loss", ["total", "item"]].tolist() == [30.0, "a elementary"]


def test_flows_after_the_studys_fall_are_not_used() -> None:
    now, later = flows_of(("z", "a", 60.0, 60.0, 60.0)), flows_of(("z", "a", 150.0, 150.0, 150.0), fall=2025)
    _, totals, _, _ = run(enrollment({"a": STEADY}), facts("a"), flows=pd.concat([now, later]))
    assert totals.set_index("unit_id").loc["elementary z", "pupils_projected"].iloc[0] == pytest.approx(60.0)
    _, totals, _, ledger = run(enrollment({"a": STEADY}), facts("a"), flows=later)
    assert "zone" not in set(totals["unit_kind"])
    assert "up to fall 2024" in " ".join(ledger.frame()["subject_name"])


def test_flows_of_a_fall_without_enrollment_say_which_fall_they_are_shares_of() -> None:
    old = flows_of(("z", "a", 60.0, 60.0, 60.0), fall=2011)
    _, totals, _, ledger = run(enrollment({"a": STEADY}), facts("a"), flows=old)
    assert totals.set_index("unit_id").loc["elementary z", "pupils_projected"].iloc[0] == pytest.approx(60.0)
    assert "no enrollment of fall 2011: the flows are taken as shares of the pupils of fall 2017" in " ".join(
        ledger.frame()["reason"]
    )


def test_hidden_flows_widen_the_interval_of_their_zone() -> None:
    flows = flows_of(("y", "a", 60.0, 60.0, 60.0), ("z", "a", None, 50.0, 70.0), ("x", "a", None, np.nan, np.nan))
    _, totals, _, ledger = run(enrollment({"a": STEADY}), facts("a"), flows=flows)
    ends = totals[totals["fall_year"] == 2025].set_index("unit_id")
    assert ends.loc["elementary y", "pupils_projected_high"] == pytest.approx(60.0)
    assert ends.loc["elementary z", ["pupils_projected_low", "pupils_projected_high"]].tolist() == [
        pytest.approx(50.0),
        pytest.approx(70.0),
    ]
    assert "elementary x" not in ends.index
    assert "neither a number nor an interval" in " ".join(ledger.frame()["reason"])


def test_flows_to_schools_without_an_outlook_are_counted() -> None:
    flows = pd.DataFrame({"level": ["elementary", "high"], "zone_id": "z", "school_id": ["ghost", "a"], "fall_year": 2024, "pupils": [10.0, 5.0],
                          "pupils_low": [10.0, 5.0], "pupils_high": [10.0, 5.0], "value_status": "reported"})  # fmt: skip
    _, totals, _, ledger = run(enrollment({"a": STEADY}), facts("a"), flows=flows)
    assert set(totals["unit_kind"]) == {"school", "district"}
    assert ledger.frame().query("subject_name == 'flows'")["outside"].item() == 15.0
