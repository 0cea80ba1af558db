"""School quality: shrinkage, classes, growth, paths, and indifference to the sector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.cut_points import cut_points, lowest_level
from pipeline.analysis.quality import quality_years, school_quality, window
from pipeline.analysis.targets import quality_targets, unit_status
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

SETTINGS: dict[str, Any] = {
    "subjects": ("ela", "math"),
    "cut_share": None,
    "weak_share": None,
    "probability_share": 0.5,
    "growth_margin_share": 0.02,
    "target_share": 0.8,
    "target_years": 5,
    "path": "to_the_target",
    "path_share": 0.8,
}
CUTS = ("cut_share", "weak_share", "probability_share")
PATHS = ("target_share", "target_years", "path", "path_share")


def facts(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": [f"s{i:02d}" for i in range(n)],
            "sector": ["district" if i % 3 else "charter" for i in range(n)],
            "school_status": "open",
            "is_place": True,
            "serves_elementary": [i % 4 != 3 for i in range(n)],
            "serves_middle": [i % 4 == 1 for i in range(n)],
            "serves_high": [i % 4 == 3 for i in range(n)],
        }
    )


def results(n: int, years: tuple[int, ...] = (2021, 2022, 2023), seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        level, size = rng.uniform(0.2, 0.8), int(rng.integers(12, 300))
        for year in years:
            for subject in ("ela", "math"):
                meeting = float(rng.binomial(size, min(level + 0.02 * (year - years[0]), 1)))
                rows.append((f"s{i:02d}", year, subject, float(size), meeting, np.nan, "reported"))
    columns = ["school_id", "fall_year", "subject", "pupils_tested", "pupils_meeting", "points_share", "value_status"]
    return pd.DataFrame(rows, columns=columns)


def by_grade(n: int, years: tuple[int, ...] = (2021, 2022, 2023), seed: int = 5) -> pd.DataFrame:
    """Results of grades 3 to 5 of the schools that serve them."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"s{i:02d}", year, subject, grade, 60.0, float(rng.binomial(60, 0.5)), np.nan, "reported")
        for i in range(n)
        if i % 4 != 3
        for year in years
        for subject in ("ela", "math")
        for grade in ("03", "04", "05")
    ]
    return pd.DataFrame(rows, columns=BY_TABLE["performance_grades"].names)


def tables(
    performance: pd.DataFrame,
    schools: pd.DataFrame,
    ledger: Ledger | None = None,
    grades: pd.DataFrame | None = None,
    **changes: Any,
) -> dict[str, pd.DataFrame]:
    """All tables of school quality, as the stage makes them, held to their contracts."""
    rules, ledger = {**SETTINGS, **changes}, ledger or Ledger()
    seen = window(
        performance, schools, ledger, now=2024, subjects=rules["subjects"], target_years=rules["target_years"]
    )
    cuts = {name: rules[name] for name in CUTS}
    units = unit_status(seen.status, seen.schools[seen.schools["is_open"]], "d")
    targets = quality_targets(units, first=seen.first, latest=seen.latest, **{name: rules[name] for name in PATHS})
    by_grade = empty("performance_grades", "EPSG:3310") if grades is None else grades
    rated = school_quality(
        seen,
        performance,
        by_grade,
        targets,
        ledger,
        subjects=rules["subjects"],
        growth_margin_share=rules["growth_margin_share"],
        **cuts,
    )
    made = {"school_quality": rated, "quality_years": quality_years(seen, **cuts), "quality_targets": targets}
    return {name: check(BY_TABLE[name], frame) for name, frame in made.items()}


def rate(
    performance: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger | None = None, **changes: Any
) -> pd.DataFrame:
    return tables(performance, schools, ledger, **changes)["school_quality"].set_index("school_id")


def test_swapping_the_sectors_of_all_schools_changes_nothing() -> None:
    schools = facts(24)
    swapped = schools.assign(sector=schools["sector"].map({"district": "charter", "charter": "district"}))
    first, second = (tables(results(24), s, grades=by_grade(24)) for s in (schools, swapped))
    assert first["school_quality"]["growth_method"].eq("cohort").any()
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])


