"""Lines to quote of need: which neighborhoods, why, and what moves their ranks."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from pipeline.analysis.indicators import BY_INDICATOR
from pipeline.analysis.quotes import Line, named, worst
from pipeline.analysis.uncertainty import Z90
from pipeline.numerals import chance, count_of, listed, number, percent, trimmed

FACTORS = {
    "margins": "the survey's margins of error",
    "weights": "the weights of the indicators",
    "normalisation": "the scale that indicators are put on",
    "aggregation": "the mean that domains are combined by",
    "left_out": "whether one indicator is left out",
    "placing": "how people are placed within census areas",
}


def need(
    ranked: pd.DataFrame, children: pd.Series, names: Mapping[str, str], *, certain: float, possible: float, top: float
) -> Line:
    """Which neighborhoods are high need, and how many children live there."""
    if ranked.empty:
        return Line("need", reason="No neighborhood could be ranked by need.")
    many = count_of(len(ranked), "neighborhood", "neighborhoods")
    rule = f"High need is said where at least {percent(certain)} of the draws put a neighborhood among the neediest {percent(top)}"
    maybe = ranked[ranked["need_class"] == "possible"]
    if ranked["high_need_probability_share"].isna().all():
        first = f"; the first by rank {'is' if len(maybe) == 1 else 'are'} {named(maybe, names)}" if len(maybe) else ""
        return Line(
            "need",
            f"None of {many} can be called high need, because no margins of error are known{first}.",
            f"{rule}; without margins none is known to be.",
        )
    high = ranked[ranked["need_class"] == "high"]
    open_ = f"for {number(len(maybe))}{' more' if len(high) else ''} the draws leave it open ({percent(possible)} to {percent(certain)})"
    if high.empty:
        lead = f"None of {many} can be called high need with {percent(certain)} certainty"
        return Line("need", f"{lead}; {open_}." if len(maybe) else f"{lead}.", f"{rule}.", worst(maybe))
    sound = high[high["reliability_class"] != "low"]
    if sound.empty:
        return Line("need", reason="The neighborhoods called high need all have figures too unreliable to quote.")
    weak = len(high) - len(sound)
    home, every = children.reindex(high["neighborhood_id"]).sum(), children.sum()
    where = f", home to {number(home)} of all {number(every)} children ({chance(home / every)})" if every > 0 else ""
    least = sound["high_need_probability_share"].min()
    return Line(
        "need",
        f"{number(len(high))} of {many} {'is' if len(high) == 1 else 'are'} high need: {named(sound, names)}"
        f"{f' and {number(weak)} with unreliable figures' if weak else ''}{where}.",
        f"{rule}; of those named each has at least {percent(math.floor(100 * least + 1e-9) / 100)}"
        f"{f'; {open_}' if len(maybe) else ''}.",
        worst(sound),
    )


def why(ranked: pd.DataFrame, parts: pd.DataFrame, names: Mapping[str, str], *, medium_cv: float) -> Line:
    """What puts the first neighborhood whose figures carry it where it is."""
    sound = ranked[ranked["reliability_class"] != "low"]
    if sound.empty:
        return Line("why", reason="No neighborhood has figures reliable enough to say why it ranks where it does.")
    first = sound.iloc[0]
    own = parts[parts["neighborhood_id"] == first["neighborhood_id"]]
    is_firm = own["indicator_share_moe"].isna() | (
        own["indicator_share_moe"] <= medium_cv * Z90 * own["indicator_share"]
    )
    own = own[own["contribution_index"].gt(0) & own["indicator_share"].notna() & is_firm]
    own = own.sort_values(["contribution_index", "indicator"], ascending=[False, True])
    if own.empty:
        return Line("why", reason="No indicator of the first neighborhood is reliable enough to quote.")
    most = own.head(3)
    causes = [
        _share(*row)
        for row in zip(most["indicator"], most["indicator_share"], most["indicator_share_moe"], strict=True)
    ]
    low, high = first["need_rank_low"], first["need_rank_high"]
    span = f" ({number(low)} to {number(high)} over all draws)" if high > low else ""
    name = names.get(first["neighborhood_id"], first["neighborhood_id"])
    points = " + ".join(trimmed(adds) for adds in most["contribution_index"])
    return Line(
        "why",
        f"{name} ranks {'first' if first['need_rank'] == 1 else number(first['need_rank'])}{span}, most by {listed(causes)}.",
        f"These add {points} to its index of {trimmed(first['need_index'])}. The index ranks places, it does not measure a child.",
        first["reliability_class"],
    )


def _share(indicator: str, share: float, margin: float) -> str:
    title = BY_INDICATOR[indicator].title
    about = f"{percent(share)} \u00b1 {number(100 * margin)}" if margin == margin else f"{percent(share)}"
    return f"{title[0].lower()}{title[1:]} ({about})"


def choice(moves: pd.DataFrame, *, has_margins: bool) -> Line:
    """Which choice, or the margins, moves the ranks most."""
    rows = moves[(moves["moved"] == "ranks") & (moves["factor"].ne("margins") | has_margins)]
    rows = rows.assign(share=rows["total_index"].round(2)).sort_values(["share", "factor"], ascending=[False, True])
    if rows.empty or rows["share"].iloc[0] <= 0:
        return Line("choice", reason="Nothing that moves ranks could be varied.")
    first = rows.iloc[0]
    picked = rows[rows["factor"] != "margins"]
    lead = f"Ranks move most with {FACTORS[first['factor']]}, which {_have(first['factor'])} a part in {percent(first['share'])} of their movement"
    if first["factor"] == "margins" and len(picked):
        second = picked.iloc[0]
        lead += f"; of the choices that were made, most with {FACTORS[second['factor']]} ({percent(second['share'])})"
    elif has_margins and (rows["factor"] == "margins").any():
        margins = rows.loc[rows["factor"] == "margins", "share"].iloc[0]
        lead += f"; {FACTORS['margins']} have a part in {percent(margins)}"
    every = ", ".join(f"{FACTORS[row.factor]} {percent(row.share)}" for row in rows.itertuples(index=False))
    alone = "" if has_margins else " Margins of error are not known and were not varied."
    return Line("choice", f"{lead}.", f"Part in the movement, alone or with others, so that the sum may exceed 100%: {every}.{alone}", "medium")  # fmt: skip


def _have(factor: str) -> str:
    return "have" if factor in ("margins", "weights") else "has"
