"""ACS summary files: sums of lines with margins, the Bureau's codes, and refusals."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columns import CENSUS_COUNTS
from pipeline.errors import ConfigError, SourceError
from pipeline.sources.acs import CELLS, read_acs_summary_file
from pipeline.sources.acs_codes import sum_of_lines
from tests.sources.agency import entry, folder, held, lines, write

SIZES = {"B01001": 49, "B01003": 1, "B11003": 20, "B15003": 25, "B16002": 38, "B16005": 45, "B17001": 59, "B17024": 131, "B18101": 39, "B23025": 7,
         "B25001": 1, "B25002": 3, "B25003": 3, "B25014": 13, "B25044": 15, "B08201": 30, "C16002": 14, "C17002": 8}  # fmt: skip
TRACT, GROUP = "1400000US06999000100", "1500000US069990001001"


def table(path: Path, name: str, size: int, cells: dict[str, dict[int, tuple[object, object]]]) -> str:
    """A .dat file with every line of a table; lines that are not given are 10 with a margin of 3.

    The ages of B01001 add up to its total: men of 85 and over (line 25) are what is left of it.
    """
    if name == "B01001":
        cells = {geo: adding_up(given) for geo, given in cells.items()}
    header = ["GEO_ID", *(f"{name}_{part}{line:03d}" for line in range(1, size + 1) for part in "EM")]
    rows = [
        [geo, *(cell for line in range(1, size + 1) for cell in given.get(line, (10, 3)))]
        for geo, given in cells.items()
    ]
    write(path / f"acsdt5y2023-{name.lower()}.dat", header, rows, "|")
    return f"acsdt5y2023-{name.lower()}.dat"


def adding_up(given: dict[int, tuple[object, object]]) -> dict[int, tuple[object, object]]:
    young = sum(float(given.get(line, (10, 3))[0]) for line in (*range(3, 25), *range(27, 50)))  # type: ignore[arg-type]  # numbers here
    total, margin = given.get(1, (young + 10, 3))
    return {25: (float(total) - young, 3), 1: (total, margin), **given}  # type: ignore[arg-type]


def read(path: Path, *names: str, **options: object):  # type: ignore[no-untyped-def]  # frame and folder
    where = folder(path)
    return read_acs_summary_file(
        entry("acs_summary_file", "area_counts", *names, vintage="2019-2023", options=options), where
    ), where


def test_counts_add_the_lines_of_both_sexes_and_their_margins(tmp_path: Path) -> None:
    # boys and girls under 5: 30 +- 3 and 40 +- 4 -> 70 +- 5
    name = table(tmp_path, "B01001", 49, {TRACT: {1: (900, 60), 3: (30, 3), 27: (40, 4)}})
    frame, _ = read(tmp_path, name)
    row = held("area_counts", frame).iloc[0]
    assert (row["population"], row["population_moe"]) == (900, 60)
    assert (row["children_0_4"], row["children_0_4_moe"]) == (70, 5)
    assert row["children_0_17"] == 70 + 6 * 10
    assert row["children_0_17_moe"] == pytest.approx(math.sqrt(25 + 6 * 9))


def test_of_zero_lines_only_the_largest_margin_counts(tmp_path: Path) -> None:
    name = table(tmp_path, "B01001", 49, {TRACT: {3: (0, 12), 27: (0, 9)}})
    frame, _ = read(tmp_path, name)
    assert (frame["children_0_4"].iloc[0], frame["children_0_4_moe"].iloc[0]) == (0, 12)


@pytest.mark.parametrize(
    ("cell", "value", "margin", "reason"),
    [
        ((50, -555555555), 50, 0, None),
        ((50, -222222222), 50, None, "margin"),
        ((50, -333333333), 50, None, "margin"),
        ((-666666666, -222222222), None, None, "too few"),
        ((-999999999, -999999999), None, None, "too few"),
        ((-888888888, -888888888), None, None, "not applicable"),
        (("", ""), None, None, "empty"),
    ],
)
def test_each_code_of_the_bureau_has_its_meaning(
    tmp_path: Path, cell: tuple[object, object], value: float | None, margin: float | None, reason: str | None
) -> None:
    name = table(tmp_path, "B25003", 3, {TRACT: {3: cell}, GROUP: {}})
    frame, where = read(tmp_path, name)
    row = held("area_counts", frame).set_index("area_level").loc["tract"]
    assert (None if np.isnan(row["renter_homes"]) else row["renter_homes"]) == value
    assert (None if np.isnan(row["renter_homes_moe"]) else row["renter_homes_moe"]) == margin
    said = " ".join(lines(where, "absence")["reason"])
    assert said == "" if reason is None else reason in said


def test_unknown_negative_numbers_are_refused_with_row_and_column(tmp_path: Path) -> None:
    name = table(tmp_path, "B25003", 3, {TRACT: {2: (-7, 3), 3: (-444444444, 3)}, GROUP: {3: (5, -1)}})
    with pytest.raises(SourceError) as refused:
        read(tmp_path, name)
    text = str(refused.value)
    assert "B25003_E003 is negative" in text and "row 2 (B25003_E003='-444444444')" in text
    assert "B25003_M003 is negative" in text and "row 3" in text


def test_all_faults_of_a_file_come_in_one_message(tmp_path: Path) -> None:
    name = table(tmp_path, "B25003", 3, {TRACT: {1: ("many", 3)}})
    text = (tmp_path / name).read_text()
    row = text.splitlines()[1]
    (tmp_path / name).write_text(text + row + "\n" + row.replace("06999000100", "6999000100") + "\n")
    with pytest.raises(SourceError) as refused:
        read(tmp_path, name)
    assert {fault.code for fault in refused.value.faults} == {"E-NOT-NUMBER", "E-KEY-DUP", "E-ID-LENGTH"}


def test_missing_lines_and_wrong_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "short.dat", ["GEO_ID", "B01001_E001", "B01001_M001"], [[TRACT, 5, 1]], "|")
    write(tmp_path / "other.dat", ["GEOID", "value"], [[TRACT, 5]], "|")
    with pytest.raises(SourceError, match="B01001_E003"):
        read(tmp_path, "short.dat")
    with pytest.raises(SourceError, match="GEO_ID and the lines of one table"):
        read(tmp_path, "other.dat")


def test_tables_that_stop_at_the_tract_leave_block_groups_empty_and_say_so(tmp_path: Path) -> None:
    people = table(tmp_path, "B01001", 49, {TRACT: {}, GROUP: {}})
    health = table(tmp_path, "B18101", 39, {TRACT: {}})
    frame, where = read(tmp_path, people, health)
    by_level = frame.set_index("area_level")["people_with_disability"]
    assert by_level["tract"] == 120 and np.isnan(by_level["block_group"])
    absent = lines(where, "absence").query("item == 'block_group'")
    assert set(absent["subject_name"]) == {"civilians 2019-2023", "people_with_disability 2019-2023"}


def test_poverty_of_block_groups_comes_from_the_ratio_table(tmp_path: Path) -> None:
    # B17001 is not published for block groups, C17002 is: lines 2 and 3 are below the poverty line
    ages = table(tmp_path, "B17001", 59, {TRACT: {1: (500, 20), 2: (90, 15)}})
    ratio = table(
        tmp_path,
        "C17002",
        8,
        {TRACT: {1: (500, 20), 2: (40, 6), 3: (50, 8)}, GROUP: {1: (300, 9), 2: (20, 3), 3: (10, 4)}},
    )
    frame, _ = read(tmp_path, ages, ratio)
    found = frame.set_index("area_level")[["people_in_poverty", "people_in_poverty_moe", "poverty_universe"]]
    assert found.loc["tract"].tolist() == [90, 15, 500]
    assert found.loc["block_group"].tolist() == [30, 5, 300]


@pytest.mark.parametrize(("size", "limited"), [(14, 4), (38, 12)])
def test_household_language_is_read_in_both_layouts(tmp_path: Path, size: int, limited: int) -> None:
    name = table(tmp_path, "B16002", size, {TRACT: {1: (800, 9)}})
    frame, _ = read(tmp_path, name)
    assert frame["limited_english_households"].iloc[0] == 10 * limited
    assert frame["limited_english_households_moe"].iloc[0] == pytest.approx(3 * math.sqrt(limited))


def test_other_summary_levels_and_counties_are_left_out_and_counted(tmp_path: Path) -> None:
    name = table(tmp_path, "B25003", 3, {TRACT: {}, "1400000US06001000100": {}, "0500000US06999": {}, "0100000US": {}})
    frame, where = read(tmp_path, name, geoid_prefixes=["06999"])
    assert frame["area_geoid"].tolist() == ["06999000100"]
    assert lines(where, "loss")["total"].tolist() == [2, 1]


TEN_TRACTS = [f"1400000US069990001{n:02d}" for n in range(10)]


def test_ages_that_do_not_add_up_to_the_people_are_refused(tmp_path: Path) -> None:
    # the total of another year: in one tract of ten it is half of the ages
    name = table(tmp_path, "B01001", 49, {geo: {25: (10, 3)} for geo in TEN_TRACTS})
    path = tmp_path / name
    path.write_text(path.read_text().replace(f"{TEN_TRACTS[3]}|460.0", f"{TEN_TRACTS[3]}|230.0"))
    with pytest.raises(
        SourceError, match=rf"E-TABLE-SUM.*{TEN_TRACTS[3]}: B01001_E001 is 230, its lines differ by 230"
    ):
        read(tmp_path, name)


def test_ages_off_by_a_few_people_are_noted(tmp_path: Path) -> None:
    name = table(tmp_path, "B01001", 49, {geo: {25: (10, 3)} for geo in TEN_TRACTS})
    path = tmp_path / name
    path.write_text(path.read_text().replace(f"{TEN_TRACTS[3]}|460.0", f"{TEN_TRACTS[3]}|464.0"))
    frame, where = read(tmp_path, name)
    assert len(frame) == 10
    assert lines(where, "note")["reason"].str.contains("do not add up to its total in 1 areas").sum() == 1


def test_a_table_of_other_areas_than_the_rest_is_refused(tmp_path: Path) -> None:
    homes = table(tmp_path, "B25003", 3, {geo: {} for geo in TEN_TRACTS})
    cars = table(tmp_path, "B08201", 30, {geo: {} for geo in TEN_TRACTS[:4]})
    with pytest.raises(SourceError, match=r"E-TABLE-AREAS.*table B08201 has 4 of the 10 areas \(tract\).*06999000104"):
        read(tmp_path, homes, cars)


def test_the_odd_table_of_another_year_is_named_and_not_the_others(tmp_path: Path) -> None:
    sound = [
        table(tmp_path, name, SIZES[name], {geo: {} for geo in TEN_TRACTS}) for name in ("B25003", "B08201", "B25014")
    ]
    old = table(tmp_path, "B15003", 25, {geo: {} for geo in [*TEN_TRACTS[:8], TRACT, "1400000US06999000200"]})
    with pytest.raises(SourceError, match=r"table B15003 has 8 of the 10 areas") as refused:
        read(tmp_path, *sound, old)
    assert len(refused.value.faults) == 1


def test_unknown_options_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no option county"):
        read(tmp_path, "x.dat", county="06999")


def labelled(name: str) -> list[str]:
    """The lines of a table in the Bureau's order, in short words (chapters of the table shells)."""
    ages = ["under 5", "5", "6-11", "12-14", "15", "16-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"]
    own = ["own children", "under 6", "both", "6-17"]
    rooms = ["0.50 or less", "0.51-1.00", "1.01-1.50", "1.51-2.00", "2.01 or more"]
    school = ["none", "nursery", "kindergarten", *(f"grade {g}" for g in range(1, 12)), "grade 12 no diploma"]
    return {
        "B17001": ["total", *(f"{poor} {sex} {age}".strip() for poor in ("poor", "not poor") for sex, group in (("", [""]), ("boys", ["", *ages]), ("girls", ["", *ages])) for age in group)],
        "B17024": ["total", *(f"{age} {ratio}".strip() for age in ("under 6", "6-11", "12-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+") for ratio in ("", ".50", ".75", "1.00", "1.25", "1.50", "1.75", "1.85", "2.00", "3.00", "4.00", "5.00", "more"))],
        "B11003": ["total", "married", *(f"married {c}" for c in own), "married none", "other", *(f"{who} {c}".strip() for who in ("father", "mother") for c in ("", *own, "none"))],
        "B25014": ["total", *(f"{who} {r}".strip() for who in ("owner", "renter") for r in ("", *rooms))],
        "B15003": ["total", *school, "diploma", "equivalent", "some college", "more college", "associate", "bachelor", "master", "professional", "doctorate"],
        "B23025": ["total", "labor force", "civilian labor force", "employed", "unemployed", "armed forces", "not in labor force"],
        "C17002": ["total", "under .50", ".50-.99", "1.00-1.24", "1.25-1.49", "1.50-1.84", "1.85-1.99", "2.00 and over"],
        "B25044": ["total", *(f"{who} {n}".strip() for who in ("owner", "renter") for n in ("", "no vehicle", "1", "2", "3", "4", "5"))],
        "B18101": ["total", *(f"{sex} {age} {d}".strip() for sex in ("male", "female") for age, group in (("", [""]), *((a, ["", "disability", "none"]) for a in ("0-4", "5-17", "18-34", "35-64", "65-74", "75+"))) for d in group)],
        "B16005": ["total", *(f"{born} {line}".strip() for born in ("native", "foreign") for line in ("", "English only", *(f"{tongue} {well}".strip() for tongue in ("Spanish", "European", "Asian", "other") for well in ("", "very well", "well", "not well", "not at all"))))],
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "table_name", "wanted"),
    [
        ("people_in_poverty", "B17001", ["poor"]),
        (
            "children_in_poverty",
            "B17001",
            [
                f"poor {sex} {age}"
                for sex in ("boys", "girls")
                for age in ("under 5", "5", "6-11", "12-14", "15", "16-17")
            ],
        ),
        (
            "children_below_200_poverty",
            "B17024",
            [
                f"{age} {ratio}"
                for age in ("under 6", "6-11", "12-17")
                for ratio in (".50", ".75", "1.00", "1.25", "1.50", "1.75", "1.85", "2.00")  # income below this
            ],
        ),
        (
            "child_poverty_universe",
            "B17001",
            [
                f"{p} {sex} {age}"
                for p in ("poor", "not poor")
                for sex in ("boys", "girls")
                for age in ("under 5", "5", "6-11", "12-14", "15", "16-17")
            ],
        ),
        ("families_with_children", "B11003", ["married own children", "father own children", "mother own children"]),
        ("single_parent_families", "B11003", ["father own children", "mother own children"]),
        (
            "crowded_homes",
            "B25014",
            [f"{who} {r}" for who in ("owner", "renter") for r in ("1.01-1.50", "1.51-2.00", "2.01 or more")],
        ),
        (
            "adults_without_diploma",
            "B15003",
            ["none", "nursery", "kindergarten", *(f"grade {g}" for g in range(1, 12)), "grade 12 no diploma"],
        ),
        ("labor_force", "B23025", ["civilian labor force"]),
        ("unemployed_people", "B23025", ["unemployed"]),
        ("people_in_poverty", "C17002", ["under .50", ".50-.99"]),
        (
            "people_below_200_poverty",
            "C17002",
            ["under .50", ".50-.99", "1.00-1.24", "1.25-1.49", "1.50-1.84", "1.85-1.99"],
        ),
        ("homes_without_vehicle", "B25044", ["owner no vehicle", "renter no vehicle"]),
        (
            "people_with_disability",
            "B18101",
            [
                f"{sex} {age} disability"
                for sex in ("male", "female")
                for age in ("0-4", "5-17", "18-34", "35-64", "65-74", "75+")
            ],
        ),
        (
            "people_limited_english",
            "B16005",
            [
                f"{born} {tongue} {well}"
                for born in ("native", "foreign")
                for tongue in ("Spanish", "European", "Asian", "other")
                for well in ("not well", "not at all")
            ],
        ),
    ],
)
def test_counts_take_the_lines_whose_labels_mean_them(count: str, table_name: str, wanted: list[str]) -> None:
    labels = labelled(table_name)
    assert len(labels) == SIZES[table_name]
    numbers = dict(CELLS[count])[table_name]
    assert [labels[number - 1] for number in numbers] == wanted


def test_every_count_names_lines_that_the_official_tables_have() -> None:
    assert set(CELLS) <= set(CENSUS_COUNTS) and len(CELLS) >= 25
    for alternatives in CELLS.values():
        for name, numbers in alternatives:
            assert len(set(numbers)) == len(numbers) and 1 <= min(numbers) <= max(numbers) <= SIZES[name]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 200)), min_size=1, max_size=12))
def test_margin_of_a_sum_lies_between_the_largest_part_and_their_sum(parts: list[tuple[int, int]]) -> None:
    estimates = np.array([[float(e) for e, _ in parts]])
    margins = np.array([[float(m) for _, m in parts]])
    total, margin = sum_of_lines(estimates, margins)
    assert total[0] == estimates.sum()
    assert margins.max() - 1e-9 <= margin[0] <= margins.sum() + 1e-9
    again_total, again = sum_of_lines(estimates[:, ::-1], margins[:, ::-1])
    assert again_total[0] == total[0] and again[0] == pytest.approx(margin[0])
