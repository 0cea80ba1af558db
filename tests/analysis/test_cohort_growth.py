"""Growth: pupils followed from grade to grade, its error held to a bootstrap, small schools drawn in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.cohort_growth import cohort_growth, growth_of_schools, shrink_growth, status_growth
from pipeline.tables import BY_TABLE


def cells(rows: list[tuple[str, int, str, str, float, float]]) -> pd.DataFrame:
    columns = ["school_id", "fall_year", "subject", "grade", "pupils_tested", "pupils_meeting"]
    frame = pd.DataFrame(rows, columns=columns).assign(mean_score=np.nan, value_status="reported")
    return frame[BY_TABLE["performance_grades"].names]


def town(n: int, seed: int, years: tuple[int, ...] = (2021, 2022, 2023)) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for school in range(n):
        level = rng.uniform(0.3, 0.7)
        for at, year in enumerate(years):
            for step, grade in enumerate(("03", "04", "05", "06")):
                pupils = int(rng.integers(20, 90))
                share = level - 0.03 * step + 0.02 * at
                rows.append((f"s{school:02d}", year, "ela", grade, float(pupils), float(rng.binomial(pupils, share))))
    return cells(rows)


def test_two_grades_of_three_schools_by_hand() -> None:
    #        2021 grade 3    2022 grade 4   gain   weight 20 20 / 40 = 10, 10, 30 60 / 90 = 20
    #   a    10 of 20        14 of 20       +0.2
    #   b    10 of 20        10 of 20        0.0
    #   c    15 of 30        33 of 60       +0.05   mean of the step (2 + 0 + 1) / 40 = 0.075
    rows = [("a", 2021, "ela", "03", 20.0, 10.0), ("a", 2022, "ela", "04", 20.0, 14.0), ("b", 2021, "ela", "03", 20.0, 10.0), ("b", 2022, "ela", "04", 20.0, 10.0), ("c", 2021, "ela", "03", 30.0, 15.0), ("c", 2022, "ela", "04", 60.0, 33.0)]  # fmt: skip
    growth = cohort_growth(cells(rows), ("ela", "math"))
    assert growth["growth_change"].to_dict() == pytest.approx({"a": 0.125, "b": -0.075, "c": -0.025})
    assert growth["links"].to_dict() == {"a": 1, "b": 1, "c": 1}
    # a: 3/4 of its own two cells, 1/4 of b's and 1/2 of c's
    pupils, met = np.array([[20, 20], [20, 20], [30, 60]]), np.array([[10, 14], [10, 10], [15, 33]])
    p = (met + 0.5) / (pupils + 1)
    variance = (p * (1 - p) / pupils).sum(axis=1)
    assert growth.loc["a", "growth_error"] == pytest.approx(np.sqrt(np.array([0.75, 0.25, 0.5]) ** 2 @ variance))
    # no other grade, other fall or other school makes a pair
    assert cohort_growth(cells([row for row in rows if row[0] != "c"]), ("ela",)).empty
    assert cohort_growth(cells([(s, y + 1 * (y == 2022), *rest) for s, y, *rest in rows]), ("ela",)).empty


def test_the_error_is_that_of_redrawn_results() -> None:
    #  growth is linear in the cells' shares: its coefficients are found by moving one cell at a time, and 20,000
    #  towns redrawn with them; a cell between two steps ends the one and begins the other
    grades = town(4, seed=2)
    exact = cohort_growth(grades, ("ela",))
    n = grades["pupils_tested"].to_numpy()
    moved = [
        cohort_growth(grades.assign(pupils_meeting=grades["pupils_meeting"] + n * (grades.index == cell)), ("ela",))
        for cell in grades.index
    ]
    coefficients = np.array([(one["growth_change"] - exact["growth_change"]).to_numpy() for one in moved])
    assert np.abs(coefficients).max() > 0.1
    np.testing.assert_allclose(coefficients.T @ (grades["pupils_meeting"] / n), exact["growth_change"], atol=1e-12)
    share = (grades["pupils_meeting"].to_numpy() + 0.5) / (n + 1)
    drawn = np.random.default_rng(4).binomial(n.astype(int), share, (20_000, len(n))) / n
    np.testing.assert_allclose((drawn @ coefficients).std(axis=0), exact["growth_error"], rtol=0.02)


@pytest.mark.parametrize("shift", [-0.1, 0.15])
def test_a_harder_grade_or_year_is_no_growth(shift: float) -> None:
    grades = town(8, seed=3)
    grades["pupils_tested"], grades["pupils_meeting"] = (
        1000.0,
        (1000 * grades["pupils_meeting"] / grades["pupils_tested"]).round(),
    )
    before = cohort_growth(grades, ("ela",))["growth_change"]
    hit = grades["fall_year"].eq(2022) & grades["grade"].isin(["04", "05"])
    moved = grades.assign(pupils_meeting=(grades["pupils_meeting"] + 1000 * shift * hit).clip(0, 1000))
    np.testing.assert_allclose(cohort_growth(moved, ("ela",))["growth_change"], before, atol=1e-12)


def test_growth_of_all_pupils_together_is_none_and_row_order_does_not_matter() -> None:
    grades = town(9, seed=5)
    growth = cohort_growth(grades, ("ela",))
    shuffled = cohort_growth(grades.sample(frac=1, random_state=1), ("ela",))
    pd.testing.assert_frame_equal(growth, shuffled)
    one_step = grades[grades["fall_year"].lt(2023) & grades["grade"].isin(["03", "04"])]
    alone = cohort_growth(one_step, ("ela",))["growth_change"]
    start, end = (
        one_step[one_step["fall_year"].eq(y) & one_step["grade"].eq(g)].set_index("school_id")["pupils_tested"]
        for y, g in ((2021, "03"), (2022, "04"))
    )
    assert float((alone * start * end / (start + end)).sum()) == pytest.approx(0, abs=1e-9)


def test_hidden_cells_and_subjects_that_do_not_count_take_no_part() -> None:
    grades = town(6, seed=6)
    hidden = grades.index == 1
    with_hole = grades.assign(
        value_status=np.where(hidden, "suppressed", "reported"),
        pupils_meeting=grades["pupils_meeting"].mask(hidden),
    )
    pd.testing.assert_frame_equal(cohort_growth(with_hole, ("ela",)), cohort_growth(grades[~hidden], ("ela",)))
    both = pd.concat([grades, grades.assign(subject="science", pupils_meeting=0.0)])
    pd.testing.assert_frame_equal(cohort_growth(both, ("ela",)), cohort_growth(grades, ("ela",)))
    twice = cohort_growth(pd.concat([grades, grades.assign(subject="math")]), ("ela", "math"))
    pd.testing.assert_series_equal(twice["growth_error"], cohort_growth(grades, ("ela",))["growth_error"])


@given(st.lists(st.tuples(st.floats(-0.4, 0.4), st.floats(0.005, 0.3)), min_size=2, max_size=25))
def test_shrinking_draws_growth_towards_none_and_never_past_it(schools: list[tuple[float, float]]) -> None:
    change, error = (pd.Series(list(column)) for column in zip(*schools, strict=True))
    drawn = shrink_growth(change, error)
    assert (drawn.abs() <= change.abs() + 1e-12).all() and (drawn * change >= 0).all()
    same = shrink_growth(pd.Series([0.1] * 9), pd.Series([0.02] * 8 + [0.2]))
    assert same.iloc[-1] < same.iloc[0] < 0.1  # of two schools with one growth the less sure is drawn in more


def test_the_spread_that_made_the_schools_is_found_and_chance_alone_is_none() -> None:
    rng = np.random.default_rng(11)
    error = pd.Series(rng.uniform(0.02, 0.06, 4000))
    true = pd.Series(rng.normal(0, 0.03, 4000))
    drawn = shrink_growth(true + error * rng.standard_normal(4000), error)
    seen = np.corrcoef(drawn, true)[0, 1]
    assert drawn.std() == pytest.approx(np.sqrt((0.03**4 / (0.03**2 + error**2)).mean()), rel=0.05) and seen > 0.6
    chance = shrink_growth(error * rng.standard_normal(4000), error)
    assert chance.std() < 0.1 * error.mean()


def test_growth_of_whole_schools_is_over_that_of_their_level() -> None:
    change = pd.DataFrame(
        {"growth_change": [0.2, 0.1, 0.0, 0.3, None], "growth_variance": [0.01] * 4 + [np.nan], "pupils_tested": 100.0}
    )
    level = pd.Series(["middle"] * 3 + ["high"] * 2)
    out = status_growth(change, level, 2)
    assert out["growth_change"].round(9).tolist()[:4] == [0.05, 0.0, -0.05, 0.075]  # one high school: over all four
    assert out.iloc[4].isna().all()
    assert out.loc[0, "growth_error"] == pytest.approx(np.sqrt(0.01 * (4 / 9 + 2 / 9)) / 2)


def test_classes_follow_the_shrunk_growth_and_its_margin() -> None:
    ids = ["a", "b", "c", "d"]
    schools = pd.DataFrame({"school_id": ids, "level": "middle"})
    cohort = pd.DataFrame(
        {"growth_change": [0.2, -0.2, 0.01], "growth_error": 0.02, "links": 2},
        index=pd.Index(["a", "b", "c"], name="school_id"),
    )
    nothing = pd.DataFrame(
        {c: pd.Series(dtype="float64") for c in ("growth_change", "growth_variance", "pupils_tested")}
    )
    out = growth_of_schools(schools, cohort, nothing, years=2, margin=0.05)
    assert out["growth_class"].tolist() == ["rising", "falling", "steady", "not_known"]
    assert out["growth_method"].tolist() == ["cohort"] * 3 + ["none"]
    assert out["growth_change_moe"].tolist()[:3] == pytest.approx([1.645 * 0.02] * 3)
    wide = growth_of_schools(schools, cohort, nothing, years=2, margin=0.5)
    assert wide["growth_class"].tolist() == ["steady"] * 3 + ["not_known"]
