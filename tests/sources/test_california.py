"""California: directory, enrollment, Census Day and results in all their layouts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources import Folder
from pipeline.sources.states.cde_directory import grade_span, read_ca_directory
from pipeline.sources.states.cde_pupils import read_ca_census_day, read_ca_enrollment
from pipeline.sources.states.cde_results import read_ca_api, read_ca_caaspp, read_ca_graduation
from tests.sources.agency import entry, folder, held, lines, write

D = "3467439"
DISTRICT = {"district": D}
OAK, ELM, ASH = f"{D}6034017", f"{D}6034025", f"{D}0101048"


# --- directory -------------------------------------------------------------------------------

DIRECTORY = [
    "CDSCode",
    "NCESDist",
    "NCESSchool",
    "StatusType",
    "School",
    "OpenDate",
    "ClosedDate",
    "Charter",
    "SOC",
    "GSoffered",
    "GSserved",
    "Virtual",
    "Latitude",
    "Longitude",
]


def school(code: str, name: str, **given: str) -> list[str]:
    cells = {"NCESDist": "0633840", "NCESSchool": "05770", "StatusType": "Active", "Charter": "N", "SOC": "60", "GSoffered": "K-6", "GSserved": "K-6", "Virtual": "N",
             "Latitude": "38.55", "Longitude": "-121.45", **given, "CDSCode": code, "School": name}  # fmt: skip
    return [cells.get(column, "") for column in DIRECTORY]


def directory(path: Path, *rows: list[str], delimiter: str = "\t", header: list[str] = DIRECTORY) -> Path:
    return write(path / "pubschls.txt", header, rows, delimiter)


def read_directory(path: Path, *names: str, **options: object) -> tuple[pd.DataFrame, Folder]:
    where = folder(path)
    frame = read_ca_directory(
        entry("ca_directory", "directory", "pubschls.txt", *names, options={**DISTRICT, **options}), where
    )
    return held("directory", frame).set_index("school_id"), where


def test_schools_of_the_district_with_sector_grades_and_place(tmp_path: Path) -> None:
    directory(
        tmp_path,
        school(f"{D}0000000", "", StatusType="Active", Charter="", SOC="", GSserved="", GSoffered=""),
        school(OAK, "Oak", OpenDate="1980-07-01"),
        school(ELM, "Elm", StatusType="Closed", ClosedDate="2013-06-30", GSserved="", Latitude="", Longitude=""),
        school(ASH, "Ash", Charter="Y", GSserved="P-12", Virtual="F", OpenDate="2004-02-01"),
        school("19647330000001", "Far"),
    )
    schools, where = read_directory(tmp_path)
    assert schools["sector"].to_dict() == {ASH: "charter", OAK: "district", ELM: "district"}
    assert schools["school_status"].to_dict() == {ASH: "open", OAK: "open", ELM: "closed"}
    assert schools.loc[[OAK, ELM, ASH], ["grade_low", "grade_high"]].to_numpy().tolist() == [
        ["KG", "06"],
        ["KG", "06"],
        ["PK", "12"],
    ]
    assert schools.loc[[OAK, ASH], "opened_fall"].tolist() == [1980, 2003] and schools.loc[ELM, "closed_fall"] == 2013
    assert schools["is_virtual"].to_dict() == {ASH: True, OAK: False, ELM: False}
    assert schools["is_citywide"].to_dict() == {ASH: True, OAK: False, ELM: False}
    assert schools.loc[OAK, "nces_id"] == "063384005770"
    assert schools.geometry.isna().to_dict() == {ASH: False, OAK: False, ELM: True}
    assert lines(where, "loss")["reason"].tolist() == [
        "rows of other districts",
        "rows of the district itself are no schools",
    ]
    assert lines(where, "absence")["total"].tolist() == [1]


def test_the_layout_of_2011_with_semicolons_and_no_virtual_column(tmp_path: Path) -> None:
    header = [column for column in DIRECTORY if column not in ("Virtual", "GSserved")]
    rows = [[cell for column, cell in zip(DIRECTORY, school(OAK, "Oak"), strict=True) if column in header]]
    directory(tmp_path, *rows, delimiter=";", header=header)
    schools, _ = read_directory(tmp_path)
    assert schools.loc[OAK, ["grade_low", "is_virtual"]].tolist() == ["KG", False]


def test_no_data_is_nothing_and_the_federal_district_names_charters(tmp_path: Path) -> None:
    header = [*DIRECTORY, "FederalDFCDistrictID"]
    directory(
        tmp_path,
        [
            *school(OAK, "Oak", Latitude="No Data", Longitude="No Data", OpenDate="No Data", GSserved="No Data"),
            "No Data",
        ],
        [*school(ASH, "Ash", Charter="Y", OpenDate="08/04/2003"), "0601234"],
        header=header,
    )
    schools, _ = read_directory(tmp_path)
    assert schools.geometry.isna().to_dict() == {OAK: True, ASH: False} and pd.isna(schools.loc[OAK, "opened_fall"])
    assert schools["nces_id"].to_dict() == {OAK: "063384005770", ASH: "060123405770"}
    assert schools.loc[ASH, "opened_fall"] == 2003 and schools.loc[OAK, "grade_high"] == "06"


def test_latin_1_names_are_read(tmp_path: Path) -> None:
    write(tmp_path / "pubschls.txt", DIRECTORY, [school(OAK, "Peña")], "\t", encoding="latin-1")
    assert read_directory(tmp_path)[0].loc[OAK, "name"] == "Peña"


def test_all_faults_of_a_directory_come_in_one_message(tmp_path: Path) -> None:
    directory(
        tmp_path,
        school(OAK, "Oak", StatusType="Sleeping"),
        school(ELM, "Elm", GSserved="8-Jun"),
        school(ASH, "Ash", GSserved="12-K"),
        school(ASH, ""),
    )
    with pytest.raises(SourceError) as refused:
        read_directory(tmp_path)
    text = str(refused.value)
    assert {fault.code for fault in refused.value.faults} == {
        "E-CATEGORY",
        "E-GRADE-DATE",
        "E-GRADE",
        "E-KEY-DUP",
        "E-NULL",
    }
    assert "row 3 (GSserved='8-Jun')" in text and "pubschls.txt (source tried)" in text


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Latitude": "-121.45", "Longitude": "38.55"}, "E-COORD"),
        ({"Latitude": "north"}, "E-NOT-NUMBER"),
        ({"Latitude": "38.55", "Longitude": "-221"}, "E-COORD"),
    ],
)
def test_coordinates_that_are_none_are_refused(tmp_path: Path, given: dict[str, str], code: str) -> None:
    directory(tmp_path, school(OAK, "Oak", **given))
    with pytest.raises(SourceError) as refused:
        read_directory(tmp_path)
    assert code in {fault.code for fault in refused.value.faults}


@pytest.mark.parametrize("code", ["3.46744E+13", "3467439603401"])
def test_damaged_codes_are_refused(tmp_path: Path, code: str) -> None:
    directory(tmp_path, school(OAK, "Oak"), school(code, "Elm"))
    with pytest.raises(SourceError, match=r"CDS code.*row 3"):
        read_directory(tmp_path)


def test_the_district_must_be_quoted_digits_and_present(tmp_path: Path) -> None:
    directory(tmp_path, school(OAK, "Oak"))
    with pytest.raises(ConfigError, match="must be the 7 digits"):
        read_directory(tmp_path, district=34)
    with pytest.raises(SourceError, match="no school of district 1964733"):
        read_directory(tmp_path, district="1964733")


def test_grade_spans() -> None:
    assert grade_span("Adult") == grade_span("") == (None, None)
    assert (
        grade_span("K-12") == ("KG", "12")
        and grade_span("TK-5") == ("TK", "05")
        and grade_span("9-Adult") == ("09", "12")
    )
    assert grade_span("9-6") is None and grade_span("13") is None and grade_span("K-3-5") is None


def test_the_roll_completes_and_dates_the_directory(tmp_path: Path) -> None:
    # Oak is active and taught; Elm is active but nobody is on the roll; Ash has become a charter;
    # New opened later; the district office has pupils and is no place
    directory(
        tmp_path,
        school(OAK, "Oak"),
        school(ELM, "Elm"),
        school(ASH, "Ash", StatusType="Pending"),
        school(f"{D}0000000", "", Charter=""),
    )
    new, office = f"{D}0140001", f"{D}0000000"
    census_day(
        tmp_path,
        [
            day(OAK),
            day(ASH, charter="Y"),
            day(new, name="New", grades={"07": 20, "08": 10}),
            day(office, name="District Office"),
        ],
    )
    schools, where = read_directory(tmp_path, "day.txt", enrollment_file="day.txt")
    assert schools["school_status"].to_dict() == {OAK: "open", ELM: "closed", ASH: "open", new: "open", office: "open"}
    assert schools["sector"].to_dict() == {
        OAK: "district",
        ELM: "district",
        ASH: "charter",
        new: "district",
        office: "district",
    }
    assert schools["is_place"].to_dict() == {OAK: True, ELM: True, ASH: True, new: True, office: False}
    assert schools.loc[new, ["name", "grade_low", "grade_high"]].tolist() == ["New", "07", "08"]
    assert schools.geometry.isna().to_dict() == {OAK: False, ELM: False, ASH: False, new: True, office: True}
    match = lines(where, "match").iloc[0]
    assert (match["total"], match["inside"]) == (4, 2)
    notes = lines(where, "note").set_index("item")["reason"]
    assert "nobody on the roll" in notes[ELM] and "no place" in notes[office] and "without coordinates" in notes[new]


def test_rows_are_whole_numbers_beside_schools_added_from_the_roll(tmp_path: Path) -> None:
    directory(tmp_path, school(OAK, "Oak"), school(ELM, "Elm", Latitude="95"))
    census_day(tmp_path, [day(OAK), day(f"{D}0140001", name="New", grades={"07": 20})])
    with pytest.raises(SourceError, match=r"first: row 3 \(latitude='95'\)"):
        read_directory(tmp_path, "day.txt", enrollment_file="day.txt")


# --- Census Day ------------------------------------------------------------------------------

GRADES = ["TK", "KN", *(f"{g:02d}" for g in range(1, 13))]
DAY = ["Academic Year", "Aggregate Level", "County Code", "District Code", "School Code", "County Name", "District Name", "School Name", "Charter", "Reporting Category",
       "TOTAL_ENR", *(f"GR_{g}" for g in GRADES)]  # fmt: skip


def day(
    code: str,
    category: str = "TA",
    *,
    level: str = "S",
    charter: str = "N",
    name: str = "School",
    grades: dict[str, Any] | None = None,
    total: Any = None,
    year: str = "2024-25",
) -> list[Any]:
    counts = [(grades if grades is not None else {"01": 30}).get(g, 0) for g in GRADES]
    whole = sum(c for c in counts if c != "*") if total is None else total
    return [
        year,
        level,
        code[:2],
        code[2:7],
        code[7:],
        "Sacramento",
        "Sacramento City Unified",
        name,
        charter,
        category,
        whole,
        *counts,
    ]


def census_day(
    path: Path, rows: list[list[Any]], header: list[str] = DAY, name: str = "day.txt", delimiter: str = "\t"
) -> Path:
    return write(path / name, header, rows, delimiter)


def read_day(
    path: Path, feeds: str = "grade_counts", name: str = "day.txt", **more: Any
) -> tuple[pd.DataFrame, Folder]:
    where = folder(path)
    return held(feeds, read_ca_census_day(entry("ca_census_day", feeds, name, options=DISTRICT, **more), where)), where


def mixed_levels() -> list[list[Any]]:
    """One school of 30 pupils, and the rows above it, each of which stands three times."""
    above = [
        day(code, level=level, charter=charter)
        for level, code in (("T", "00" + "000NA" + "00000NA"), ("C", "34000NA00000NA"), ("D", f"{D}00000NA"))
        for charter in ("All", "Y", "N")
    ]
    return [*above, day(OAK), day(OAK, "SG_EL", grades={"01": "*"}, total=4), day(OAK, "GN_F")]


def test_only_schools_and_one_category_are_counted(tmp_path: Path) -> None:
    census_day(tmp_path, mixed_levels())
    counts, where = read_day(tmp_path)
    assert (
        counts["pupils"].sum() == 30 and set(counts["student_group"]) == {"all"} and set(counts["fall_year"]) == {2024}
    )
    assert counts.set_index("grade")["pupils"]["01"] == 30 and set(counts["grade"]) == {
        "TK",
        "KG",
        *(f"{g:02d}" for g in range(1, 13)),
    }
    match = lines(where, "match").iloc[0]
    assert (match["total"], match["inside"]) == (30, 30)


def test_schools_that_do_not_add_up_to_the_districts_row_are_told(tmp_path: Path) -> None:
    census_day(
        tmp_path,
        [day(OAK, grades={"01": 300}), day(f"{D}00000NA", level="D", charter="All", grades={"01": 306})],
    )
    _, where = read_day(tmp_path)
    assert "the schools add up to 300, the district's own row says 306" in set(lines(where, "note")["reason"])


@pytest.mark.parametrize("pupils", [1_000_000_000, 293, 307 + 6])
def test_schools_far_from_the_districts_own_total_are_refused(tmp_path: Path, pupils: int) -> None:
    rows = [day(OAK, grades={"01": pupils}), day(f"{D}00000NA", level="D", charter="All", grades={"01": 300})]
    census_day(tmp_path, rows)
    with pytest.raises(
        SourceError,
        match=rf"day\.txt[\s\S]*E-TOTAL.*fall 2024 by more than 2%.*row 3, district {D}: the schools add up to {pupils:,}, the district's own row says 300",
    ):
        read_day(tmp_path)


def test_a_hidden_school_has_any_number_that_is_hidden(tmp_path: Path) -> None:
    total = day(f"{D}00000NA", level="D", charter="All", grades={"01": 39})
    census_day(tmp_path, [day(OAK), day(ELM, grades={"01": "*"}, total="*"), total])
    counts, where = read_day(tmp_path, "group_counts")
    assert counts.set_index("school_id").loc[ELM, "value_status"] == "suppressed"
    assert "the schools add up to 30, the district's own row says 39" in set(lines(where, "note")["reason"])


def test_schools_with_another_name_in_another_year_are_noted(tmp_path: Path) -> None:
    rows = [
        day(OAK, name="Oak", year="2023-24"),
        day(OAK, name="Cesar Chavez"),
        day(ELM, name="Elm St.", year="2023-24"),
        day(ELM, name="ELM ST"),
    ]
    census_day(tmp_path, rows)
    _, where = read_day(tmp_path)
    (note,) = lines(where, "note").to_dict("records")
    assert note["item"] == OAK and note["reason"].startswith("1 schools have another name in another year")
    assert "Oak (2023), then Cesar Chavez (2024)" in note["reason"]


def test_headers_match_without_case_and_separators_and_the_conversion_is_read(tmp_path: Path) -> None:
    header = ["academic_year", "agg_level", "county_code", "district_code", "school_code", "county_name", "district_name", "school_name", "charter_status", "reporting_category",
              "total_enrollment", *("grade_k" if g == "KN" else f"grade_{g.lower()}" for g in GRADES)]  # fmt: skip
    census_day(tmp_path, [day(OAK), day(OAK, "SG_EL", grades={"01": ""}, total=4)], header, "day.csv", ",")
    shouted = [column.upper().replace(" ", "_") for column in DAY]
    census_day(tmp_path, [day(OAK)], shouted)
    assert read_day(tmp_path)[0].equals(read_day(tmp_path, name="day.csv")[0])
    groups, _ = read_day(tmp_path, "group_counts", "day.csv")
    assert groups.set_index("student_group")["pupils"].to_dict() == {"all": 30, "english_learner": 4}


def test_suppressed_groups_are_intervals(tmp_path: Path) -> None:
    census_day(
        tmp_path, [day(OAK), day(OAK, "SG_EL", grades={"01": "*"}, total="*"), day(OAK, "SG_SD", grades={"01": 12})]
    )
    groups, where = read_day(tmp_path, "group_counts")
    by_group = groups.set_index("student_group")
    assert by_group.loc["english_learner", ["pupils_low", "pupils_high", "value_status"]].tolist() == [
        1,
        10,
        "suppressed",
    ]
    assert np.isnan(by_group.loc["english_learner", "pupils"]) and by_group.loc["low_income", "pupils"] == 12
    assert lines(where, "absence")["total"].tolist() == [1]
    narrow, _ = read_day(tmp_path, "group_counts", suppressed_range=(1.0, 5.0))
    assert narrow.set_index("student_group").loc["english_learner", "pupils_high"] == 5


def test_a_suppressed_grade_may_be_empty_and_is_never_more_than_the_total(tmp_path: Path) -> None:
    census_day(tmp_path, [day(OAK, grades={"01": "*", "02": "*"}, total=4)])
    counts, _ = read_day(tmp_path)
    first = counts.set_index("grade").loc["01"]
    assert first[["pupils_low", "pupils_high", "value_status"]].tolist() == [0, 4, "suppressed"]


def test_grades_that_do_not_add_up_and_doubled_rows_are_refused(tmp_path: Path) -> None:
    census_day(tmp_path, [day(OAK, total=31)])
    with pytest.raises(SourceError, match=rf"do not add up.*row 2 \(school='{OAK}'\)"):
        read_day(tmp_path)
    census_day(tmp_path, [day(OAK), day(OAK)])
    with pytest.raises(SourceError, match="stand twice"):
        read_day(tmp_path)


def test_a_school_with_an_all_row_beside_its_charter_row_counts_once(tmp_path: Path) -> None:
    census_day(tmp_path, [day(OAK, charter="All"), day(OAK, charter="Y")])
    assert read_day(tmp_path)[0]["pupils"].sum() == 30


@pytest.mark.parametrize(
    ("name", "district", "pupils", "in_schools", "schools", "charters"),
    [("scusd", D, 42_337, 42_081, 83, 15), ("lausd", "1964733", 516_685, 515_376, 1_001, 269)],
)
def test_real_districts_have_the_publishers_totals(
    shared_data: Callable[[str], Path],
    tmp_path: Path,
    name: str,
    district: str,
    pupils: int,
    in_schools: int,
    schools: int,
    charters: int,
) -> None:
    shutil.copy(shared_data(f"ca-census-day-2024-25/{name}_census_day_2024-25.csv"), tmp_path / "day.csv")
    shutil.copy(shared_data("ca-cde-pubschls-2018/pubschls_2018-06.txt"), tmp_path / "pubschls.txt")
    where = folder(tmp_path)
    own = {"district": district}
    counts = held(
        "grade_counts", read_ca_census_day(entry("ca_census_day", "grade_counts", "day.csv", options=own), where)
    )
    groups = held(
        "group_counts", read_ca_census_day(entry("ca_census_day", "group_counts", "day.csv", options=own), where)
    )
    everyone = groups[groups["student_group"] == "all"].set_index("school_id")["pupils"]
    assert counts["pupils"].sum() == everyone.sum() == pupils
    listed = held(
        "directory",
        read_ca_directory(
            entry(
                "ca_directory", "directory", "pubschls.txt", "day.csv", options={**own, "enrollment_file": "day.csv"}
            ),
            where,
        ),
    ).set_index("school_id")
    # no pupil without a school in the directory, and pupils under codes that are no place stay apart
    assert everyone.index.isin(listed.index).all()
    place = listed.loc[everyone.index, "is_place"]
    assert everyone[place].sum() == in_schools and place.sum() == schools
    assert (listed.loc[everyone.index[place], "sector"] == "charter").sum() == charters
    assert (listed.loc[everyone.index, "school_status"] == "open").all()


# --- enrollment to 2022-23 -------------------------------------------------------------------

OLD = [
    "CDS_CODE",
    "COUNTY",
    "DISTRICT",
    "SCHOOL",
    "ETHNIC",
    "GENDER",
    "KDGN",
    *(f"GR_{g}" for g in range(1, 9)),
    "UNGR_ELM",
    *(f"GR_{g}" for g in range(9, 13)),
    "UNGR_SEC",
    "ENR_TOTAL",
    "ADULT",
]


def old_row(
    code: str,
    race: str,
    gender: str,
    kg: int = 0,
    first: int = 0,
    ungraded: int = 0,
    adult: int = 0,
    total: int | None = None,
) -> list[Any]:
    whole = kg + first + ungraded if total is None else total
    return [
        code,
        "Sacramento",
        "SCUSD",
        "Oak",
        race,
        gender,
        kg,
        first,
        *[0] * 7,
        ungraded,
        0,
        0,
        0,
        0,
        0,
        whole,
        adult,
    ]


def read_old(
    path: Path, name: str, feeds: str = "grade_counts", vintage: str = "2016-17"
) -> tuple[pd.DataFrame, Folder]:
    where = folder(path)
    return held(
        feeds, read_ca_enrollment(entry("ca_enrollment", feeds, name, vintage=vintage, options=DISTRICT), where)
    ), where


def test_races_and_genders_are_summed_by_grade(tmp_path: Path) -> None:
    write(
        tmp_path / "enr16.txt",
        OLD,
        [
            old_row(OAK, "5", "M", kg=8, first=2),
            old_row(OAK, "5", "F", kg=4, ungraded=3, adult=6),
            old_row(OAK, "1", "F", first=1),
            old_row("19647330000001", "5", "F", 9),
        ],
        "\t",
    )
    counts, where = read_old(tmp_path, "enr16.txt")
    by_grade = counts.set_index("grade")["pupils"]
    assert by_grade[["KG", "01", "UG", "02"]].tolist() == [12, 3, 3, 0] and counts["pupils"].sum() == 18
    assert set(counts["fall_year"]) == {2016} and "TK" not in set(counts["grade"])
    assert lines(where, "loss").set_index("unit_name")["total"].to_dict() == {"rows": 1, "pupils": 6}
    races, _ = read_old(tmp_path, "enr16.txt", "group_counts")
    assert races.set_index("student_group")["pupils"].to_dict() == {"all": 18, "hispanic": 17, "native_american": 1}


def test_the_reissued_file_of_several_years_is_read(tmp_path: Path) -> None:
    header = ["ACADEMIC_YEAR", *({"ETHNIC": "RACE_ETHNICITY", "KDGN": "GR_KN"}.get(column, column) for column in OLD)]
    write(
        tmp_path / "enr201719-v2.txt",
        header,
        [["2017-18", *old_row(OAK, "7", "M", 5)], ["2018-19", *old_row(OAK, "7", "M", 6)]],
        "\t",
    )
    counts, _ = read_old(tmp_path, "enr201719-v2.txt", vintage="2017-2019")
    assert counts.groupby("fall_year")["pupils"].sum().to_dict() == {2017: 5, 2018: 6}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (old_row(OAK, "5", "M", 8, total=9), "do not add up to ENR_TOTAL"),
        (old_row(OAK, "X", "M", 8), "race code is not 0-9"),
        ([*old_row(OAK, "5", "M", 8)[:6], "", *old_row(OAK, "5", "M", 8)[7:]], "KDGN is empty|KG is empty"),
        (
            [*old_row(OAK, "5", "M", 8)[:6], "*", *old_row(OAK, "5", "M", 8)[7:]],
            "neither a number nor a declared token",
        ),
    ],
)
def test_broken_enrollment_rows_are_refused(tmp_path: Path, row: list[Any], told: str) -> None:
    write(tmp_path / "enr16.txt", OLD, [old_row(ELM, "5", "F", 3), row], "\t")
    with pytest.raises(SourceError, match=told):
        read_old(tmp_path, "enr16.txt")


def test_years_that_do_not_follow_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "enr16.txt", OLD, [old_row(OAK, "5", "F", 3)], "\t")
    with pytest.raises(SourceError, match="school year must look like 2024-25"):
        read_old(tmp_path, "enr16.txt", vintage="2016-18")
    write(tmp_path / "enr16.txt", OLD, [old_row(OAK, "5", "F", 3), old_row(OAK, "5", "F", 3)], "\t")
    with pytest.raises(SourceError, match="stand twice"):
        read_old(tmp_path, "enr16.txt")


# --- results ---------------------------------------------------------------------------------

CODES = ["County Code", "District Code", "School Code"]
NEW_TESTS = [*CODES, "Filler", "Test Year", "District Name", "School Name", "Type ID", "Test Type", "Test ID", "Student Group ID", "Grade", "Total Students Enrolled",
             "Total Students Tested", "Total Students Tested with Scores", "Percentage Standard Met and Above", "Count Standard Met and Above"]  # fmt: skip
OLD_TESTS = [
    *CODES,
    "Filler",
    "Test Year",
    "Subgroup ID",
    "Test Type",
    "Total Tested At Entity Level",
    "Grade",
    "Test Id",
    "Percentage Standard Met and Above",
    "Students with Scores",
]


def new_test(
    code: str,
    test: str = "1",
    grade: str = "13",
    group: str = "1",
    tested: Any = 50,
    share: Any = "40.00",
    met: Any = 20,
) -> list[Any]:
    return [
        code[:2],
        code[2:7],
        code[7:],
        "",
        "2024",
        "SCUSD",
        "Oak",
        "07",
        "B",
        test,
        group,
        grade,
        60,
        55,
        tested,
        share,
        met,
    ]


def read_tests(path: Path, name: str) -> tuple[pd.DataFrame, Folder]:
    where = folder(path)
    return held("results", read_ca_caaspp(entry("ca_caaspp", "results", name, options=DISTRICT), where)), where


def test_all_grades_of_all_pupils_by_subject(tmp_path: Path) -> None:
    rows = [
        new_test(OAK),
        new_test(OAK, "2", tested=48, share="25.00", met=12),
        new_test(OAK, grade="03"),
        new_test(OAK, group="160"),
        new_test(f"{D}0000000"),
        new_test("19647330000001"),
    ]
    write(tmp_path / "sb_ca2024_1_csv_v1.txt", NEW_TESTS, rows, "^")
    results, where = read_tests(tmp_path, "sb_ca2024_1_csv_v1.txt")
    assert results[["subject", "fall_year", "pupils_tested", "pupils_meeting"]].to_numpy().tolist() == [
        ["ela", 2023, 50, 20],
        ["math", 2023, 48, 12],
    ]
    assert lines(where, "loss")["total"].tolist() == [2, 2]


def test_before_2024_pupils_meeting_are_the_rounded_share(tmp_path: Path) -> None:
    # 17 of 37 are 45.95 percent; codes have lost their zeros
    rows = [
        ["1", "10017", "112607", "", "2016", "1", "B", 400, "13", "1", "45.95", 37],
        ["1", "10017", "112607", "", "2016", "1", "B", 400, "13", "2", "*", 8],
    ]
    write(tmp_path / "sb_ca2016.txt", OLD_TESTS, rows, ",")
    where = folder(tmp_path)
    results = held(
        "results",
        read_ca_caaspp(entry("ca_caaspp", "results", "sb_ca2016.txt", options={"district": "0110017"}), where),
    ).set_index("subject")
    assert results.loc["ela", ["school_id", "pupils_meeting", "fall_year"]].tolist() == ["01100170112607", 17, 2015]
    assert results.loc["math", ["pupils_tested", "value_status"]].tolist() == [8, "suppressed"] and np.isnan(
        results.loc["math", "pupils_meeting"]
    )


def test_suppressed_and_untested_schools_are_two_things(tmp_path: Path) -> None:
    write(
        tmp_path / "t.txt",
        NEW_TESTS,
        [new_test(OAK, tested="*", share="*", met="*"), new_test(ELM, tested=0, share="", met="")],
        "^",
    )
    results = read_tests(tmp_path, "t.txt")[0].set_index("school_id")
    assert results["value_status"].to_dict() == {OAK: "suppressed", ELM: "not_applicable"}
    assert results["pupils_meeting"].isna().all() and results.loc[ELM, "pupils_tested"] == 0


def test_impossible_results_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "t.txt", NEW_TESTS, [new_test(OAK, met=51), new_test(ELM), new_test(ELM)], "^")
    with pytest.raises(SourceError) as refused:
        read_tests(tmp_path, "t.txt")
    assert {fault.code for fault in refused.value.faults} == {"E-MORE-THAN-ALL", "E-KEY-DUP"}


LEVELS = [*NEW_TESTS, "Count Standard Nearly Met", "Count Standard Not Met"]


def test_more_in_the_levels_than_tested_is_refused_with_its_row(tmp_path: Path) -> None:
    # the levels of a wrong count would else become the pupils tested: 10,055 of 10,085
    rows = [[*new_test(OAK), 18, 12], [*new_test(ELM, met=10055), 18, 12]]
    write(tmp_path / "t.txt", LEVELS, rows, "^")
    with pytest.raises(
        SourceError, match=r"E-MORE-THAN-ALL.*once; first: row 3 \(10055 meet the standard, 40\.00% of 50 pupils\)"
    ):
        read_tests(tmp_path, "t.txt")


@pytest.mark.parametrize(
    ("share", "met", "is_sound"),
    [("33.33", 16, True), ("33.3", 16, True), ("33.33", 17, False), ("33.33", 15, False), ("66.67", 16, False)],
)
def test_count_and_percentage_agree_but_for_rounding(tmp_path: Path, share: str, met: int, is_sound: bool) -> None:
    # 48 of 50 have a score
    write(
        tmp_path / "t.txt",
        LEVELS,
        [[*new_test(OAK, share=share, met=met), 20, 28 - met], [*new_test(ELM, share="40.0"), 18, 12]],
        "^",
    )
    if is_sound:
        results = read_tests(tmp_path, "t.txt")[0].set_index("school_id")
        assert results.loc[OAK, ["pupils_tested", "pupils_meeting"]].tolist() == [48, met]
    else:
        with pytest.raises(
            SourceError, match=rf"E-PERCENT.*rounding.*row 2 \({met} meet the standard, {share}% of 48 pupils\)"
        ):
            read_tests(tmp_path, "t.txt")


def test_percentages_beyond_a_hundred_are_refused_with_their_row(tmp_path: Path) -> None:
    write(tmp_path / "t.txt", NEW_TESTS, [new_test(OAK, share="140.00", met="*")], "^")
    with pytest.raises(
        SourceError, match=r"E-PERCENT.*between 0 and 100.*row 2 \(percentage met and above='140\.00'\)"
    ):
        read_tests(tmp_path, "t.txt")


@pytest.mark.parametrize("shares", [("0.40", "0.25"), ("40.00%", "25.00%")])
def test_a_file_of_shares_in_place_of_percentages_is_refused(tmp_path: Path, shares: tuple[str, str]) -> None:
    rows = [new_test(code, test, share=s, met="*") for code in (OAK, ELM) for test, s in zip("12", shares, strict=True)]
    write(tmp_path / "t.txt", NEW_TESTS, rows, "^")
    with pytest.raises(SourceError, match=r"E-PERCENT.*shares stand in place of percentages \(4 times; first: row 2"):
        read_tests(tmp_path, "t.txt")


def test_one_percent_of_one_large_school_is_a_percentage(tmp_path: Path) -> None:
    rows = [new_test(OAK, tested=400, share="0.50", met="*"), new_test(ELM, tested=10, share="0", met="*")]
    write(tmp_path / "t.txt", NEW_TESTS, rows, "^")
    assert read_tests(tmp_path, "t.txt")[0].set_index("school_id").loc[OAK, "pupils_meeting"] == 2


def test_real_results_of_sacramento(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("ca-caaspp-2024/scusd_caaspp_2024.csv")
    results = held(
        "results", read_ca_caaspp(entry("ca_caaspp", "results", path.name, options=DISTRICT), folder(path.parent))
    )
    assert results["school_id"].nunique() == 84 and set(results["fall_year"]) == {2023}
    raw = (
        pd.read_csv(path, dtype={"cds_code": str, "grade": str})
        .query("grade == '13' and subject == 'ELA'")
        .set_index("cds_code")
    )
    ela = results[results["subject"] == "ela"].set_index("school_id")
    assert (100 * ela["pupils_meeting"] / ela["pupils_tested"] - raw["pct_met_and_above"]).abs().max() < 0.006


GRADED = [*NEW_TESTS, "Mean Scale Score"]


def read_grades(path: Path, name: str) -> pd.DataFrame:
    source = entry("ca_caaspp", "grade_results", name, options=DISTRICT)
    return held("grade_results", read_ca_caaspp(source, folder(path)))


def test_single_grades_with_their_mean_score_and_never_all_together(tmp_path: Path) -> None:
    rows = [
        [*new_test(OAK, grade="13"), ""],
        [*new_test(OAK, grade="3"), "2401.5"],
        [*new_test(OAK, grade="04", tested=20, share="50.00", met=10), "2475.0"],
        [*new_test(OAK, grade="04", group="160"), "2400.0"],
        [*new_test(ELM, grade="11", tested="*", share="*", met="*"), "*"],
    ]
    write(tmp_path / "t.txt", GRADED, rows, "^")
    grades = read_grades(tmp_path, "t.txt").set_index(["school_id", "grade"])
    assert grades.index.tolist() == [(OAK, "03"), (OAK, "04"), (ELM, "11")]
    assert grades["mean_score"].tolist()[:2] == [2401.5, 2475.0]
    assert grades["pupils_meeting"].tolist()[:2] == [20, 10]
    assert grades.loc[(ELM, "11"), "value_status"] == "suppressed"
    assert grades.loc[(ELM, "11"), ["pupils_tested", "mean_score"]].isna().all()


def test_a_grade_twice_and_a_grade_that_is_none_are_refused(tmp_path: Path) -> None:
    rows = [[*new_test(OAK, grade=g), "2400"] for g in ("3", "03", "17")]
    write(tmp_path / "t.txt", GRADED, rows, "^")
    with pytest.raises(SourceError) as refused:
        read_grades(tmp_path, "t.txt")
    assert {fault.code for fault in refused.value.faults} == {"E-KEY-DUP", "E-CODE"}


def test_real_grades_of_sacramento_are_the_parts_of_the_whole(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("ca-caaspp-2024/scusd_caaspp_2024.csv")
    whole, grades = (
        held(feeds, read_ca_caaspp(entry("ca_caaspp", feeds, path.name, options=DISTRICT), folder(path.parent)))
        for feeds in ("results", "grade_results")
    )
    key = ["school_id", "subject"]
    shown = grades.groupby(key)["value_status"].transform(lambda s: s.ne("suppressed").all())
    sums = grades[shown].groupby(key)[["pupils_tested", "pupils_meeting"]].sum()
    both = sums.join(whole.set_index(key), suffixes=("", "_whole"), how="inner").dropna(subset=["pupils_meeting_whole"])
    assert len(both) > 100
    # a whole school may hold pupils of a grade that the file leaves out
    assert (both["pupils_tested"] <= both["pupils_tested_whole"]).all()
    assert (both["pupils_meeting"] == both["pupils_meeting_whole"]).mean() > 0.9
    assert grades["mean_score"].dropna().between(2200, 2800).all()


def test_graduates_of_schools_only_and_under_their_own_code(tmp_path: Path) -> None:
    header = ["cds", "rtype", "studentgroup", "currnumer", "currdenom", "reportingyear"]
    rows = [
        [OAK, "S", "ALL", 90, 100, 2024],
        [OAK, "S", "AA", 9, 10, 2024],
        [f"{D}0000000", "D", "ALL", 900, 999, 2024],
        [ELM, "S", "ALL", "", "", 2024],
    ]
    write(tmp_path / "grad.txt", header, rows, "\t")
    where = folder(tmp_path)
    results = held(
        "results", read_ca_graduation(entry("ca_graduation", "results", "grad.txt", options=DISTRICT), where)
    ).set_index("school_id")
    assert results.loc[OAK, ["subject", "fall_year", "pupils_tested", "pupils_meeting"]].tolist() == [
        "graduation",
        2023,
        100,
        90,
    ]
    assert results.loc[ELM, "value_status"] == "suppressed"
    moved = read_ca_graduation(
        entry("ca_graduation", "results", "grad.txt", options={"district": "4970920", "reported_under": D}), where
    )
    assert set(moved["school_id"]) == {f"4970920{OAK[7:]}", f"4970920{ELM[7:]}"} and len(lines(where, "repair")) == 1


def test_the_former_index_is_a_share_of_its_scale(tmp_path: Path) -> None:
    write(tmp_path / "apipop.csv", ["cds", "api00", "api99", "api.stu"], [[OAK, 1000, 200, 300], [ELM, 600, "*", 80]])
    where = folder(tmp_path)
    results = held("results", read_ca_api(entry("ca_api", "results", "apipop.csv", options=DISTRICT), where)).set_index(
        ["school_id", "fall_year"]
    )
    assert results["points_share"].to_dict() == pytest.approx(
        {(OAK, 1998): 0.0, (OAK, 1999): 1.0, (ELM, 1998): np.nan, (ELM, 1999): 0.5}, nan_ok=True
    )
    assert results.loc[(ELM, 1998), "value_status"] == "suppressed"
    write(tmp_path / "apipop.csv", ["cds", "api00", "api99", "api.stu"], [[OAK, 1100, 200, 300]])
    with pytest.raises(SourceError, match="runs from 200 to 1000"):
        read_ca_api(entry("ca_api", "results", "apipop.csv", options=DISTRICT), where)


def test_real_graduates_and_index(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("ca-grad-2018-2025/ca_graduation_2018-2025.csv.gz")
    graduates = held(
        "results",
        read_ca_graduation(entry("ca_graduation", "results", path.name, options=DISTRICT), folder(path.parent)),
    )
    assert graduates.groupby("fall_year")["pupils_tested"].sum().to_dict() == {
        2017: 2974,
        2018: 3068,
        2021: 3329,
        2023: 3374,
        2024: 3229,
    }
    path = shared_data("ca-api-1999-2000/apipop.csv")
    index = held("results", read_ca_api(entry("ca_api", "results", path.name, options=DISTRICT), folder(path.parent)))
    assert index["school_id"].nunique() == 72 and index["points_share"].between(0, 1).all()
