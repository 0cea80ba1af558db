"""The Social Vulnerability Index as CDC builds it, from its percentages: our rank rules held to a published index."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.ranks import Floats, percentile_rank

THEMES: dict[str, tuple[str, ...]] = {
    "RPL_THEME1": ("POV", "UNEMP", "PCI", "NOHSDP"),
    "RPL_THEME2": ("AGE65", "AGE17", "DISABL", "SNGPNT"),
    "RPL_THEME3": ("MINRTY", "LIMENG"),
    "RPL_THEME4": ("MUNIT", "MOBILE", "CROWD", "NOVEH", "GROUPQ"),
}
# Income is the one variable of which little is bad.
_LOW_IS_VULNERABLE = ("PCI",)
_MISSING = -999.0
_FLAG_FROM = 0.90


def theme_ranks(tracts: pd.DataFrame) -> pd.DataFrame:
    """Percentile ranks of the four themes and of all, by SVI's rules of 2018.

    Tracts without people are taken out; each percentage is ranked, (rank - 1) / (N - 1) with
    ties taking the smallest rank, cut off after four digits; a theme is the rank of the sum
    of its ranks, and the whole is the rank of the sum of the four sums, so that a theme
    weighs by how many variables it has.

    Parameters
    ----------
    tracts
        ``E_TOTPOP`` and the fifteen ``EP_`` columns of an SVI 2018 file, -999 where missing;
        one row a tract. CDC ranks among the tracts of a state or of the nation: so does this,
        among the rows given.

    Returns
    -------
    pandas.DataFrame
        On the index given: ``RPL_THEME1`` to ``RPL_THEME4``, ``RPL_THEMES`` (0 to 1, 1 the
        most vulnerable) and ``F_TOTAL``, the number of variables in the top tenth. Empty for
        a tract without people, and where a variable of it is missing.

    References
    ----------
    CDC/ATSDR, Social Vulnerability Index 2018 documentation (2022); Flanagan et al. (2011), A
    Social Vulnerability Index for Disaster Management, JHSEM 8(1).

    >>> names = [f"EP_{name}" for theme in THEMES.values() for name in theme]
    >>> tracts = pd.DataFrame([[1.0] * 15, [2.0] * 15], columns=names).assign(E_TOTPOP=[900, 800])
    >>> theme_ranks(tracts)[["RPL_THEME1", "RPL_THEME2", "F_TOTAL"]].to_numpy().tolist()
    [[0.0, 0.0, 1.0], [1.0, 1.0, 14.0]]
    """
    peopled = tracts["E_TOTPOP"].to_numpy(dtype="float64") > 0
    ranks = pd.DataFrame(index=tracts.index)
    for name in (name for theme in THEMES.values() for name in theme):
        percent = tracts[f"EP_{name}"].to_numpy(dtype="float64")
        known = np.where(peopled & (percent != _MISSING), percent, np.nan)
        ranks[name] = _rank(-known if name in _LOW_IS_VULNERABLE else known)
    sums = pd.DataFrame({theme: ranks[list(names)].sum(axis=1, skipna=False) for theme, names in THEMES.items()})
    sums["RPL_THEMES"] = sums.sum(axis=1, skipna=False)
    out = sums.apply(lambda column: pd.Series(_rank(column.to_numpy()), index=column.index))
    return out.assign(F_TOTAL=ranks.ge(_FLAG_FROM).sum(axis=1).where(ranks.notna().all(axis=1)))


def _rank(values: Floats) -> Floats:
    """As a spreadsheet's PERCENTRANK.INC gives it: cut off after four digits, not rounded.

    Sums of cut-off ranks are whole ten-thousandths: rounding them first makes ties of what differs by an ulp only.
    """
    cut: Floats = np.floor(percentile_rank(np.round(values, 4)) * 1e4 + 1e-9) / 1e4
    return cut
