"""What can be read and cannot be true of a table by itself: refused with its row, whatever reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.columns import parted
from pipeline.errors import SourceError
from pipeline.sources.faults import Faults
from pipeline.sources.plausible import LIMITS, WHOLE, add_faults
from pipeline.sources.registry import gather
from pipeline.tables import BY_TABLE
from tests.sources import agency
from tests.sources.bad_files import entry, folder, read_births, read_pupils

PUPILS = "school,year,grade,pupils\n"


def read(path: Path, feeds: str, text: str, **words: Any) -> pd.DataFrame:
    """A table whose columns have our names, except those in ``words``."""
    (path / "raw.csv").write_text(text, encoding="utf-8")
    columns = {c: c for c in text.split("\n", 1)[0].split(",") if c not in ("x", "y")}
    made = entry(feeds, "table", "raw.csv", columns=columns, **words)
    return gather([made], feeds, folder(path))


def test_part_of_a_pupil_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"(?s)pupils\.csv.*E-NOT-WHOLE.*once; first: row 3 \(pupils=301\.5\).*`drop`"
    ):
        read_pupils(folder(tmp_path), PUPILS + "1,2024,05,20\n1,2024,06,301.5\n")


def test_whole_numbers_written_as_decimals_stay(tmp_path: Path) -> None:
    assert read_pupils(folder(tmp_path), PUPILS + "1,2024,05,20.0\n")["pupils"].tolist() == [20]


def test_bounds_of_a_suppressed_number_may_be_halves(tmp_path: Path) -> None:
    stars = {"absent": {"suppressed": ("*",)}, "suppressed_range": (0.5, 10.5)}
    read_back = read_pupils(folder(tmp_path), PUPILS + "1,2024,05,*\n", **stars)
    assert read_back[["pupils_low", "pupils_high"]].to_numpy().tolist() == [[0.5, 10.5]]


def test_parts_of_births_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"E-NOT-WHOLE.*births.*row 2 \(births=3\.25\)"):
        read_births(folder(tmp_path), "tract,year,births\n06999000100,2020,3.25\n")


def test_parts_of_rooms_and_a_thousand_rooms_are_refused_in_one_message(tmp_path: Path) -> None:
    constants = {"room_type": "classroom", "is_portable": False}
    with pytest.raises(
        SourceError, match=r"(?s)E-NOT-WHOLE.*row 2 \(rooms=12\.7\).*E-IMPLAUSIBLE.*row 3 \(rooms=1001\)"
    ):
        read(tmp_path, "room_counts", "site_id,rooms\n1,12.7\n2,1001\n", constants=constants)


REQUEST = "school_id,elementary_pupils,middle_pupils,needed_rooms\n"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("100.5,,5", r"E-NOT-WHOLE\] elementary_pupils.*row 2 \(elementary_pupils=100\.5\)"),
        ("100,,2.5", r"E-NOT-WHOLE\] needed_rooms.*row 2 \(needed_rooms=2\.5\)"),
        ("100,,0", r"E-IMPLAUSIBLE\] needed_rooms must lie between 1 and 1000.*row 2 \(needed_rooms=0\)"),
        (",1000000000000000,", r"E-IMPLAUSIBLE\] middle_pupils.*row 2 \(middle_pupils=1e\+15\)"),
        ("5000,1,1", r"E-IMPLAUSIBLE\] a request gives more than 60 pupils.*row 2 \(pupils=5001, needed_rooms=1\).*leave needed_rooms empty"),
        ("61,,1", r"more than 60 pupils.*row 2 \(pupils=61, needed_rooms=1\)"),
    ],
)  # fmt: skip
def test_requests_that_no_building_could_hold_are_refused(tmp_path: Path, cells: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read(tmp_path, "space_requests", f"{REQUEST}NEW1,{cells}\n")


def test_sound_requests_stay(tmp_path: Path) -> None:
    rows = read(tmp_path, "space_requests", REQUEST + "NEW1,60,,1\nNEW2,,120,\nNEW3,,,6\nNEW4,,,\n")
    assert len(rows) == 4


def test_neighborhoods_to_serve_are_parted_at_blanks_or_at_semicolons(tmp_path: Path) -> None:
    text = "school_id,community_ids\nNEW1,N1 N2\nNEW2,Upper Fells Point; Canton\nNEW3,Upper Fells Point;\nNEW4,\n"
    given = read(tmp_path, "space_requests", text)["community_ids"]
    assert list(map(parted, given)) == [["N1", "N2"], ["Upper Fells Point", "Canton"], ["Upper Fells Point"], []]


def test_a_project_of_millions_of_homes_is_refused(tmp_path: Path) -> None:
    constants = {"home_type": "apartment", "first_year": 2024, "last_year": 2027}
    words = {"constants": constants, "options": {"point": {"longitude": "x", "latitude": "y"}}}
    text = "project_id,name,planned_homes,x,y\n1,North,25000,-122.25,40.15\n2,South,16800000,-122.25,40.15\n"
    with pytest.raises(
        SourceError,
        match=r"E-IMPLAUSIBLE.*planned_homes must lie .* 25000 \(once; first: row 3 .*16800000\)\)\. .*correct the row",
    ):
        read(tmp_path, "project_list", text, **words)


def test_flows_as_ratios_are_refused(tmp_path: Path) -> None:
    words = {"constants": {"level": "high", "fall_year": 2024}}
    with pytest.raises(SourceError, match=r"E-NOT-WHOLE.*2 times; first: row 2 \(pupils=0\.25\)"):
        read(tmp_path, "flow_counts", "zone_id,school_id,pupils\n1,a,0.25\n2,a,0.75\n", **words)


def test_a_grade_beyond_any_school_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"E-IMPLAUSIBLE.*between 0 and 20000.*row 2 \(pupils=1000000000\)"):
        read_pupils(folder(tmp_path), PUPILS + "1,2024,05,1000000000\n")
    assert read_pupils(folder(tmp_path), PUPILS + "1,2024,05,20000\n")["pupils"].tolist() == [20000]


@pytest.mark.parametrize(("year", "is_sound"), [(1979, False), (1980, True), (2100, True), (2101, False)])
def test_school_years_lie_between_the_first_files_and_the_end_of_the_century(
    tmp_path: Path, year: int, is_sound: bool
) -> None:
    text = f"{PUPILS}1,{year},05,20\n"
    if is_sound:
        assert read_pupils(folder(tmp_path), text)["fall_year"].tolist() == [year]
    else:
        with pytest.raises(
            SourceError, match=rf"fall_year.*row 2 \(fall_year={year}\)|fall_year is not a year: '{year}'"
        ):
            read_pupils(folder(tmp_path), text)


def test_more_meeting_than_tested_is_refused_whatever_reads_it(tmp_path: Path) -> None:
    words = {"constants": {"subject": "ela", "fall_year": 2023}}
    with pytest.raises(SourceError, match=r"E-MORE-THAN-ALL.*row 3 \(pupils_meeting=51, pupils_tested=50\)"):
        read(tmp_path, "results", "school_id,pupils_tested,pupils_meeting\n1,50,50\n2,50,51\n", **words)
    words["constants"] |= {"grade": "03"}
    with pytest.raises(SourceError, match=r"E-MORE-THAN-ALL.*row 3"):
        read(tmp_path, "grade_results", "school_id,pupils_tested,pupils_meeting\n1,50,50\n2,50,51\n", **words)


SITE = "site_id,name,condition_index,year_built,given_capacity_seats,x,y\n"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("45,1960,500", r"condition_index.*between 0 and 5 .*row 2 \(condition_index=45\).*0\.01"),
        ("0.4,1660,500", r"year_built.*row 2 \(year_built=1660\)"),
        ("0.4,1960,20001", r"given_capacity_seats.*row 2 \(given_capacity_seats=20001\)"),
        ("5,1750,20000", ""),
        (",,", ""),
    ],
)
def test_sites_beyond_what_buildings_can_be_are_refused(tmp_path: Path, cells: str, told: str) -> None:
    words = {
        "constants": {"site_status": "open", "is_district_owned": True, "condition_class": "fair"},
        "options": {"point": {"longitude": "x", "latitude": "y"}},
    }
    text = f"{SITE}7,Oak,{cells},-122.2,40.1\n"
    if told:
        with pytest.raises(SourceError, match=rf"E-IMPLAUSIBLE.*{told}"):
            read(tmp_path, "site_list", text, **words)
    else:
        assert len(read(tmp_path, "site_list", text, **words)) == 1


def test_projects_that_end_before_they_begin_or_before_the_war_are_refused(tmp_path: Path) -> None:
    words = {"constants": {"home_type": "apartment"}, "options": {"point": {"longitude": "x", "latitude": "y"}}}
    head = "project_id,name,planned_homes,first_year,last_year,x,y\n"
    with pytest.raises(SourceError, match=r"E-YEARS-REVERSED.*row 3 \(first_year=2028, last_year=2025\)"):
        read(tmp_path, "project_list", f"{head}1,Elm,9,2025,2025,,\n2,Oak,9,2028,2025,,\n", **words)
    with pytest.raises(SourceError, match=r"(?s)E-IMPLAUSIBLE.*row 2 \(first_year=1949\)"):
        read(tmp_path, "project_list", f"{head}1,Elm,9,1949,2025,,\n", **words)


def test_private_school_of_a_whole_country_is_refused_with_its_id(tmp_path: Path) -> None:
    header = [
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
    row = ["A9901200", "Oak", "1 Elm", "Millbrook", "CA", "96000", 40.1, -122.2, 3, 13, 1_000_000_000_000]
    agency.write(tmp_path / "pss.csv", header, [row])
    made = entry("group_counts", "nces_private", "pss.csv", vintage="2021-22")
    with pytest.raises(SourceError, match=r"pss\.csv[\s\S]*E-IMPLAUSIBLE.*school_id=A9901200.*pupils=1000000000000"):
        gather([made], "group_counts", folder(tmp_path))


def test_a_districts_row_among_its_schools_is_refused(tmp_path: Path) -> None:
    words = {"constants": {"student_group": "all", "fall_year": 2024}}
    with pytest.raises(SourceError, match=r"between 0 and 50000.*row 3 \(pupils=75811\).*district's row among schools"):
        read(tmp_path, "group_counts", "school_id,pupils\n1,400\n0,75811\n", **words)


def test_negative_numbers_are_left_to_the_contract() -> None:
    faults = Faults()
    add_faults("room_counts", pd.DataFrame({"site_id": ["1"], "rooms": [-1.0]}), faults)
    assert not faults


def test_every_rule_is_of_a_column_that_its_table_has() -> None:
    for name, columns in WHOLE.items():
        assert set(columns) <= set(BY_TABLE[name].names), name
    for name, limits in LIMITS.items():
        assert {limit.column for limit in limits} <= set(BY_TABLE[name].names), name
