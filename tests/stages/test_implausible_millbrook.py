"""Millbrook's own files with one thing changed that cannot be true: the stage that reads them refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import config, stages
from pipeline.errors import LedgerError, PipelineError
from tests.stages import bare

Change = Callable[[str], str]


def swap(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def cell(row: int, column: str, value: str, delimiter: str) -> Change:
    """Put a value into a cell of a file whose header is row 1."""

    def change(text: str) -> str:
        lines = text.splitlines()
        cells = lines[row - 1].split(delimiter)
        cells[lines[0].split(delimiter).index(column)] = value
        return "\n".join([*lines[: row - 1], delimiter.join(cells), *lines[row:]]) + "\n"

    return change


def every(column: str, delimiter: str, how: Callable[[str], str]) -> Change:
    """Change all cells of a column."""

    def change(text: str) -> str:
        header, *lines = text.splitlines()
        at = header.split(delimiter).index(column)
        rows = [line.split(delimiter) for line in lines]
        return "\n".join([header, *(delimiter.join([*r[:at], how(r[at]), *r[at + 1 :]]) for r in rows)]) + "\n"

    return change


def shifted(text: str) -> str:
    """The second column one row down."""
    header, *lines = text.splitlines()
    schools, sites = zip(*(line.split(",") for line in lines), strict=True)
    turned = (sites[-1], *sites[:-1])
    return "\n".join([header, *(f"{a},{b}" for a, b in zip(schools, turned, strict=True))]) + "\n"


def half_delivered(text: str) -> str:
    """Of the last year only the first three tracts."""
    header, *lines = text.splitlines()
    last = [line for line in lines if line.startswith("2024,")]
    return "\n".join([header, *(line for line in lines if line not in last[3:])]) + "\n"


def share_of(cell: str) -> str:
    return cell if cell in ("", "*") else f"{float(cell) / 100:.4f}"


def a_billion(text: str) -> str:
    """One school's row of all pupils, with a billion in a grade and in its total."""
    lines = text.splitlines()
    header = lines[0].split("\t")
    total, grade, level, district, category = (
        header.index(n) for n in ("TOTAL_ENR", "GR_01", "Aggregate Level", "District Code", "Reporting Category")
    )
    for at, line in enumerate(lines):
        cells = line.split("\t")
        if (cells[level], cells[district], cells[category]) == ("S", "99999", "TA") and cells[grade].isdigit():
            cells[total] = str(int(cells[total]) + 1_000_000_000)
            cells[grade] = str(int(cells[grade]) + 1_000_000_000)
            lines[at] = "\t".join(cells)
            break
    return "\n".join(lines) + "\n"


