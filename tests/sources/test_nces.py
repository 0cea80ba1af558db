"""NCES: private schools near the study, membership by grade, the national directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.nces import read_nces_directory, read_nces_membership, read_nces_private
from tests.sources.agency import entry, folder, held, lines, write

PSS = [
    "PPIN",
    "PINST",
    "PADDRS",
    "PCITY",
    "PSTABB",
    "PZIP",
    "LATITUDE22",
    "LONGITUDE22",
    "LOGR2022",
    "HIGR2022",
    "NUMSTUDS",
]


def private(
    ppin: str,
    name: str,
    latitude: object = 38.55,
    longitude: object = -121.45,
    low: object = 3,
    high: object = 13,
    pupils: object = 200,
) -> list[object]:
    return [ppin, name, "1 Elm", "Sacramento", "CA", "95820", latitude, longitude, low, high, pupils]


def test_private_schools_near_the_study_with_grades_and_pupils(tmp_path: Path) -> None:
    write(
        tmp_path / "pss2122_pu.csv",
        PSS,
        [
            private("A9901200", "St. Brendan"),
            private("00070410", "Montessori", low=2, high=6, pupils=31),
            private("A1", "Far", latitude=34.0, longitude=-118.2),
        ],
    )
    where = folder(tmp_path)
    schools = held(
        "directory", read_nces_private(entry("nces_private", "directory", "pss2122_pu.csv", vintage="2021-22"), where)
    ).set_index("school_id")
    assert schools[["grade_low", "grade_high"]].to_numpy().tolist() == [["PK", "01"], ["KG", "08"]]
    assert set(schools["sector"]) == {"private"} and schools["is_citywide"].all() and schools.geometry.notna().all()
    assert schools.index.tolist() == ["00070410", "A9901200"] and lines(where, "loss")["total"].tolist() == [1]
    pupils = held(
        "group_counts",
        read_nces_private(entry("nces_private", "group_counts", "pss2122_pu.csv", vintage="2021-22"), where),
    )
    assert pupils[["school_id", "fall_year", "pupils"]].to_numpy().tolist() == [
        ["00070410", 2021, 31],
        ["A9901200", 2021, 200],
    ]


def test_other_survey_years_name_their_columns_otherwise(tmp_path: Path) -> None:
    header = [column.replace("2022", "2018").replace("22", "18").lower() for column in PSS]
    write(tmp_path / "pss1718_pu.csv", header, [private("A1", "Oak")])
    assert (
        len(
            read_nces_private(entry("nces_private", "directory", "pss1718_pu.csv", vintage="2017-18"), folder(tmp_path))
        )
        == 1
    )


def test_broken_private_schools_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "pss.csv", PSS, [private("A1", "Oak"), private("A1", "Elm", latitude=-121.45, longitude=38.55)])
    with pytest.raises(SourceError) as refused:
        read_nces_private(entry("nces_private", "directory", "pss.csv"), folder(tmp_path))
    assert {fault.code for fault in refused.value.faults} == {"E-KEY-DUP", "E-COORD"}
    write(tmp_path / "pss.csv", PSS, [private("A1", "Oak", low=99)])
    with pytest.raises(SourceError, match="lowest grade is no code of 1-17"):
        read_nces_private(entry("nces_private", "directory", "pss.csv"), folder(tmp_path))
    write(tmp_path / "pss.csv", PSS[:5], [private("A1", "Oak")[:5]])
    with pytest.raises(SourceError, match="one column LATITUDE"):
        read_nces_private(entry("nces_private", "directory", "pss.csv"), folder(tmp_path))


CCD = [
    "SCHOOL_YEAR",
    "NCESSCH",
    "LEAID",
    "GRADE",
    "RACE_ETHNICITY",
    "SEX",
    "STUDENT_COUNT",
    "TOTAL_INDICATOR",
    "DMS_FLAG",
]
BY_GRADE = "Subtotal 4 - By Grade"


def member(
    grade: str, count: object, total: str = BY_GRADE, flag: str = "Reported", school: str = "063384005770"
) -> list[object]:
    return ["2018-2019", school, school[:7], grade, "No Category Codes", "No Category Codes", count, total, flag]


def test_one_subtotal_of_the_long_form_is_counted(tmp_path: Path) -> None:
    rows = [member("Grade 1", 30), member("Kindergarten", "", flag="Suppressed"), member("Grade 2", "", flag="Missing"), member("Adult Education", 7),
            member("Grade 1", 12, "Category Set A - By Race/Ethnicity; Sex; Grade"), member("No Category Codes", 37, "Education Unit Total"), member("Grade 1", 9, school="069999000001")]  # fmt: skip
    write(tmp_path / "ccd.csv", CCD, rows)
    where = folder(tmp_path)
    source = entry(
        "nces_membership", "grade_counts", "ccd.csv", options={"leaid": "0633840"}, suppressed_range=(1.0, 3.0)
    )
    counts = held("grade_counts", read_nces_membership(source, where)).set_index("grade")
    assert counts["pupils"].sum() == 30 and set(counts["fall_year"]) == {2018}
    assert counts["value_status"].to_dict() == {"01": "reported", "KG": "suppressed", "02": "not_reported"}
    assert (
        counts.loc["KG", ["pupils_low", "pupils_high"]].tolist() == [1, 3]
        and counts.loc["02", ["pupils_low", "pupils_high"]].isna().all()
    )
    assert lines(where, "loss")["total"].tolist() == [3, 1]


def test_unknown_flags_and_years_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "ccd.csv", CCD, [member("Grade 1", 3, flag="Guessed"), ["2018", *member("Grade 2", 3)[1:]]])
    with pytest.raises(SourceError) as refused:
        read_nces_membership(entry("nces_membership", "grade_counts", "ccd.csv"), folder(tmp_path))
    assert {fault.code for fault in refused.value.faults} == {"E-CATEGORY", "E-YEAR"}


DIRECTORY = ["NCESSCH", "LEAID", "SCH_NAME", "SY_STATUS", "SCH_TYPE_TEXT", "CHARTER_TEXT", "VIRTUAL", "GSLO", "GSHI"]


def test_the_national_directory_with_and_without_geocodes(tmp_path: Path) -> None:
    rows = [["063384005770", "0633840", "Oak", "1", "Regular school", "No", "NOTVIRTUAL", "KG", "06"], ["063384011199", "0633840", "Ash", "2", "Regular school", "Yes", "FULLVIRTUAL", "09", "12"],
            ["069999000001", "0699990", "Far", "1", "Regular school", "No", "NOTVIRTUAL", "KG", "06"]]  # fmt: skip
    write(tmp_path / "ccd_029.csv", DIRECTORY, rows)
    write(tmp_path / "edge.txt", ["NCESSCH", "LAT", "LON"], [["063384005770", 38.55, -121.45]], "|")
    where = folder(tmp_path)
    options = {"leaid": "0633840"}
    schools = held(
        "directory",
        read_nces_directory(entry("nces_directory", "directory", "ccd_029.csv", "edge.txt", options=options), where),
    ).set_index("nces_id")
    assert schools["sector"].tolist() == ["district", "charter"] and schools["school_status"].tolist() == [
        "open",
        "closed",
    ]
    assert schools["is_virtual"].tolist() == [False, True] and schools.geometry.isna().tolist() == [False, True]
    assert lines(where, "match")[["total", "inside"]].to_numpy().tolist() == [[2, 1]]
    bare = read_nces_directory(entry("nces_directory", "directory", "ccd_029.csv", options=options), where)
    assert bare.geometry.isna().all() and len(lines(where, "missing_input")) == 1
    with pytest.raises(ConfigError, match="give the option leaid"):
        read_nces_directory(entry("nces_directory", "directory", "ccd_029.csv"), where)
