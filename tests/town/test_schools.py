"""Schools: enrollment that ages with its cohorts, hidden cells, results and flows that agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.town.choice import FALLS, GRADES
from pipeline.town.directory import HEAD
from pipeline.town.pupils import pupils
from pipeline.town.schools import Schools
from pipeline.town.write import _stream, town

RAW = Path(__file__).resolve().parents[2] / "data/raw/millbrook/schools"


@pytest.fixture(scope="module")
def founded() -> Schools:
    schools = town().schools
    assert schools is not None
    return schools


def text(name: str, delimiter: str) -> pd.DataFrame:
    return pd.read_csv(RAW / name, sep=delimiter, dtype=str, encoding="latin-1", keep_default_na=False)


def test_about_45_schools_of_three_sectors(founded: Schools) -> None:
    table = founded.table
    assert len(table) == 45
    assert table["sector"].value_counts().to_dict() == {"district": 34, "charter": 7, "private": 4}
    assert (table["closed"] > 0).sum() == 1
    assert table["is_virtual"].sum() == 1
    assert table["school_id"].is_unique


def test_the_directory_has_the_layout_of_2024(founded: Schools) -> None:
    frame = text("pubschls.txt", "\t")
    assert frame.columns.tolist() == HEAD
    assert HEAD[-1] == "Multilingual"
    assert "AdmEmail" not in HEAD
    assert (frame["CDSCode"].str.len() == 14).all()
    assert frame["StatusType"].value_counts().to_dict() == {"Active": 41, "Closed": 1}
    assert frame["Charter"].value_counts().to_dict() == {"N": 34, "Y": 7, "No Data": 1}


def test_district_enrollment_is_between_nine_and_twelve_thousand_and_fits_the_children(founded: Schools) -> None:
    public = founded.pupils[(founded.table["sector"] != "private").to_numpy()].sum(axis=(0, 2))
    assert ((public > 9_000) & (public < 12_500)).all()
    capture = public / founded.residents.sum(axis=(0, 2))
    assert ((capture > 0.80) & (capture < 0.97)).all()


def test_cohorts_move_up_with_plausible_survival(founded: Schools) -> None:
    public = founded.pupils[(founded.table["sector"] != "private").to_numpy()].sum(axis=0)
    ratio = public[1:, 2:] / public[:-1, 1:-1]  # grade g+1 in the next fall over grade g
    assert ratio.min() > 0.9
    assert ratio.max() < 1.12
    assert ratio.mean() == pytest.approx(1.0, abs=0.03)


def test_the_fall_of_2020_dips_most_in_the_youngest_grades(founded: Schools) -> None:
    own = founded.pupils[(founded.table["sector"] == "district").to_numpy()].sum(axis=0)
    change = own[FALLS.index(2020)] / own[FALLS.index(2019)] - 1
    assert change[GRADES.index("KG")] < -0.06
    assert change[GRADES.index("TK")] < change[GRADES.index("KG")]
    assert own[FALLS.index(2020)].sum() < 0.99 * own[FALLS.index(2019)].sum()


def test_schools_open_and_close(founded: Schools) -> None:
    by_fall = pd.DataFrame(founded.pupils.sum(axis=2), index=founded.table["name"], columns=FALLS)
    assert by_fall.loc["Depot Street Elementary", [2020, 2021]].gt(0).tolist() == [True, False]
    assert by_fall.loc["Heron Landing Elementary", [2019, 2020]].gt(0).tolist() == [False, True]
    assert by_fall.loc["Puentes Dual Language Charter"].diff().iloc[2:6].gt(0).all()  # a grade more each year


def test_combined_file_sums_to_the_town_and_counts_tk_in_kindergarten(founded: Schools) -> None:
    frame = text("enr201718-v1.txt", "\t")
    assert "GR_TK" not in frame.columns
    assert frame.groupby("ACADEMIC_YEAR").size().index.tolist() == [
        "2017-18",
        "2018-19",
        "2019-20",
        "2020-21",
        "2021-22",
        "2022-23",
    ]
    totals = frame.assign(n=frame["ENR_TOTAL"].astype(int)).groupby("ACADEMIC_YEAR")["n"].sum().to_numpy()
    public = (founded.table["sector"] != "private").to_numpy()
    assert totals.tolist() == founded.pupils[public][:, :6].sum(axis=(0, 2)).tolist()
    first = frame.assign(n=frame["GR_KN"].astype(int)).groupby("ACADEMIC_YEAR")["n"].sum().iloc[0]
    assert first == founded.pupils[public][:, 0, :2].sum()


def test_census_day_hides_student_groups_of_ten_or_fewer_and_no_others(founded: Schools) -> None:
    frame = text("cdenroll2425.txt", "\t")
    grouped = pupils(founded, _stream("pupils"))
    english = frame[(frame["Aggregate Level"] == "S") & (frame["Reporting Category"] == "SG_EL")].set_index(
        "School Code"
    )["TOTAL_ENR"]
    codes = founded.table["school_id"].str[7:]
    true = pd.Series(grouped.group["SG_EL"][:, -1].sum(axis=1), index=codes)
    for code, shown in english.items():
        assert shown == ("*" if true[code] <= 10 else str(true[code])), code
    assert (english == "*").any()
    assert not frame.loc[frame["Reporting Category"].str.startswith(("TA", "RE_", "GN_")), "TOTAL_ENR"].eq("*").any()


def test_census_day_levels_agree() -> None:
    frame = text("cdenroll2425.txt", "\t")
    all_pupils = frame[frame["Reporting Category"] == "TA"].assign(n=lambda f: f["TOTAL_ENR"].astype(int))
    schools = all_pupils[all_pupils["Aggregate Level"] == "S"]
    district = all_pupils[all_pupils["Aggregate Level"] == "D"].set_index("Charter")["n"]
    assert schools["n"].sum() == district["All"] == district["Y"] + district["N"]
    assert {"0000000", "0000001"} <= set(schools["School Code"])  # codes that are no school
    assert set(frame["Aggregate Level"]) == {"T", "C", "D", "S"}


def test_flows_sum_to_enrollment_and_have_small_cells(founded: Schools) -> None:
    flows = founded.flows.groupby("school")["pupils"].sum()
    enrolled = pd.Series(founded.pupils[:, -1].sum(axis=1), index=founded.table["school_id"])
    public = enrolled[(founded.table["sector"] != "private").to_numpy() & (enrolled > 0).to_numpy()]
    assert flows.sort_index().to_dict() == public.sort_index().to_dict()
    assert ((founded.flows["pupils"] <= 10) & (founded.flows["pupils"] > 0)).sum() > 50


@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_results_agree_with_their_grades_and_hide_the_small(year: int) -> None:
    frame = text(f"sb_ca{year}_all_csv_v1.txt", "^")
    everyone = frame[
        (frame["Student Group ID"] == "1") & (frame["School Code"] != "0000000") & (frame["Test ID"] == "1")
    ]
    tested = "Students Tested" if year < 2024 else "Total Students Tested"
    enrolled = "Students Enrolled" if year < 2024 else "Total Students Enrolled"
    assert (frame[tested] == "*").any()
    sums = everyone[everyone["Grade"] != "13"].groupby("School Code")[enrolled].apply(lambda s: s.astype(int).sum())
    total = everyone[everyone["Grade"] == "13"].set_index("School Code")[enrolled].astype(int)
    assert sums.to_dict() == total.to_dict()
    shown = frame[frame[tested] != "*"]
    assert (shown[tested].astype(int) > 10).all()
    above = shown["Percentage Standard Met and Above"].astype(float)
    parts = shown["Percentage Standard Exceeded"].astype(float) + shown["Percentage Standard Met"].astype(float)
    assert np.allclose(above, parts, atol=0.011)


def test_weak_schools_stand_in_the_neediest_part(founded: Schools) -> None:
    from pipeline.town.results import meeting_share

    share = pd.Series(meeting_share(founded, 1, 2024), index=founded.table["name"])
    zoned = founded.table[founded.table["level"].eq("elementary") & founded.table["zone"].ge(0)]
    poorest = zoned.assign(need=founded.need[zoned["zone"]]).nlargest(5, "need")["name"]
    assert share[poorest].max() < share[zoned["name"]].median()
