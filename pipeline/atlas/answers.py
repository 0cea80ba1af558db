"""The answer of each sheet in a sentence or two, with its numbers, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas import growth_answers
from pipeline.atlas.spec import About
from pipeline.atlas.words import count_of, listed, number, part_of, percent, school_year

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]


def need(tables: Tables, about: About) -> str:
    """How many neighborhoods are very likely among the neediest, which, and how many children live there."""
    places = tables["public_neighborhoods"]
    ranked = places[places["need_rank"].notna()].sort_values(["need_rank", "neighborhood_id"])
    if ranked.empty:
        return "This study has no figures from which need could be ranked."
    if ranked["high_need_probability_share"].isna().all():
        return _need_without_margins(ranked, about) + _line(tables, "choice")
    sure = ranked[ranked["need_class"] == "high"]
    possible = int((ranked["need_class"] == "possible").sum())
    children, everyone = sure["children_0_17"].sum(), places["children_0_17"].sum()
    home = (
        f", home to {number(children)} of {number(everyone)} children ({percent(children / everyone)})"
        if len(sure) and everyone > 0
        else ""
    )
    amount = "none" if sure.empty else number(len(sure))
    verb, rules = "are" if len(sure) > 1 else "is", about.rules
    first = f"Of {count_of(len(ranked), 'neighborhood', 'neighborhoods')}, {amount} {verb} very likely (at least {percent(rules.certain_share)}) among the neediest {part_of(rules.top_share)}"
    which = f": {listed(sure['name'].tolist())}{home}." if len(sure) else "."
    also = (
        f" For {number(possible)}{'' if sure.empty else ' more'} the figures leave it open ({percent(rules.possible_share)} to {percent(rules.certain_share)})."
        if possible
        else ""
    )
    top = ranked.iloc[0]
    low, high = top["need_rank_low"], top["need_rank_high"]
    span = f" ({number(low)} to {number(high)} over all draws)" if high > low else ""
    lead = f" {top['name']} ranks first{span}." if sure.empty else ""
    return first + which + also + lead + _line(tables, "choice")


def _line(tables: Tables, topic: str) -> str:
    """A line of those for the committee, where the study can say it."""
    lines = tables["public_lines"]
    told = lines.loc[(lines["topic"] == topic) & lines["is_told"], "statement"]
    return "".join(f" {statement}" for statement in told)


def _need_without_margins(ranked: pd.DataFrame, about: About) -> str:
    first = ranked[ranked["need_class"] == "possible"]["name"].tolist()
    return (
        "Margins of error are not published for what this index is made of, so nobody can say how sure a rank is, and "
        f"none of {count_of(len(ranked), 'neighborhood', 'neighborhoods')} is called high need. By rank, "
        f"{count_of(len(first), 'is', 'are')} among the neediest {part_of(about.rules.top_share)}: {listed(first)}."
    )


def growth(tables: Tables, about: About) -> str:
    """How the number of children changed, where it grows and shrinks, and what the outlook says."""
    return growth_answers.children(tables, about) + _outlook(tables, about)


def pupils_today(tables: Tables, about: About) -> float | None:
    """Pupils counted this school year at the schools of the outlook, those of hidden counts left out.

    Nothing where the year's counts are not published: the last year of some schools is no sum.
    """
    counts = tables["public_enrollment"]
    private = tables["public_schools"].loc[tables["public_schools"]["sector"] == "private", "school_id"]
    now = counts[(counts["fall_year"] == about.fall_year) & ~counts["school_id"].isin(private)]
    shown = [float(text.replace(",", "")) for text in now["value_text"] if text.replace(",", "").isdigit()]
    return sum(shown) if shown else None


def _outlook(tables: Tables, about: About) -> str:
    outlook = tables["public_outlook"]
    district = outlook[(outlook["unit_kind"] == "district") & outlook["pupils_projected"].notna()]
    if district.empty:
        return ""
    row = district.loc[district["fall_year"].idxmax()]
    span = (
        f" ({number(row['pupils_projected_low'])} to {number(row['pupils_projected_high'])} eight times in ten)"
        if row[["pupils_projected_low", "pupils_projected_high"]].notna().all()
        else ""
    )
    today = pupils_today(tables, about)
    year = school_year(int(row["fall_year"]))
    if today is None:
        return f" In {year} the district can expect {number(row['pupils_projected'])} pupils{span}."
    return f" {number(today)} pupils today; {number(row['pupils_projected'])}{span} expected in {year}."


def facilities(tables: Tables, about: About) -> str:
    """How many sites can be offered, with how many empty seats, and how many schools found a place."""
    sites = tables["public_sites"]
    known = sites[sites["surplus_status"] != "not_known"]
    if known.empty:
        return "This study has no capacities of buildings, so that empty seats are not known."
    offered = known[known["surplus_status"] == "offered"].sort_values(
        ["surplus_seats", "site_id"], ascending=[False, True]
    )
    empty = (
        f", together {number(offered['surplus_seats'].sum())} empty seats: {listed(offered['name'].tolist())}"
        if len(offered)
        else ""
    )
    matches = tables["public_matches"]
    found = int((matches["match_status"] == "matched").sum())
    also = (
        f" Of {count_of(len(matches), 'school', 'schools')} looking for a place, {number(found)} could be placed."
        if len(matches)
        else ""
    )
    return f"Of {count_of(len(known), 'site', 'sites')} with known capacity, {number(len(offered))} {'has' if len(offered) == 1 else 'have'} room to offer{empty}.{also}"


def quality_of_data(tables: Tables, about: About) -> str:
    """How many numbers are shown, how many are hidden and how many inputs are missing."""
    hidden = tables["disclosure"]
    missing = int((tables["public_missing"]["entry"] == "missing_input").sum())
    shown = hidden["shown_cells"].sum()
    kept = hidden["primary_hidden_cells"].sum() + hidden["complementary_hidden_cells"].sum()
    if not kept:
        cells = f"{number(shown)} numbers are published; none had to be hidden."
    else:
        cells = f"{number(shown)} numbers are published and {number(kept)} hidden, because few pupils stand behind them or another could be computed from them."
    return f"{cells}{_reliability(tables['public_neighborhoods']['reliability_class'])} {_inputs(missing)}"


def _reliability(classes: pd.Series) -> str:
    """How many neighborhoods have unreliable figures, of those whose reliability is known."""
    if classes.empty:
        return ""
    low, unknown = int((classes == "low").sum()), int((classes == "not_known").sum())
    every = count_of(len(classes), "neighborhood", "neighborhoods")
    if unknown == len(classes):
        return f" How reliable the figures of {every} are is not known, for want of margins of error."
    verb = "has" if low < 2 else "have"
    weak = f"{number(low) if low else 'none'} {verb} figures too unreliable to act on"
    if not unknown:
        return f" Of {every}, {weak}."
    return f" Of {every}, the reliability of {number(unknown)} is not known; of the others, {weak}."


def _inputs(missing: int) -> str:
    text = f"{count_of(missing, 'input is', 'inputs are')} missing."
    return text[:1].upper() + text[1:]