def test_a_quarter_of_each_level_is_strong_and_a_quarter_weak_where_the_study_sets_no_cut() -> None:
    #  32 schools: 24 elementary (some to grade 8), 8 high
    classes = rate(results(32), facts(32))["quality_class"]
    is_high = facts(32)["serves_high"].to_numpy()
    assert classes[~is_high].value_counts().to_dict() == {"middle": 12, "strong": 6, "weak": 6}
    assert classes[is_high].value_counts().to_dict() == {"middle": 4, "strong": 2, "weak": 2}


def test_a_level_that_sits_a_harder_test_has_quality_schools_of_its_own() -> None:
    #  the eight high schools meet half as often as the others: under one cut none of them would be strong
    performance, is_high = results(32), facts(32)["serves_high"].to_numpy()
    high = performance["school_id"].isin(facts(32).loc[is_high, "school_id"])
    performance["pupils_meeting"] = (performance["pupils_meeting"] * np.where(high, 0.4, 1.0)).round()
    ledger = Ledger()
    table = rate(performance, facts(32), ledger)
    pooled = table["shrunk_share"].quantile(0.75)
    assert (table.loc[is_high, "shrunk_share"] < pooled).all()
    assert table.loc[is_high, "is_quality"].sum() == 2 and table.loc[~is_high, "is_quality"].sum() == 6
    notes = ledger.frame().query("entry == 'note'").set_index("subject_name")["reason"]
    assert notes["quality cut, high"].endswith("quarters of its 8 rated schools")
    assert notes["quality cut, elementary"].endswith("quarters of its 24 rated schools")


def test_a_level_with_three_rated_schools_takes_the_cut_of_all_and_it_is_said() -> None:
    ledger = Ledger()
    schools = facts(15)  # 12 elementary, 3 high
    table = rate(results(15), schools, ledger)
    cuts = cut_points(table["shrunk_share"].reset_index(drop=True), lowest_level(schools), None, None)
    assert cuts.loc[schools["serves_high"], "cut_of"].eq("all").all()
    assert cuts.loc[3, "cut"] == table["shrunk_share"].quantile(0.75, interpolation="midpoint") != cuts.loc[0, "cut"]
    reasons = ledger.frame().set_index("subject_name")["reason"]
    assert "quarters of all rated schools, since its 3 are fewer than 4" in reasons["quality cut, high"]
    fixed = Ledger()
    rate(results(15), schools, fixed, cut_share=0.6, weak_share=0.4)
    assert fixed.frame()["reason"].str.contains("strong from 0.600, weak below 0.400: of the study").sum() == 2


def test_cuts_of_the_study_are_used_as_they_are() -> None:
    table = rate(results(24), facts(24), cut_share=0.6, weak_share=0.4)
    strong = table["shrunk_share"] >= 0.6
    assert strong.any() and not strong.all()
    assert (table["quality_class"].eq("strong") == strong).all()
    assert (table["quality_class"].eq("weak") == (table["shrunk_share"] < 0.4)).all()


def test_a_lower_cut_of_the_study_above_the_quarter_of_the_schools_is_refused() -> None:
    with pytest.raises(
        ConfigError,
        match=r"quality\.weak_share lies above .*first: elementary, weak below 0\.95 and strong from 0\.\d+\)\. Lower",
    ):
        rate(results(24), facts(24), weak_share=0.95)
    assert rate(results(24), facts(24), weak_share=0.2)["quality_class"].eq("strong").any()


def test_a_strong_school_offers_quality_seats_where_no_more_certainty_is_asked() -> None:
    for n in (9, 13, 24, 31):
        table = rate(results(n, seed=n), facts(n))
        assert table["quality_class"].eq("strong").equals(table["is_quality"])


def test_a_higher_demand_on_certainty_never_adds_a_quality_school() -> None:
    loose, strict = (rate(results(24), facts(24), probability_share=p) for p in (0.5, 0.9))
    assert loose["is_quality"].sum() > strict["is_quality"].sum() > 0
    assert not (strict["is_quality"] & ~loose["is_quality"]).any()


