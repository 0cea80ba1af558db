"""Children who need a public seat: pupils of the vintage's years over resident children."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis.age_bands import AGES
from pipeline.analysis.public_share import public_shares
from pipeline.ledger import Ledger

SCHOOLS = pd.DataFrame({"school_id": ["d", "c", "p"], "sector": ["district", "charter", "private"]})


def enrollment(rows: list[tuple[str, int, str, float | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "grade", "pupils"]).astype({"pupils": "float64"})
    return frame.assign(
        student_group="all", pupils_low=frame["pupils"].fillna(1), pupils_high=frame["pupils"].fillna(9)
    )


def district(children: float, vintage: str = "2019-2023") -> pd.DataFrame:
    frame = pd.DataFrame(
        {"vintage": [vintage], **{band: [0.0] for band in AGES}, **{f"{band}_moe": [0.0] for band in AGES}}
    )
    return frame.assign(children_5_9=children, children_5_9_moe=20.0, children_0_4=900.0)


ROWS = [("d", 2018, "01", 999.0), ("d", 2019, "01", 60.0), ("c", 2019, "KG", 20.0), ("d", 2023, "12", 100.0), ("d", 2019, "TK", 50.0), ("p", 2019, "01", 70.0)]  # fmt: skip


def test_pupils_of_public_schools_in_the_vintages_years_over_children() -> None:
    ledger = Ledger()
    shares = public_shares(enrollment(ROWS), SCHOOLS, district(100.0), ["2019-2023"], {}, ledger)
    # 80 in 2019, 100 in 2023; preschool, the private school and 2018 do not count
    assert shares["2019-2023"] == (pytest.approx(0.9), pytest.approx(0.9 * 20 / 100))
    assert "90.0% of children" in ledger.frame()["reason"].item()


def test_control_totals_count_a_share_is_at_most_one_and_hidden_cells_are_taken_at_their_middle() -> None:
    rows = enrollment([("d", 2020, "01", None), ("d", 2020, "02", 95.0)])
    assert public_shares(rows, SCHOOLS, district(100.0), ["2019-2023"], {"2019-2023": 2.0}, Ledger())["2019-2023"][0] == pytest.approx(0.5)  # fmt: skip
    assert public_shares(rows, SCHOOLS, district(50.0), ["2019-2023"], {}, Ledger())["2019-2023"][0] == 1.0


def test_without_pupils_or_children_of_the_years_there_is_no_share() -> None:
    old = enrollment([("d", 2010, "01", 60.0)])
    assert public_shares(old, SCHOOLS, district(100.0), ["2019-2023"], {}, Ledger()) == {}
    assert public_shares(enrollment(ROWS), SCHOOLS, district(100.0, "2014-2018"), ["2019-2023"], {}, Ledger()) == {}
