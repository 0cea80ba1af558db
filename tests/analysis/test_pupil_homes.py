"""Which schools the children of a neighborhood attend: by hand, by mass, and where homes are not counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.pupil_homes import by_home, level_weights, nearest_schools, pupils_by_home
from pipeline.columns import CHILD_COUNTS
from pipeline.ledger import Ledger
from pipeline.tables import empty

#   zone Z (elementary) has 60% of its children in n1 and 40% in n2; zone Y lies half outside all neighborhoods.
#
#      n1        n2
#   +------+----------+          Z -> a 100, b 50      Y -> b 20
#   |   Z 60% | Z 40% |  Y 50% | outside
#
CROSSWALK = pd.DataFrame(
    [
        ("zone elementary 2024", "Z", "neighborhood", "n1", "children", 0.6),
        ("zone elementary 2024", "Z", "neighborhood", "n2", "children", 0.4),
        ("zone elementary 2024", "Y", "neighborhood", "n2", "children", 0.5),
        ("zone elementary 2024", "Z", "neighborhood", "n1", "people", 0.1),
        ("zone elementary 2023", "Z", "neighborhood", "n1", "children", 1.0),
        ("tract 2019-2023", "Z", "neighborhood", "n1", "children", 1.0),
    ],
    columns=["source_layer", "source_id", "target_layer", "target_id", "carrier", "weight"],
).assign(method="m")


def flows(*rows: tuple[str, str, str, int, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["level", "zone_id", "school_id", "fall_year", "pupils"])
    table["pupils"] = table["pupils"].astype("float64")
    return table.assign(pupils_low=table["pupils"], pupils_high=table["pupils"], value_status="reported")


SENT = flows(
    ("elementary", "Z", "a", 2024, 100.0), ("elementary", "Z", "b", 2024, 50.0), ("elementary", "Y", "b", 2024, 20.0),
    ("elementary", "X", "b", 2024, 7.0), ("elementary", "Z", "a", 2023, 999.0), ("elementary", "Z", "a", 2025, 999.0),
)  # fmt: skip


def homes_of(table: pd.DataFrame, ledger: Ledger | None = None) -> pd.DataFrame:
    return pupils_by_home(table, CROSSWALK, zones_fall=2024, now=2024, ledger=ledger or Ledger())


def test_pupils_live_where_the_children_of_their_zone_do() -> None:
    ledger = Ledger()
    found = homes_of(SENT, ledger).set_index(["neighborhood_id", "level", "school_id"])["pupils"]
    assert found.to_dict() == {
        ("n1", "elementary", "a"): 60.0,
        ("n1", "elementary", "b"): 30.0,
        ("n2", "elementary", "a"): 40.0,
        ("n2", "elementary", "b"): 30.0,
    }
    line = ledger.frame().query("entry == 'balance'").iloc[0]
    assert line[["total", "inside", "outside", "unlocated"]].tolist() == [177.0, 160.0, 10.0, 7.0]


def test_a_hidden_cell_enters_with_its_middle_and_an_unknown_one_is_recorded() -> None:
    ledger = Ledger()
    table = flows(("elementary", "Z", "a", 2024, None), ("elementary", "Z", "b", 2024, None))
    table.loc[0, ["pupils_low", "pupils_high"]] = [1.0, 9.0]
    assert homes_of(table, ledger)["pupils"].tolist() == [3.0, 2.0]
    assert ledger.frame().query("entry == 'absence'")["total"].tolist() == [1]


@given(st.lists(st.tuples(st.sampled_from("ZYX"), st.sampled_from("abc"), st.integers(0, 90)), max_size=8))
def test_no_pupil_is_lost(rows: list[tuple[str, str, int]]) -> None:
    table = flows(*(("elementary", zone, school, 2024, float(n)) for zone, school, n in {(z, s): (z, s, n) for z, s, n in rows}.values()))  # fmt: skip
    ledger = Ledger()
    found = homes_of(table, ledger)
    lines = ledger.frame().query("entry == 'balance'")
    assert lines["inside"].sum() == pytest.approx(found["pupils"].sum(), abs=1e-9)
    assert lines["total"].sum() == pytest.approx(table["pupils"].sum(), abs=1e-9)


KNOWN = pd.DataFrame({"school_id": ["a", "b"], "share": [0.2, 0.8], "share_moe": [0.1, 0.1], "pupils": [100.0, 300.0]})
FACTS = pd.DataFrame(
    {"school_id": ["a", "b", "c"], "serves_elementary": True, "serves_middle": False, "serves_high": [False, True, False]}
)  # fmt: skip
EQUAL = pd.DataFrame(
    [(n, level, 10.0) for n in ("n1", "n2") for level in ("elementary", "middle", "high")],
    columns=["neighborhood_id", "level", "children"],
)
NO_TRIPS = empty("reach", "EPSG:3310")


def test_the_share_of_a_neighborhood_is_the_mean_over_its_pupils_and_not_over_near_schools() -> None:
    found = by_home(KNOWN, homes_of(SENT), NO_TRIPS, FACTS, EQUAL).set_index("neighborhood_id")
    assert found.loc["n1", "indicator_share"] == pytest.approx((60 * 0.2 + 30 * 0.8) / 90)
    assert found.loc["n2", "indicator_share"] == pytest.approx((40 * 0.2 + 30 * 0.8) / 70)
    assert found.loc["n1", "indicator_share_moe"] == pytest.approx(0.1 * np.hypot(60, 30) / 90)


def test_a_level_speaks_only_where_half_of_its_pupils_are_known() -> None:
    homes = homes_of(flows(("elementary", "Z", "a", 2024, 49.0), ("elementary", "Z", "c", 2024, 51.0)))
    assert by_home(KNOWN, homes, NO_TRIPS, FACTS, EQUAL).empty
    homes = homes_of(flows(("elementary", "Z", "a", 2024, 50.0), ("elementary", "Z", "c", 2024, 50.0)))
    assert by_home(KNOWN, homes, NO_TRIPS, FACTS, EQUAL)["indicator_share"].tolist() == pytest.approx([0.2, 0.2])


def trips(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["origin_id", "destination_id", "distance_m"])
    return table.assign(origin_layer="neighborhood", destination_kind="school", minutes=1.0)


def test_a_level_without_counted_homes_takes_the_nearest_schools_and_levels_weigh_by_children() -> None:
    levels = EQUAL.assign(children=[30.0, 0.0, 10.0] * 2)
    found = by_home(KNOWN, homes_of(SENT), trips(("n1", "b", 900.0)), FACTS, levels).set_index("neighborhood_id")
    elementary = (60 * 0.2 + 30 * 0.8) / 90
    assert found.loc["n1", "indicator_share"] == pytest.approx((30 * elementary + 10 * 0.8) / 40)
    # b stands in both levels: its error is one error
    weights = {"a": 30 * 60 / 90, "b": 30 * 30 / 90 + 10}
    assert found.loc["n1", "indicator_share_moe"] == pytest.approx(0.1 * np.hypot(*weights.values()) / 40)
    assert found.loc["n2", "indicator_share"] == pytest.approx((40 * 0.2 + 30 * 0.8) / 70)


def test_the_three_nearest_count_by_their_pupils_or_alike_where_one_is_not_counted() -> None:
    known = pd.DataFrame({"school_id": list("abcd"), "pupils": [1.0, 2.0, 3.0, 4.0]})
    facts = pd.DataFrame({"school_id": list("abcd"), "serves_elementary": True, "serves_middle": False, "serves_high": False})  # fmt: skip
    near = trips(*(("n1", school, far) for school, far in zip("abcd", (400.0, 100.0, 300.0, 200.0), strict=True)))
    rows = nearest_schools(known, near, facts, ["elementary", "middle"])
    assert rows.set_index("school_id")["pupils"].to_dict() == {"b": 2.0, "d": 4.0, "c": 3.0}
    rows = nearest_schools(known.assign(pupils=[1.0, np.nan, 3.0, 4.0]), near, facts, ["elementary"])
    assert rows["pupils"].tolist() == [1, 1, 1] and nearest_schools(known, near, facts, []).empty


def test_levels_weigh_by_the_children_of_their_ages_or_by_their_grades() -> None:
    bands = {"elementary": ("KG", "01", "02", "03", "04"), "middle": ("05", "06", "07", "08", "09"), "high": ("10",)}
    ages = pd.DataFrame({"neighborhood_id": ["n1", "n2"], **{band: [50.0, 0.0] for band in CHILD_COUNTS}, "children_0_17": [200.0, 0.0], "population": 900.0})  # fmt: skip
    rows = level_weights(ages, bands).pivot_table(index="neighborhood_id", columns="level", values="children")
    assert rows.loc["n1", ["elementary", "middle"]].tolist() == [50.0, 50.0]
    assert rows.loc["n2", ["elementary", "middle", "high"]].tolist() == [5.0, 5.0, 1.0]
    people = ages.assign(**dict.fromkeys((*CHILD_COUNTS, "children_0_17"), np.nan))
    assert level_weights(people, bands)["children"].tolist() == [5.0, 5.0, 5.0, 5.0, 1.0, 1.0]