def test_a_small_school_at_the_top_is_not_called_sure() -> None:
    #  s00: 5 of 5 meet the standard; the others 100 pupils each around one half
    n = 12
    performance = results(n, (2023,))
    tested = np.where(performance["school_id"].eq("s00"), 5.0, 100.0)
    meeting = np.where(
        performance["school_id"].eq("s00"), 5.0, 100 * (0.3 + 0.03 * performance["school_id"].str[1:].astype(int))
    )
    table = rate(
        performance.assign(pupils_tested=tested, pupils_meeting=meeting), facts(n), cut_share=0.6, weak_share=0.4
    )
    small, large = table.loc["s00"], table.loc["s11"]
    assert small["status_share"] == 1.0
    assert small["shrunk_share"] < 0.85
    assert abs(large["shrunk_share"] - large["status_share"]) < 0.02
    assert small["quality_probability_share"] < large["quality_probability_share"] + 0.4
    assert small["status_high_share"] - small["status_low_share"] > 0.3


def test_suppressed_results_are_not_rated_and_counted_apart_from_missing_ones() -> None:
    performance = results(8)
    hidden = performance["school_id"].eq("s00")
    performance.loc[hidden, ["pupils_tested", "pupils_meeting"]] = np.nan
    performance.loc[hidden, "value_status"] = "suppressed"
    performance = performance[performance["school_id"].ne("s01")]
    ledger = Ledger()
    table = rate(performance, facts(8), ledger)
    for school in ("s00", "s01"):
        row = table.loc[school]
        assert row["quality_class"] == "not_rated" and not row["is_quality"]
        assert row[["status_share", "shrunk_share", "quality_probability_share", "growth_change"]].isna().all()
    lines = ledger.frame()
    absent = lines[lines["entry"].eq("absence")]
    assert absent["reason"].str.split(" ").str[0].tolist() == ["suppressed", "not"]
    assert absent["total"].tolist() == [1.0, 1.0]


def test_points_are_used_where_pupils_are_not_counted() -> None:
    performance = pd.DataFrame(
        {
            "school_id": [f"s{i:02d}" for i in range(8)],
            "fall_year": 2023,
            "subject": "rating",
            "pupils_tested": np.nan,
            "pupils_meeting": np.nan,
            "points_share": np.linspace(0.2, 0.9, 8),
            "value_status": "reported",
        }
    )
    table = rate(performance, facts(8), subjects=("rating",))
    # 0.2 0.3 0.4 - 0.6 0.7 0.8 are elementary; the two high schools (0.5, 0.9) are held to the quarters of all
    assert table["quality_class"].tolist() == ["weak"] * 2 + ["middle"] * 3 + ["strong"] * 3
    assert table["is_quality"].tolist() == [False] * 5 + [True] * 3
    assert table[["status_low_share", "quality_probability_share"]].isna().all(axis=None)


def test_closed_schools_codes_and_later_years_are_left_out() -> None:
    schools = facts(8)
    schools.loc[0, "school_status"] = "closed"
    schools.loc[1, "is_place"] = False
    table = rate(results(8, (2022, 2023, 2026)), schools)
    assert table.index.tolist() == [f"s{i:02d}" for i in range(2, 8)]
    assert table["fall_year"].unique().tolist() == [2023]


def test_no_results_at_all_gives_rows_that_say_not_rated() -> None:
    ledger = Ledger()
    table = rate(results(8).iloc[:0], facts(8), ledger)
    assert len(table) == 8 and table["quality_class"].eq("not_rated").all() and not table["is_quality"].any()
    assert "missing_input" in ledger.frame()["entry"].tolist()
    assert rate(empty("performance", "EPSG:3310"), empty("school_facts", "EPSG:3310")).empty


def test_three_schools_have_no_quarters() -> None:
    ledger = Ledger()
    assert rate(results(3), facts(3), ledger)["quality_class"].eq("not_rated").all()
    assert ledger.frame()["reason"].str.contains("Set quality.cut_share").any()
    assert not rate(results(3), facts(3), cut_share=0.5, weak_share=0.3)["quality_class"].eq("not_rated").any()
    alike = cut_points(pd.Series([0.4] * 10), pd.Series(["middle"] * 10), None, None)
    assert alike[["cut", "weak"]].isna().all(axis=None) and alike["cut_of"].eq("all").all()


