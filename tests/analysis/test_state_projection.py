"""California's projection: a worked example by hand, the supplement step by step, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis import state_projection as module
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.rules.enrollment import TransitionalKindergarten, enrollment_rules
from pipeline.tables import BY_TABLE, check

WEIGHTS = (1.0, 2.0, 3.0)
# kindergarten, first and second grade in four falls
COUNTS = np.array([[100.0, 106.0, 103.0, 109.0], [90.0, 96.0, 104.0, 98.0], [80.0, 92.0, 93.0, 107.0]])


def test_average_change_by_hand() -> None:
    # kindergarten: +6, -3, +6        -> (6 - 6 + 18) / 6 = 3
    # first:  96-100, 104-106, 98-103 -> (-4 - 4 - 15) / 6 = -23/6
    # second: 92-90, 93-96, 107-104   -> (2 - 6 + 9) / 6 = 5/6
    assert module.average_change(COUNTS, WEIGHTS).tolist() == pytest.approx([3.0, -23 / 6, 5 / 6], abs=1e-12)


def test_five_years_by_hand() -> None:
    ahead = module.cohort_projection(COUNTS, WEIGHTS, 5)
    kindergarten = [112.0, 115.0, 118.0, 121.0, 124.0]
    first = [109 - 23 / 6, *(k - 23 / 6 for k in kindergarten[:4])]
    second = [98 + 5 / 6, *(f + 5 / 6 for f in first[:4])]
    np.testing.assert_allclose(ahead, [kindergarten, first, second], rtol=0, atol=1e-12)


def test_the_supplement_by_hand() -> None:
    # advanced: 109, 109, 98 of 316; first year 112, 105 1/6, 98 5/6: beyond it 3, 0 and 5/6
    found = module.housing_supplement(COUNTS[:, -1], module.cohort_projection(COUNTS, WEIGHTS, 1)[:, 0], 60.0)
    expected = [60 * 109 / 316 - 15, 60 * 109 / 316, 60 * 98 / 316 - 25 / 6]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)
    # few homes: the trend holds their pupils already
    assert module.housing_supplement(COUNTS[:, -1], np.array([200.0, 200.0, 200.0]), 60.0).tolist() == [0.0] * 3
    assert module.housing_supplement(np.zeros(3), np.zeros(3), 60.0).tolist() == [0.0] * 3


def test_no_grade_falls_below_zero() -> None:
    emptying = np.array([[90.0, 60.0, 30.0, 5.0], [80.0, 50.0, 20.0, 4.0]])
    assert (module.cohort_projection(emptying, WEIGHTS, 5) >= 0).all()


def rolls_of(falls: int) -> Rolls:
    pupils = np.zeros((2, len(GRADES), falls))
    first = GRADES.index("KG")
    pupils[0, first : first + 3] = COUNTS[:, -falls:] - 10
    pupils[1, first : first + 3] = 4.0
    pupils[1, GRADES.index("TK"), :] = 6.0
    pupils[1, first + 1 : first + 3] = 10.0
    years = np.arange(2025 - falls, 2025)
    return Rolls(np.array(["a", "b"], dtype=object), years, pupils, np.zeros((2, falls)))


def test_the_table_holds_the_form_year_by_year() -> None:
    table = check(
        BY_TABLE["state_projection"],
        module.state_projection(rolls_of(4), pupils_of_homes=60.0, weights=WEIGHTS, years=5, ledger=Ledger()),
    )
    assert len(table) == 13 * 5
    rows = table.set_index(["fall_year", "grade"])
    assert rows.loc[(2025, "KG"), "pupils_projected"] == pytest.approx(112.0)
    assert rows.loc[(2029, "02"), "pupils_projected"] == pytest.approx(118 - 23 / 6 + 5 / 6)
    assert rows.loc[(2029, "01"), "pupils_with_homes"] == pytest.approx(121 - 23 / 6 + 60 * 109 / 316)
    assert rows.loc[2028, "pupils_of_homes"].isna().all()


def test_three_falls_are_too_few_and_the_ledger_says_so() -> None:
    ledger = Ledger()
    table = module.state_projection(rolls_of(3), pupils_of_homes=0.0, weights=WEIGHTS, years=5, ledger=ledger)
    assert check(BY_TABLE["state_projection"], table).empty
    line = ledger.frame().iloc[0]
    assert line["entry"] == "missing_input"
    assert "2022, 2023, 2024" in line["reason"]


def test_californias_rules_are_dated_and_an_unknown_fall_is_refused() -> None:
    rules = enrollment_rules("california")
    assert rules.state_projection.weights == WEIGHTS
    assert [rules.transitional_kindergarten.admitted(fall) for fall in range(2021, 2027)] == [3, 5, 7, 9, 12, 12]
    with pytest.raises(ConfigError, match="fall 2013 is not known; the rule begins with fall 2014"):
        rules.transitional_kindergarten.admitted(2013)
    with pytest.raises(ValueError, match="every fall from the first to the last"):
        TransitionalKindergarten(source="x", months={2014: 3, 2016: 3})
