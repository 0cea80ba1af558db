"""SVI 2018: published counts and margins, recovered universes, missing values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.sources.svi import read_svi2018
from tests.sources.agency import entry, folder, held, lines, write

NAMES = ("TOTPOP", "HU", "HH", "AGE17", "POV", "LIMENG", "NOHSDP", "UNEMP", "SNGPNT", "NOVEH", "CROWD", "DISABL")
HEADER = ["STCNTY", "FIPS", *(f"{part}_{name}" for name in NAMES for part in ("E", "M", "EP")), "RPL_THEMES"]


def tract(fips: str, **given: object) -> list[object]:
    cells = {"E_TOTPOP": 4000, "RPL_THEMES": 0.5, **given}
    default = {"E": 100, "M": 20, "EP": 5.0}
    return [
        fips[:5],
        fips,
        *(cells.get(f"{part}_{name}", default[part]) for name in NAMES for part in ("E", "M", "EP")),
        cells["RPL_THEMES"],
    ]


def read(path: Path, *rows: list[object], **options: object):  # type: ignore[no-untyped-def]  # frame and folder
    write(path / "svi.csv", HEADER, rows)
    where = folder(path)
    return read_svi2018(entry("svi2018", "area_counts", "svi.csv", options=options), where), where


def test_universe_is_recovered_from_the_published_percentage(tmp_path: Path) -> None:
    # 380 poor people are 9.7% of a universe of 3,918 (of 4,000 people)
    frame, where = read(tmp_path, tract("06067000100", E_POV=380, EP_POV=9.7))
    row = held("area_counts", frame).iloc[0]
    assert (row["people_in_poverty"], row["people_in_poverty_moe"], row["poverty_universe"]) == (380, 20, 3918)
    assert np.isnan(row["poverty_universe_moe"])
    assert "recovered from SVI's published percentage (E_POV over EP_POV), without a margin" in set(
        lines(where, "note")["reason"]
    )


def test_universe_is_never_more_than_the_people_nor_less_than_the_count(tmp_path: Path) -> None:
    frame, _ = read(
        tmp_path,
        tract("06067000100", E_POV=9, EP_POV=0.1),
        tract("06067000200", E_POV=3999, EP_POV=100.0, E_TOTPOP=4000),
    )
    assert frame["poverty_universe"].tolist() == [4000, 3999]


def test_a_published_zero_keeps_its_share_and_is_recorded(tmp_path: Path) -> None:
    frame, where = read(tmp_path, tract("06067000100", E_LIMENG=0, EP_LIMENG=0.0))
    assert frame["people_limited_english"].iloc[0] == 0 and frame["people_5_plus"].iloc[0] == 4000
    assert "people_5_plus 2014-2018" in set(lines(where, "repair")["subject_name"])


def test_minus_999_is_missing_and_an_empty_tract_has_empty_universes_of_zero(tmp_path: Path) -> None:
    frame, where = read(
        tmp_path,
        tract("06067000100", E_POV=-999, M_POV=-999, EP_POV=-999),
        tract("06067000200", E_TOTPOP=0, E_POV=0, EP_POV=-999),
    )
    assert np.isnan(frame["people_in_poverty"].iloc[0]) and np.isnan(frame["poverty_universe"].iloc[0])
    assert frame["poverty_universe"].iloc[1] == 0
    assert set(lines(where, "absence")["subject_name"]) == {"people_in_poverty 2014-2018", "poverty_universe 2014-2018"}


def test_damaged_tract_numbers_and_other_negatives_are_refused_together(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        read(tmp_path, tract("6067000100"), tract("06067000200"))
    assert "FIPS must have 11 characters" in str(refused.value) and "row 2" in str(refused.value)
    with pytest.raises(SourceError, match=r"E_HU is negative and not -999.*row 2"):
        read(tmp_path, tract("06067000100", E_HU=-5))
    with pytest.raises(SourceError, match="no tract of the county"):
        read(tmp_path, tract("06067000100"), county="06037")


def test_real_tracts_of_the_county(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("ca-svi2018/svi2018_ca_tracts.csv")
    where = folder(path.parent)
    frame = held(
        "area_counts", read_svi2018(entry("svi2018", "area_counts", path.name, options={"county": "06067"}), where)
    )
    assert len(frame) == 317 and frame["population"].sum() == 1_510_023
    # the universe gives SVI's own percentage back to its rounding
    published = pd.read_csv(path, dtype={"FIPS": "str"}, na_values=[-999]).set_index("FIPS")
    both = frame.set_index("area_geoid").join(published[["EP_POV", "EP_DISABL", "RPL_THEMES"]], validate="1:1")
    assert (100 * both["people_in_poverty"] / both["poverty_universe"] - both["EP_POV"]).abs().max() < 0.3
    assert (100 * both["people_with_disability"] / both["civilians"] - both["EP_DISABL"]).abs().median() < 0.05
    assert both["RPL_THEMES"].between(0, 1).mean() > 0.98


def test_the_state_to_hold_neighborhoods_against_is_told_apart_in_the_ledger(tmp_path: Path) -> None:
    write(tmp_path / "svi.csv", HEADER, [tract("06067000100"), tract("06001000100", E_POV=-999, EP_POV=-999)])
    where = folder(tmp_path)
    frame = held("norm_area_counts", read_svi2018(entry("svi2018", "norm_area_counts", "svi.csv"), where))
    assert len(frame) == 2 and frame["people_in_poverty"].isna().tolist() == [True, False]
    absent = lines(where, "absence")
    assert set(absent["subject_name"]) == {
        "people_in_poverty 2014-2018, the state",
        "poverty_universe 2014-2018, the state",
    }
