"""Live-attend matrix, resident cohorts and capture ratios."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.capture import capture_ratios, recaptured
from pipeline.analysis.residents import Links, resident_cohorts, through_residents
from pipeline.columns import GRADES
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

KG = GRADES.index("KG")
ELEMENTARY = np.zeros(len(GRADES), dtype=bool)
ELEMENTARY[KG : KG + 3] = True
HOMES = pd.DataFrame({"level": "elementary", "zone_id": ["y", "z"], "school_id": ["a", "b"]})


def links_of(pupils: list[list[float]]) -> Links:
    """Zones y and z, schools a (of y), b (of z) and c (of none): a row for each zone of pupils at each school."""
    counts = np.zeros((6, len(GRADES)))
    counts[:, KG : KG + 3] = np.array(pupils, dtype="float64").ravel()[:, None]
    zone, school = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    return Links(
        np.array(["elementary y", "elementary z"], dtype=object), np.tile(ELEMENTARY, (2, 1)), zone, school, counts,
        np.zeros(2), np.array([True, False, False, False, True, False]),
    )  # fmt: skip


def test_zones_that_hold_all_pupils_go_on_holding_all_of_them() -> None:
    rng = np.random.default_rng(2)
    living = np.zeros((2, len(GRADES)))
    living[:, KG : KG + 3] = rng.integers(20, 90, size=(2, 3))
    district = np.zeros((len(GRADES), 5))
    district[KG : KG + 3] = rng.integers(80, 160, size=(3, 5))
    ahead = resident_cohorts(living, np.tile(ELEMENTARY, (2, 1)), living.sum(axis=0), district)
    np.testing.assert_allclose(ahead.sum(axis=0), district, atol=1e-9)
    # and a cohort that is large now is large a year later, a grade higher
    share = living[0, KG] / living[:, KG].sum()
    assert ahead[0, KG + 1, 0] == pytest.approx(share * district[KG + 1, 0])


def test_schools_have_the_pupils_their_zones_send_and_those_of_no_zone() -> None:
    links = links_of([[60.0, 20.0, 20.0], [0.0, 70.0, 30.0]])
    now = np.zeros((3, len(GRADES)))
    now[:, KG : KG + 3] = np.array([60.0, 90.0, 80.0])[:, None]  # 30 of c live in no zone
    district_now, district = np.where(ELEMENTARY, 230.0, 0.0), np.where(ELEMENTARY, 230.0, 0.0)[:, None]
    residents = links.residents[:, :, None] * np.array([1.0, 2.0])[:, None, None]  # z doubles
    found = through_residents(links, residents, now, district_now, district)
    assert found[:, KG, 0].tolist() == pytest.approx([60.0, 20 + 140, 20 + 60 + 30])


def flows_of(*rows: tuple[str, str, float | None, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["zone_id", "school_id", "pupils", "pupils_low", "pupils_high"])
    status = np.where(frame["pupils"].isna(), "suppressed", "reported")
    return frame.assign(level="elementary", fall_year=2024, value_status=status).astype({"pupils": "float64"})


def test_capture_by_hand_with_what_hidden_cells_leave_open() -> None:
    flows = flows_of(
        ("y", "a", 60.0, 60.0, 60.0), ("y", "c", None, 1.0, 9.0), ("y", "p", 99.0, 99.0, 99.0),
        ("z", "c", 40.0, 40.0, 40.0), ("x", "a", 5.0, 5.0, 5.0),
    )  # fmt: skip
    ledger = Ledger()
    table = capture_ratios(flows, HOMES, frozenset("abc"), fall_year=2024, ledger=ledger)
    rows = check(BY_TABLE["capture_ratios"], table).set_index("zone_id")
    assert rows.loc["y", "resident_pupils"] == 65.0  # the private school p does not count
    ends = rows.loc["y", ["capture_low_ratio", "capture_ratio", "capture_high_ratio"]]
    assert ends.tolist() == pytest.approx([60 / 69, 60 / 65, 60 / 61])
    assert rows.loc["z", ["home_pupils", "capture_ratio"]].tolist() == [0.0, 0.0]
    assert np.isnan(rows.loc["x", "capture_ratio"])
    assert ledger.frame()["item"].tolist() == ["elementary x"]
    assert capture_ratios(flows, HOMES, frozenset("abc"), fall_year=2023, ledger=Ledger()).empty


def test_a_lower_share_sends_pupils_where_their_neighbors_go() -> None:
    links = links_of([[60.0, 30.0, 10.0], [0.0, 70.0, 30.0]])
    schools = np.zeros((3, len(GRADES), 1))
    schools[:, KG, 0] = [60.0, 100.0, 40.0]
    residents = links.residents[:, :, None]
    lower = recaptured(schools, links, residents, -0.1)[:, KG, 0]
    # y: 10 leave a, by 30 : 10 to b and c; z: 10 leave b, all to c
    assert lower.tolist() == pytest.approx([50.0, 100 + 7.5 - 10, 40 + 2.5 + 10])
    higher = recaptured(schools, links, residents, 0.1)[:, KG, 0]
    assert higher.tolist() == pytest.approx([70.0, 100 - 7.5 + 10, 40 - 2.5 - 10])
    np.testing.assert_array_equal(recaptured(schools, links, residents, 0.0), schools)


@given(
    st.lists(st.integers(0, 120), min_size=6, max_size=6),
    st.lists(st.integers(0, 120), min_size=3, max_size=3),
    st.sampled_from([-0.5, -0.05, 0.05, 0.5]),
)
def test_another_share_makes_and_loses_no_pupil(flows: list[int], counts: list[int], change: float) -> None:
    links = links_of([list(map(float, flows[:3])), list(map(float, flows[3:]))])
    schools = np.zeros((3, len(GRADES), 2))
    schools[:, KG : KG + 3] = np.array(counts, dtype="float64")[:, None, None]
    after = recaptured(schools, links, np.repeat(links.residents[:, :, None], 2, axis=2), change)
    np.testing.assert_allclose(after.sum(axis=0), schools.sum(axis=0), rtol=0, atol=1e-9)
    assert (after >= 0).all()
