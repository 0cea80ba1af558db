"""NYC Council's estimates: columns found by description, children by difference, margins kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.councilcount import read_councilcount
from tests.sources.agency import entry, folder, held, lines, write

# the same figures under the codes of two releases
OLD = {"B01001_001E": "Total population", "DP02_0086E": "Total population", "DP05_0004E": "Under 5 years", "DP05_0005E": "5 to 9 years",
       "DP05_0006E": "10 to 14 years", "DP05_0007E": "15 to 19 years", "DP05_0018E": "18 years and over"}  # fmt: skip
NEW = {"B01001_001E": "Total population", "DP05_0005E": "Under 5 years", "DP05_0006E": "5 to 9 years", "DP05_0007E": "10 to 14 years",
       "DP05_0008E": "15 to 19 years", "DP05_0019E": "Under 18 years", "DP02_0060E": "Less than 9th grade", "DP02_0061E": "9th to 12th grade, no diploma"}  # fmt: skip


def release(path: Path, year: int, codes: dict[str, str], values: dict[str, tuple[object, object]]) -> tuple[str, str]:
    write(
        path / f"data_dictionary_{year}.csv",
        ["estimate_var_code", "estimate_description"],
        [[code, f'"{text}"'] for code, text in codes.items()],
    )
    header = ["nta2020", "nta_code", *(f"{code[:-1]}{part}" for code in codes for part in "EM")]
    row = ["Greenpoint", "BK0101", *(cell for text in codes.values() for cell in values[text])]
    write(path / f"nta-geographies_{year}.csv", header, [row])
    return f"nta-geographies_{year}.csv", f"data_dictionary_{year}.csv"


PEOPLE = {
    "Total population": (1000, 90),
    "Under 5 years": (60, 12),
    "5 to 9 years": (50, 9),
    "10 to 14 years": (40, 8),
    "15 to 19 years": (45, 20),
}


def read(path: Path, *names: str):  # type: ignore[no-untyped-def]  # row and folder
    where = folder(path)
    return held(
        "area_counts",
        read_councilcount(entry("councilcount", "area_counts", *names, options={"area_level": "neighborhood"}), where),
    ).iloc[0], where


def test_codes_shift_between_releases_and_the_counts_stay(tmp_path: Path) -> None:
    old, _ = read(tmp_path, *release(tmp_path, 2011, OLD, {**PEOPLE, "18 years and over": (820, 80)}))
    new, _ = read(
        tmp_path,
        *release(
            tmp_path,
            2023,
            NEW,
            {
                **PEOPLE,
                "Under 18 years": (180, 25),
                "Less than 9th grade": (0, 12),
                "9th to 12th grade, no diploma": (30, 5),
            },
        ),
    )
    bands = ["children_0_4", "children_5_9", "children_10_14"]
    assert old[bands].tolist() == new[bands].tolist() == [60, 50, 40]
    assert old["children_5_9_moe"] == new["children_5_9_moe"] == 9
    assert (old["vintage"], new["vintage"]) == ("2007-2011", "2019-2023")
    assert (new["adults_without_diploma"], new["adults_without_diploma_moe"]) == (30, 13)


def test_children_15_to_17_are_what_the_younger_bands_leave(tmp_path: Path) -> None:
    row, where = read(tmp_path, *release(tmp_path, 2011, OLD, {**PEOPLE, "18 years and over": (820, 80)}))
    assert (row["children_0_17"], row["children_15_17"], row["children_15_17_moe"]) == (180, 30, 20)
    assert row["children_0_17_moe"] == pytest.approx(math.sqrt(12**2 + 9**2 + 8**2 + 20**2))
    assert "the margin of the band 15-19 stands for it" in " ".join(lines(where, "note")["reason"])


def test_less_than_nothing_is_empty_with_a_reason(tmp_path: Path) -> None:
    row, where = read(tmp_path, *release(tmp_path, 2011, OLD, {**PEOPLE, "18 years and over": (852, 80)}))
    assert row["children_0_17"] == 148 and np.isnan(row["children_15_17"]) and np.isnan(row["children_15_17_moe"])
    assert "children_15_17 2007-2011" in set(lines(where, "absence")["subject_name"])


def test_an_estimate_without_a_margin_keeps_an_empty_one(tmp_path: Path) -> None:
    row, where = read(
        tmp_path,
        *release(tmp_path, 2011, OLD, {**PEOPLE, "Under 5 years": ("0.0", ""), "18 years and over": (890, 80)}),
    )
    assert row["children_0_4"] == 0 and np.isnan(row["children_0_4_moe"])
    assert "no margin is published" in set(lines(where, "absence")["reason"])


def test_a_dictionary_of_another_year_is_refused(tmp_path: Path) -> None:
    areas, _ = release(tmp_path, 2011, OLD, {**PEOPLE, "18 years and over": (820, 80)})
    _, dictionary = release(
        tmp_path,
        2023,
        NEW,
        {
            **PEOPLE,
            "Under 18 years": (180, 25),
            "Less than 9th grade": (0, 12),
            "9th to 12th grade, no diploma": (30, 5),
        },
    )
    with pytest.raises(SourceError, match="of different years"):
        read(tmp_path, areas, dictionary)
    with pytest.raises(ConfigError, match="list both"):
        read(tmp_path, areas)


@pytest.mark.parametrize(
    ("kind", "level", "year", "areas", "people", "under_5"),
    [
        ("nta", "neighborhood", 2011, 262, 8_174_186, 523_180),
        ("nta", "neighborhood", 2016, 262, 8_461_962, 555_385),
        ("nta", "neighborhood", 2023, 262, 8_516_202, 498_233),
        ("schooldist", "school_district", 2011, 32, 8_174_187, 523_184),
        ("schooldist", "school_district", 2016, 32, 8_461_964, 555_384),
        ("schooldist", "school_district", 2023, 32, 8_803_574, 510_089),
    ],
)
def test_real_releases_have_the_publishers_totals(
    shared_data: Callable[[str], Path], kind: str, level: str, year: int, areas: int, people: int, under_5: int
) -> None:
    where = folder(shared_data("nyc-councilcount"))
    source = entry(
        "councilcount",
        "area_counts",
        f"{kind}-geographies_{year}.csv",
        f"data_dictionary_{year}.csv",
        options={"area_level": level},
    )
    frame = held("area_counts", read_councilcount(source, where))
    assert (len(frame), frame["population"].sum(), frame["children_0_4"].sum()) == (areas, people, under_5)
    bands = frame[["children_0_4", "children_5_9", "children_10_14", "children_15_17"]].sum(axis=1, skipna=False)
    assert ((bands - frame["children_0_17"]).abs().fillna(0) < 1e-6).all()
