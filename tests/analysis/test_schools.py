"""Schools: who is placed and why not, and which levels they serve."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from pipeline.analysis.schools import (
    grades_between,
    location_status,
    record_schools,
    school_facts,
)
from pipeline.ledger import Ledger

BANDS = {
    "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}


def cells(*rows: tuple[str, int, str, float | None, str]) -> pd.DataFrame:
    """school, year, grade, pupils, status; hidden cells are 1 to 10."""
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "grade", "pupils", "value_status"])
    hidden = frame["value_status"].eq("suppressed")
    return frame.assign(
        student_group="all",
        pupils=frame["pupils"].astype("float64"),
        pupils_low=frame["pupils"].astype("float64").mask(hidden, 1.0),
        pupils_high=frame["pupils"].astype("float64").mask(hidden, 10.0),
    )


def directory() -> gpd.GeoDataFrame:
    rows = [
        ("a", "Alder", "district", False, True, Point(-122.2, 40.1)),
        ("b", "Birch Online", "charter", True, True, Point(-122.2, 40.1)),
        ("c", "District office", "district", False, False, None),
        ("d", "Dogwood", "charter", False, True, None),
        ("e", "Elm", "charter", False, True, Point(-120.0, 40.1)),
        ("f", "Fir", "charter", False, True, Point()),
    ]
    frame = pd.DataFrame(rows, columns=["school_id", "name", "sector", "is_virtual", "is_place", "geometry"])
    frame = frame.assign(
        opened_fall=pd.array([None] * 6, dtype="Int64"), closed_fall=pd.array([None] * 6, dtype="Int64")
    )
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326).to_crs(3310)


BOX = (-122.3, 40.05, -122.1, 40.2)


def test_each_school_has_one_reason_for_its_place() -> None:
    status = location_status(directory(), BOX)
    assert status.tolist() == [
        "located",
        "virtual",
        "not_a_place",
        "no_coordinates",
        "outside_district",
        "no_coordinates",
    ]
    assert location_status(directory().iloc[:0], BOX).empty


def test_every_reason_is_counted_and_named() -> None:
    schools = directory().assign(location_status=location_status(directory(), BOX))
    ledger = Ledger()
    record_schools(schools, ledger)
    lines = ledger.frame()
    assert lines.loc[0, ["total", "inside"]].tolist() == [6, 1]
    assert lines.loc[lines["entry"].eq("absence"), "total"].sum() == 5
    assert lines["reason"].str.contains("Dogwood (d), Fir (f)", regex=False).any()


def test_a_school_that_closed_before_it_opened_is_noted() -> None:
    schools = directory().iloc[:1].assign(location_status="located", opened_fall=2020, closed_fall=2015)
    ledger = Ledger()
    record_schools(schools, ledger)
    assert ledger.frame().query("entry == 'note'")["item"].tolist() == ["a"]


def test_grades_are_in_order_of_age_not_of_letters() -> None:
    assert grades_between("PK", "01") == ("PK", "TK", "KG", "01")
    assert grades_between("09", "12") == ("09", "10", "11", "12")
    assert grades_between("12", "09") == ()
    assert grades_between(np.nan, "09") == ()


def test_a_school_without_a_span_serves_the_grades_it_has_pupils_in() -> None:
    schools = pd.DataFrame(
        {
            "school_id": ["a", "b", "c"],
            "grade_low": ["PK", None, None],
            "grade_high": ["PK", None, None],
            "nces_id": None,
        }
    )
    counts = cells(
        ("b", 2023, "08", 9, "reported"), ("b", 2024, "09", None, "suppressed"), ("b", 2024, "08", 0, "reported")
    )
    facts = school_facts(schools, counts, BANDS).set_index("school_id")
    served = facts[["serves_elementary", "serves_middle", "serves_high"]]
    assert served.loc["a"].tolist() == [False, False, False]
    assert served.loc["b"].tolist() == [False, False, True]
    assert served.loc["c"].tolist() == [False, False, False]
    assert "nces_id" not in facts.columns


def test_a_school_serves_a_level_by_its_span_or_by_a_tenth_of_its_pupils() -> None:
    #  a K-6;  b K-5 by an old directory, grown to grade 8;  c 9-12 with one eighth grader;  d K-5, grade 6 hidden
    schools = pd.DataFrame(
        {"school_id": [*"abcd"], "grade_low": ["KG", "KG", "09", "KG"], "grade_high": ["06", "05", "12", "05"]}
    )
    counts = cells(
        ("a", 2024, "KG", 300, "reported"), ("a", 2024, "06", 5, "reported"),
        ("b", 2024, "KG", 300, "reported"), ("b", 2024, "06", 40, "reported"), ("b", 2023, "09", 400, "reported"),
        ("c", 2024, "08", 1, "reported"), ("c", 2024, "09", 400, "reported"),
        ("d", 2024, "KG", 300, "reported"), ("d", 2024, "06", None, "suppressed"),
    )  # fmt: skip
    facts = school_facts(schools, counts, BANDS).set_index("school_id")
    served = facts[["serves_elementary", "serves_middle", "serves_high"]]
    assert served.loc["a"].tolist() == [True, True, False]
    assert served.loc["b"].tolist() == [True, True, False]
    assert served.loc["c"].tolist() == [False, False, True]
    assert served.loc["d"].tolist() == [True, False, False]
