"""Table B19001: sixteen brackets with their bounds, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.sources import Folder
from pipeline.sources.acs import read_acs_summary_file
from pipeline.sources.acs_brackets import LINES, read_income_brackets
from tests.sources.agency import entry, folder, held, lines, write

TRACT, GROUP, PARK = "1400000US06999000100", "1500000US069990001001", "1500000US069990001002"


def table(path: Path, rows: dict[str, list[tuple[object, object]]], name: str = "B19001") -> str:
    """A B19001 file; each area gives line 1 and then its sixteen brackets."""
    header = ["GEO_ID", *(f"{name}_{part}{line:03d}" for line in (1, *LINES) for part in "EM")]
    write(
        path / "acsdt5y2023-b19001.dat",
        header,
        [[geo, *(c for cell in cells for c in cell)] for geo, cells in rows.items()],
        "|",
    )
    return "acsdt5y2023-b19001.dat"


def even(number: int, margin: object = 5) -> list[tuple[object, object]]:
    return [(16 * number, 20), *[(number, margin)] * 16]


def read(path: Path, name: str) -> tuple[pd.DataFrame, Folder]:
    where = folder(path)
    source = entry("acs_summary_file", "bracket_counts", name, vintage="2019-2023")
    return held("bracket_counts", read_income_brackets(source, where)), where


def test_sixteen_brackets_for_each_area_open_at_both_ends(tmp_path: Path) -> None:
    cells = even(0)
    cells[0], cells[1], cells[16] = (30, 9), (10, 4), (20, 6)
    frame, _ = read(tmp_path, table(tmp_path, {TRACT: cells, GROUP: even(7)}))
    assert len(frame) == 32
    tract = frame[frame["area_level"] == "tract"].set_index("bracket")
    assert tract["households"].tolist() == [10, *[0] * 14, 20]
    assert tract.loc[[1, 16], "households_moe"].tolist() == [4, 6]
    assert np.isnan(tract.loc[1, "bracket_low_usd"]) and np.isnan(tract.loc[16, "bracket_high_usd"])
    # each ends where the next begins, from 10,000 to 200,000
    assert tract["bracket_high_usd"].tolist()[:-1] == tract["bracket_low_usd"].tolist()[1:]
    assert (tract.loc[1, "bracket_high_usd"], tract.loc[11, "bracket_low_usd"], tract.loc[16, "bracket_low_usd"]) == (
        10e3,
        60e3,
        200e3,
    )


def test_an_area_without_households_to_ask_is_empty_for_a_reason(tmp_path: Path) -> None:
    frame, where = read(tmp_path, table(tmp_path, {GROUP: even(7), PARK: [(-666666666, -222222222)] * 17}))
    park = frame[frame["area_geoid"] == "069990001002"]
    assert park["households"].isna().all() and park["households_moe"].isna().all()
    absent = lines(where, "absence")
    assert absent["reason"].tolist() == ["too few sample cases for an estimate"] and absent["total"].tolist() == [1]


def test_one_missing_bracket_empties_the_area(tmp_path: Path) -> None:
    cells = even(7)
    cells[5] = (-888888888, -888888888)
    frame, where = read(tmp_path, table(tmp_path, {GROUP: cells}))
    assert frame["households"].isna().all()
    assert "not applicable" in lines(where, "absence")["reason"].iloc[0]


def test_a_controlled_bracket_has_margin_zero_and_is_told(tmp_path: Path) -> None:
    frame, where = read(tmp_path, table(tmp_path, {GROUP: even(7, -555555555)}))
    assert (frame["households_moe"] == 0).all()
    assert "16 estimates are controlled" in lines(where, "note")["reason"].iloc[0]


def test_brackets_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    cells = even(7)
    cells[0] = (300, 20)
    with pytest.raises(SourceError, match=r"E-TABLE-SUM.*B19001_E001 is 300, its lines differ by 188"):
        read(tmp_path, table(tmp_path, {GROUP: cells}))


def test_a_bound_is_no_count(tmp_path: Path) -> None:
    cells = even(7)
    cells[3] = ("250,000+", "***")
    with pytest.raises(SourceError, match=r"E-OPEN-ENDED.*B19001_E004 is a bound.*row 2"):
        read(tmp_path, table(tmp_path, {GROUP: cells}))


def test_each_reader_refuses_the_others_table(tmp_path: Path) -> None:
    other = table(tmp_path, {GROUP: even(7)}, "B19101")
    with pytest.raises(SourceError, match=r"E-TABLE\].*table B19101 for bracket_counts"):
        read(tmp_path, other)
    name = table(tmp_path, {GROUP: even(7)})
    with pytest.raises(SourceError, match=r"E-TABLE\].*table B19001 for area_counts"):
        read_acs_summary_file(entry("acs_summary_file", "area_counts", name, vintage="2019-2023"), folder(tmp_path))