def test_the_path_of_a_school_is_that_of_its_benchmark_in_the_latest_year() -> None:
    #  0.3 --> 0.8 in five years: after two years 0.5
    performance = results(8)
    performance["pupils_tested"] = 400.0
    met = performance["fall_year"].map({2021: 120.0, 2022: 160.0, 2023: 232.0}).astype(float)
    now = performance["fall_year"].eq(2023)
    for school, count in (("s03", 176.0), ("s04", 201.0)):
        met = met.mask(now & performance["school_id"].eq(school), count)
    table = rate(performance.assign(pupils_meeting=met), facts(8), cut_share=0.5, weak_share=0.3)
    assert table["target_share"].round(9).eq(0.5).all()
    assert table.loc["s03", "path_status"] == "behind" and table.loc["s04", "path_status"] == "not_sure"
    assert table.drop(["s03", "s04"])["path_status"].eq("on_track").all()
    assert rate(results(8, (2023,)), facts(8))["path_status"].eq("not_known").all()


def test_each_level_can_have_a_cut_of_its_own_and_the_others_keep_their_quarters() -> None:
    free, mixed = rate(results(32), facts(32)), rate(results(32), facts(32), cut_share={"high": 0.9})
    is_high = facts(32)["serves_high"].to_numpy()
    pd.testing.assert_frame_equal(free[~is_high], mixed[~is_high])
    assert free.loc[is_high, "is_quality"].sum() == 2 and mixed.loc[is_high, "is_quality"].sum() == 0


def test_probabilities_of_the_classes_sum_to_one_and_agree_with_the_class() -> None:
    table = rate(results(32), facts(32))
    chances = table[["strong_probability_share", "middle_probability_share", "weak_probability_share"]]
    assert (chances.sum(axis=1) - 1).abs().max() <= 1e-12 and chances.min(axis=None) >= 0
    assert table["strong_probability_share"].equals(table["quality_probability_share"])
    for name in ("strong", "weak"):
        assert (table[f"{name}_probability_share"] >= 0.5).equals(table["quality_class"].eq(name))


def test_growth_follows_pupils_where_it_can_and_the_whole_school_elsewhere() -> None:
    ledger = Ledger()
    made = tables(results(24), facts(24), ledger, grades=by_grade(24))["school_quality"].set_index("school_id")
    is_high = facts(24)["serves_high"].to_numpy()
    assert made.loc[~is_high, "growth_method"].eq("cohort").all()
    assert made.loc[is_high, "growth_method"].eq("status_change").all()
    assert made["growth_change"].notna().all() and (made["growth_change_moe"] > 0).all()
    assert (made["growth_shrunk_change"].abs() <= made["growth_change"].abs() + 1e-12).all()
    lines = ledger.frame().set_index("subject_name")
    assert "18 from pupils followed from grade to grade; 6 from the whole school" in lines.loc["growth", "reason"]
    ledger = Ledger()
    assert rate(results(24), facts(24), ledger)["growth_method"].eq("status_change").all()
    assert "school results by grade" in ledger.frame().query("entry == 'missing_input'")["subject_name"].tolist()


def test_the_latest_year_of_quality_years_is_school_quality() -> None:
    made = tables(results(32), facts(32))
    columns = ["school_id", "fall_year", "shrunk_share", "quality_class", "is_quality"]
    latest = made["quality_years"].query("fall_year == 2023").reset_index(drop=True)
    pd.testing.assert_frame_equal(latest[columns], made["school_quality"][columns], check_dtype=False)


def test_earlier_years_are_held_to_the_latest_cut_and_schools_closed_since_count_in_them() -> None:
    #  everybody gains 0.04 a year: by one line there are fewer strong schools before, by a quarter of each year as many
    performance, schools = results(32), facts(32)
    performance["pupils_tested"] = 300.0
    share = 0.3 + 0.012 * performance["school_id"].str[1:].astype(int) + 0.04 * (performance["fall_year"] - 2023)
    performance["pupils_meeting"] = (300 * share).round()
    schools.loc[0, "school_status"] = "closed"
    made = tables(performance, schools)
    years = made["quality_years"]
    strong = years[years["is_quality"]].groupby("fall_year").size().reindex([2021, 2022, 2023], fill_value=0)
    assert strong[2021] < strong[2022] < strong[2023] == made["school_quality"]["is_quality"].sum()
    assert "s00" in set(years["school_id"]) and "s00" not in set(made["school_quality"]["school_id"])