CAASPP_2022, CAASPP_2024 = "sb_ca2022_all_csv_v1.txt", "sb_ca2024_all_csv_v1.txt"
PERCENT, COUNT = "Percentage Standard Met and Above", "Count Standard Met and Above"
CASES = {
    # rows 5 of the results are all grades of a school
    "met a hundred times": ("schools", CAASPP_2024, cell(5, COUNT, "10055", "^"), r"sb_ca2024.*E-MORE-THAN-ALL.*row 5 \(10055 meet"),
    "count and percentage": ("schools", CAASPP_2024, cell(5, PERCENT, "99.99", "^"), r"sb_ca2024.*E-PERCENT.*rounding.*row 5"),
    "shares for percentages": ("schools", CAASPP_2022, every(PERCENT, "^", share_of), r"sb_ca2022.*E-PERCENT.*shares stand in place"),
    "a school of a billion": ("schools", "cdenroll2425.txt", a_billion, r"cdenroll2425.*E-TOTAL.*own total of fall 2024"),
    "two years ahead": ("schools", "cdenroll2425.txt", lambda t: t.replace("2024-25", "2026-27"), r"enrollment .*E-YEAR-AHEAD.*fall 2026"),
    "part of a pupil": ("schools", "attendance_flows_2024_25.csv", swap(",301\n", ",301.5\n"), r"attendance_flows.*E-NOT-WHOLE.*row 2 \(pupils=301\.5\)"),
    "part of a room": ("facilities", "room_inventory_2024.csv", swap(",13\n", ",12.7\n"), r"room_inventory.*E-NOT-WHOLE.*row 2 \(rooms=12\.7\)"),
    "rooms of other sites": ("facilities", "room_inventory_2024.csv", lambda t: t.replace("\nS", "\nX"), r"room_counts .*E-ROOMS-ELSEWHERE.*733 of 733 rooms.*first: site X101"),
    "a thousand rooms": ("facilities", "room_inventory_2024.csv", swap(",13\n", ",999\n"), r"room_counts .*E-ROOMS-TOO-MANY.*site S101: 1,004 rooms in building_m2 2,741"),
    "schools one site on": ("facilities", "site_schools.csv", shifted, r"site_schools .*E-SITES-SHIFTED.*seems shifted"),
    "built in 2062": ("facilities", "closed_sites.csv", swap(",1931,", ",2062,"), r"site_list .*E-YEAR-AHEAD.*site S901, year_built 2062"),
    "condition in percent": ("facilities", "closed_sites.csv", swap(",0.567,", ",56.7,"), r"closed_sites.*E-IMPLAUSIBLE.*row 2 \(condition_index=56\.7\)"),
    "years exchanged": ("facilities", "housing_projects.csv", swap("2024,2027", "2027,2024"), r"housing_projects.*E-YEARS-REVERSED.*row 2"),
    "a project of millions": ("facilities", "housing_projects.csv", swap("MF,168,", "MF,16800000,"), r"housing_projects.*E-IMPLAUSIBLE.*row 2 \(planned_homes=16800000\)"),
    "births without people": ("census", "births_by_tract.csv", swap(",45\n", ",45000\n"), r"birth_counts .*E-BIRTHS.*45,000 births"),
    "a state with parts of others": ("census", "state_tracts_2019_2023.csv", every("no_diploma", ",", lambda cell: "90000"), r"census counts of the state .*E-PART-EXCEEDS.*adults_without_diploma exceeds adults_25_plus"),
    "births of nobody": ("census", "births_by_tract.csv", every("births", ",", lambda cell: "0"), r"birth_counts .*E-BIRTHS-NONE.*300 times; first: area 06999000100 in 2010"),
    "births of another county": ("census", "births_by_tract.csv", lambda t: t.replace(",06999", ",06001"), r"birth_counts: 0 of 14,423 births .* First of 20 areas"),
    "half a year of births": ("census", "births_by_tract.csv", half_delivered, r"birth_counts .*E-BIRTHS-PART.*first: 2024: .* in 3 areas, and in 2014 1,025 in 19"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_cannot_be_true_is_refused(
    name: str, millbrook_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, file, change, told = CASES[name]
    raw = tmp_path / "data/raw/millbrook" / room
    shutil.copytree(millbrook_workspace / "data/raw/millbrook" / room, raw)
    (tmp_path / "data/processed").mkdir()
    for table in stages.find(room).reads:
        shutil.copy(millbrook_workspace / f"data/processed/{table}.parquet", tmp_path / "data/processed")
    shutil.copy(millbrook_workspace / "params.yaml", tmp_path)
    text = (raw / file).read_text(encoding="utf-8")
    (raw / file).write_text(change(text), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match=rf"(?s){told}"):
        stages.execute(stages.find(room))


def test_flows_by_the_zones_of_another_district_are_refused(millbrook: Any) -> None:
    stage = stages.find("seats")
    tables = {table: millbrook(table) for table in stage.reads}
    tables["flows"] = tables["flows"].assign(zone_id="X" + tables["flows"]["zone_id"])
    with pytest.raises(LedgerError, match=r"flows, elementary: .* live in 23 zones .* First: X101"):
        stage.run(config.only(bare.study(), "seats", stage.sections), tables)


def test_zones_of_schools_that_nobody_lists_are_counted_by_relations(millbrook: Any) -> None:
    ledger = millbrook("ledger_relations").set_index("subject_name")
    line = ledger.loc["zones whose school is in the directory"]
    assert (line["entry"], line["total"], line["inside"]) == ("match", 31, 31)
