"""Chronic absence and stability: the published counts are draws of what is true of the town."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.town.absence import YEARS, absent_share, staying_share
from pipeline.town.write import town

RAW = Path(__file__).resolve().parents[2] / "data/raw/millbrook/schools"
CODES = ["CountyCode", "DistrictCode", "SchoolCode"]


@pytest.mark.parametrize("fall", YEARS)
@pytest.mark.parametrize("kind", ["chronicabsenteeism", "stability"])
def test_counts_are_draws_of_the_truth_and_sum_to_the_districts_row(kind: str, fall: int) -> None:
    schools = town().schools
    assert schools is not None
    frame = pd.read_csv(
        RAW / f"{kind}{(fall + 1) % 100}.txt", sep="\\t", dtype=str, encoding="latin-1", engine="python"
    )
    all_, some, rate = (frame[c].astype(float) for c in frame.columns[-3:])
    assert ((100 * some / all_ - rate).abs() <= 0.05 + 1e-9).all()
    own = frame["AggregateLevel"].eq("S")
    assert some[own].sum() == some[~own].item() and all_[own].sum() == all_[~own].item()
    true = absent_share(schools, fall) if kind == "chronicabsenteeism" else staying_share(schools)
    expected = (
        pd.Series(true, index=schools.table["school_id"]).reindex(frame.loc[own, CODES].agg("".join, axis=1)).to_numpy()
    )
    z = (some[own] - all_[own] * expected) / np.sqrt(all_[own] * expected * (1 - expected))
    assert len(z) == 40 and z.abs().max() < 4.5 and 0.6 < z.std() < 1.5
    assert not frame.loc[own, "CharterYN"].eq("N").all()
