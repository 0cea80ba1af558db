"""SVI 2018 built anew from its percentages: a sheet by hand, and the published ranks of California's tracts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from pipeline.analysis.svi import THEMES, theme_ranks

#  Five tracts with people and one without, which would be the most vulnerable of all.  e has no SNGPNT.
#  POV     e 0     a 1/4   b, c 1/2 (tie)   d 1        UNEMP   all 0
#  PCI     e 0     a 1/4   b 1/2   c 3/4    d 1        (reversed)
#  NOHSDP  a, b 0  d, e 1/2        c 1
#  theme 1 sums    a 0.5   b 1     c 2.25   d 2.5   e 0.5
#  SNGPNT  d 0     c 0.3333        b 0.6666 a 1        (N = 4, cut off after four digits)
#  MINRTY  d 0     e 1/4   b, c 1/2         a 1
#  theme 4 MUNIT + CROWD are 1 everywhere, GROUPQ is 1 for e only
#  all     a 3.5   b 3.1666        c 4.0833 d 3.5      b 0, a and d 0.3333 (tie), c 1
SHEET = pd.DataFrame(
    {
        "E_TOTPOP": [900, 800, 700, 600, 500, 0],
        "EP_POV": [10, 20, 20, 30, 5, 99],
        "EP_UNEMP": [5, 5, 5, 5, 5, 99],
        "EP_PCI": [50_000, 40_000, 30_000, 20_000, 60_000, 1],
        "EP_NOHSDP": [1, 1, 3, 2, 2, 99],
        "EP_AGE65": [8, 8, 8, 8, 8, 99],
        "EP_AGE17": [9, 9, 9, 9, 9, 99],
        "EP_DISABL": [7, 7, 7, 7, 7, 99],
        "EP_SNGPNT": [4, 3, 2, 1, -999, 99],
        "EP_MINRTY": [90, 80, 80, 10, 20, 99],
        "EP_LIMENG": [0, 0, 0, 0, 0, 99],
        "EP_MUNIT": [1, 2, 3, 4, 5, 99],
        "EP_MOBILE": [0, 0, 0, 0, 0, 99],
        "EP_CROWD": [5, 4, 3, 2, 1, 99],
        "EP_NOVEH": [6, 6, 6, 6, 6, 99],
        "EP_GROUPQ": [0, 0, 0, 0, 9, 99],
    },
    index=list("abcdef"),
)
NONE = np.nan
EXPECTED = pd.DataFrame(
    {
        "RPL_THEME1": [0, 0.5, 0.75, 1, 0, NONE],
        "RPL_THEME2": [1, 0.6666, 0.3333, 0, NONE, NONE],
        "RPL_THEME3": [1, 0.5, 0.5, 0, 0.25, NONE],
        "RPL_THEME4": [0, 0, 0, 0, 1, NONE],
        "RPL_THEMES": [0.3333, 0, 1, 0.3333, NONE, NONE],
        "F_TOTAL": [3, 0, 1, 2, NONE, NONE],
    },
    index=list("abcdef"),
)


def test_six_tracts_by_hand() -> None:
    pd.testing.assert_frame_equal(theme_ranks(SHEET), EXPECTED, check_dtype=False, atol=1e-12, rtol=0)


def test_the_order_of_tracts_does_not_matter() -> None:
    pd.testing.assert_frame_equal(theme_ranks(SHEET.iloc[::-1]).loc[SHEET.index], theme_ranks(SHEET))


def test_one_tract_and_none() -> None:
    assert theme_ranks(SHEET.iloc[:1])[list(THEMES)].iloc[0].tolist() == [0, 0, 0, 0]
    assert theme_ranks(SHEET.iloc[:0]).empty and theme_ranks(SHEET.iloc[5:]).isna().all(axis=None)


def test_californias_tracts_stand_where_the_published_index_puts_them(shared_data: Callable[[str], Path]) -> None:
    #  Published ranks are among the nation's tracts; ours among California's. What is compared is their order.
    tracts = pd.read_csv(shared_data("ca-svi2018/svi2018_ca_tracts.csv"), dtype={"FIPS": "str"}).set_index("FIPS")
    ours = theme_ranks(tracts)
    assert len(ours) == 8041 and ours["RPL_THEMES"].isna().sum() == (tracts["RPL_THEMES"] == -999).sum()
    least = {"RPL_THEME1": 0.998, "RPL_THEME2": 0.98, "RPL_THEME3": 0.997, "RPL_THEME4": 0.985, "RPL_THEMES": 0.995}
    for theme, bound in least.items():
        both = ours[theme].notna() & (tracts[theme] != -999)
        assert both.sum() > 7900
        assert spearmanr(ours.loc[both, theme], tracts.loc[both, theme]).statistic >= bound, theme


@pytest.mark.parametrize("name", ["E_TOTPOP", "EP_POV"])
def test_a_file_without_a_column_is_refused(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        theme_ranks(SHEET.drop(columns=name))
