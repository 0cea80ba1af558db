"""The answer of each sheet in one sentence with its numbers, and what else there is to say, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas import growth_answers
from pipeline.atlas.changes_frames import since
from pipeline.atlas.sharing_words import seeking
from pipeline.atlas.spec import About
from pipeline.atlas.words import part_of
from pipeline.numerals import chance, count_of, listed, number, percent, school_year

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
        return _need_without_margins(ranked, about)
    sure = ranked[ranked["need_class"] == "high"]
    children, everyone = sure["children_0_17"].sum(), places["children_0_17"].sum()
    home = (
        f", home to {number(children)} of all {number(everyone)} children ({chance(children / everyone)})"
        if len(sure) and everyone > 0
        else ""
    )
    amount = "none" if sure.empty else number(len(sure))
    verb, rules = "are" if len(sure) > 1 else "is", about.rules
    first = f"Of {count_of(len(ranked), 'neighborhood', 'neighborhoods')}, {amount} {verb} very likely (at least {percent(rules.certain_share)}) among the neediest {part_of(rules.top_share)}"
    which = f": {listed(sure['name'].tolist())}{home}." if len(sure) else "."
    return first + which


def need_more(tables: Tables, about: About) -> tuple[str, ...]:
    """For how many the figures leave it open, which ranks first where none is sure, and what moves ranks most."""
    places = tables["public_neighborhoods"]
    ranked = places[places["need_rank"].notna()].sort_values(["need_rank", "neighborhood_id"])
    if ranked.empty:
        return ()
    told = []
    if ranked["high_need_probability_share"].notna().any():
        rules, sure = about.rules, ranked[ranked["need_class"] == "high"]
        if possible := int((ranked["need_class"] == "possible").sum()):
            told.append(
                f"For {number(possible)}{'' if sure.empty else ' more'} the figures leave it open ({percent(rules.possible_share)} to {percent(rules.certain_share)})."
            )
        top = ranked.iloc[0]
        low, high = top["need_rank_low"], top["need_rank_high"]
        span = f" ({number(low)} to {number(high)} over all draws)" if high > low else ""
        if sure.empty:
            told.append(f"{top['name']} ranks first{span}.")
    return (*told, *_line(tables, "choice"))


def _line(tables: Tables, topic: str) -> tuple[str, ...]:
    """A line of those for the committee, where the study can say it."""
    lines = tables["public_lines"]
    return tuple(lines.loc[(lines["topic"] == topic) & lines["is_told"], "statement"])


def _need_without_margins(ranked: pd.DataFrame, about: About) -> str:
    first = ranked[ranked["need_class"] == "possible"]["name"].tolist()
    return (
        f"By rank, {number(len(first))} of {count_of(len(ranked), 'neighborhood', 'neighborhoods')} {'is' if len(first) == 1 else 'are'} among the neediest "
        f"{part_of(about.rules.top_share)} ({listed(first)}), but none is called high need: margins of error are not published for what this index is made of, so nobody can say how sure a rank is."
    )


def growth(tables: Tables, about: About) -> str:
    """How the number of children changed in the district, and in how many neighborhoods it rose and fell beyond chance."""
    return growth_answers.children(tables, about)


def growth_more(tables: Tables, about: About) -> tuple[str, ...]:
    """Where it grows and shrinks, where need is high too, how many children are expected, and how many pupils."""
    return tuple(text.strip() for text in (*growth_answers.more(tables, about), _outlook(tables, about)) if text)


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
    amount = number(len(offered)) if len(offered) else "none"
    return f"Of {count_of(len(known), 'site', 'sites')} with known capacity, {amount} {'has' if len(offered) < 2 else 'have'} room to offer{empty}."


def facilities_more(tables: Tables, about: About) -> tuple[str, ...]:
    """How many schools found a place."""
    matches = tables["public_matches"]
    if matches.empty:
        return ()
    found = int((matches["match_status"] == "matched").sum())
    who, basis = seeking(tables)
    return (f"Of {who}, {number(found) if found else 'none'} could be placed.{basis}",)


def quality_of_data(tables: Tables, about: About) -> str:
    """How many numbers are shown, how many are hidden and how many inputs are missing."""
    hidden = tables["disclosure"]
    missing = int((tables["public_missing"]["entry"] == "missing_input").sum())
    shown = hidden["shown_cells"].sum()
    kept = hidden["primary_hidden_cells"].sum() + hidden["complementary_hidden_cells"].sum()
    inputs = count_of(missing, "input is", "inputs are")
    if not kept:
        return f"{number(shown)} numbers are published, none had to be hidden, and {inputs} missing."
    return f"{number(shown)} numbers are published, {number(kept)} are hidden, because few pupils stand behind them or another could be computed from them, and {inputs} missing."


def quality_of_data_more(tables: Tables, about: About) -> tuple[str, ...]:
    """How reliable the figures of neighborhoods are, and what changed since the last release."""
    told = _reliability(tables["public_neighborhoods"]["reliability_class"])
    return tuple(text.strip() for text in (told, since(tables)) if text)


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
