"""The answer of the sheet of growth, with its numbers, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.atlas.frames import names_of
from pipeline.atlas.growth_frames import UNTOLD, driver_words, is_tested, pockets_now
from pipeline.atlas.periods import latest
from pipeline.atlas.spec import About
from pipeline.columns import parted
from pipeline.numerals import count_of, listed, number, school_year, signed

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]


def children(tables: Tables, about: About) -> str:
    """How the number of children changed in the district, and in how many neighborhoods beyond chance."""
    change = tables["public_growth"]
    if change.empty:
        return "This study has no two survey periods that can be compared."
    return _district(latest(change, about))


def more(tables: Tables, about: About) -> tuple[str, ...]:
    """Where it grows and shrinks, where need is high too, and what is expected."""
    if tables["public_growth"].empty:
        return ()
    return (*_pockets(tables, about), _crossed(tables, about), _expected(tables["public_population"], tables["public_outlook"]))  # fmt: skip


def _district(change: pd.DataFrame) -> str:
    known = change[change["children_change"].notna() & change["layer"].isin(["district", "neighborhood"])]
    if known.empty:
        return "This study has no counts of children of two survey periods that can be compared."
    band = "5-17" if (known["age_band"] == "5-17").any() else str(known["age_band"].iloc[0])
    rows = known[known["age_band"] == band]
    period = f"Between {rows['vintage_from'].iloc[0]} and {rows['vintage_to'].iloc[0]}"
    ages = f"children aged {band.replace('-', ' to ')}"
    local = rows[rows["layer"] == "neighborhood"]
    tested = local[local["children_change_moe"] > 0]  # without a margin, and where nobody lives, there is no test
    up = int((tested["is_significant"] & (tested["children_change"] > 0)).sum())
    down = int((tested["is_significant"] & (tested["children_change"] < 0)).sum())
    places = count_of(len(tested), "neighborhood", "neighborhoods")
    where = f"rose beyond chance in {number(up) if up else 'none'} of {places} and fell beyond chance in {number(down) if down else 'none'}."
    district = rows[rows["layer"] == "district"]
    if len(district) == 1:
        row = district.iloc[0]
        more = "more" if row["children_change"] >= 0 else "fewer"
        margin = f" \u00b1 {number(row['children_change_moe'])}" if row[["children_change_moe"]].notna().all() else ""
        sure = "" if row["is_significant"] else ", which may be chance"
        change_text = f"{number(abs(row['children_change']))}{margin} {more} {ages}{sure}"
        return f"{period} the district came to have {change_text}{f'; their number {where}' if len(tested) else '.'}"
    before, now = local["children_from"].sum(), local["children_to"].sum()
    return f"{period} the number of {ages} went from {number(before)} to {number(now)}{f'; it {where}' if len(tested) else '.'}"


def _pockets(tables: Tables, about: About) -> tuple[str, ...]:
    if not is_tested(tables):
        return ()
    found, names = pockets_now(tables, about), names_of(tables)["neighborhood"]
    growing, shrinking = (found[found["pocket_kind"] == kind] for kind in ("growing", "shrinking"))
    if found.empty:
        return ("No pocket of growth or decline stands out from chance.",)
    more = (
        f" {_some(len(growing), 'pocket of growth stands out: it', 'pockets of growth stand out; the largest')} is {_pocket(growing.iloc[0], names)}."
        if len(growing)
        else " No pocket of growth stands out from chance."
    )
    fewer = (
        f" {_some(len(shrinking), 'pocket shrinks: it', 'pockets shrink; the largest')} is {_pocket(shrinking.iloc[0], names)}."
        if len(shrinking)
        else ""
    )
    return more, fewer


def _some(amount: int, one: str, many: str) -> str:
    return f"One {one}" if amount == 1 else f"{number(amount)} {many}"


def _pocket(pocket: Any, names: Mapping[str, str]) -> str:
    """Where a pocket lies, by how many children it grew or shrank, its seats and what drives it."""
    grows = pocket["pocket_kind"] == "growing"
    where = listed([names.get(i, i) for i in parted(pocket["area_ids"])], 3)
    margin = f" \u00b1 {number(pocket['children_change_moe'])}" if _is_known(pocket["children_change_moe"]) else ""
    text = f"{where} ({signed(pocket['children_change'])}{margin} children"
    if _is_known(pocket["seats_change"]):
        low, high = sorted((abs(pocket["seats_change_low"]), abs(pocket["seats_change_high"])))
        same = pocket["seats_change_low"] * pocket["seats_change_high"] > 0
        span = f", {number(low)} to {number(high)} nine times in ten" if same else ""
        text += f"; about {number(abs(pocket['seats_change']))} seats {'taken' if grows else 'freed'}{span}"
    why = driver_words(pocket["driver"], grows)
    return text + (")" if why == UNTOLD else f"; {why[:1].lower()}{why[1:]})")


def _is_known(value: Any) -> bool:
    return bool(value == value)


def _crossed(tables: Tables, about: About) -> str:
    """In which neighborhoods growth and high need meet."""
    rows = latest(tables["public_growth_need"], about)
    ranked = rows[rows["need_class"] != "not_ranked"]
    if not is_tested(tables):
        high = int((ranked["need_class"] == "high").sum())
        return (
            f" Growth was not tested; {number(high)} of {count_of(len(ranked), 'neighborhood', 'neighborhoods')} {'is' if high == 1 else 'are'} of high need."
            if high
            else ""
        )
    known = ranked[ranked["change_class"] != "not_known"]
    if known.empty or not (known["need_class"] == "high").any():
        return ""
    both = known[known["cross_class"] == "both_high"].sort_values(["need_rank", "neighborhood_id"])
    if both.empty:
        return " In no neighborhood of high need do children grow in number beyond chance."
    weak = both["reliability_class"] == "low"
    sure, unsure = both[~weak], int(weak.sum())
    if sure.empty:
        return f" Growth and high need may meet in {count_of(unsure, 'neighborhood', 'neighborhoods')}, by unreliable figures."
    names = names_of(tables)["neighborhood"]
    where = listed([names.get(i, i) for i in sure["neighborhood_id"]])
    more = f" In {number(unsure)} more they may, by unreliable figures." if unsure else ""
    return f" Growth and high need meet in {count_of(len(sure), 'neighborhood', 'neighborhoods')}: {where}.{more}"


def _expected(children_ahead: pd.DataFrame, pupils_ahead: pd.DataFrame) -> str:
    """Children of school age expected in the whole district in the last year of their outlook, and pupils beside them."""
    rows = children_ahead[(children_ahead["layer"] == "district") & (children_ahead["age_band"] == "5-17")]
    if len(set(rows["area_id"])) != 1:
        return ""
    row = rows.loc[rows["year"].idxmax()]
    low, high = row["children_projected_low"], row["children_projected_high"]
    is_ranged = _is_known(low) and _is_known(high)
    span = f" ({number(low)} to {number(high)} eight times in ten)" if is_ranged else ""
    alone = "" if is_ranged else "; how far off that may be is not known"
    now = f", after {number(row['children_to'])} in {row['vintage_to']}" if _is_known(row["children_to"]) else ""
    first = f" In {int(row['year'])}, {number(row['children_projected'])} children of these ages{span} are expected{now}{alone}."
    return f"{first}{_pupils_beside(pupils_ahead, int(row['year']))}"


def _pupils_beside(outlook: pd.DataFrame, year: int) -> str:
    """Pupils that the sheet Outlook expects in the fall of that year: another forecast, of others."""
    rows = outlook[(outlook["unit_kind"] == "district") & (outlook["fall_year"] == year)]
    rows = rows[rows["pupils_projected"].notna()]
    if len(rows) != 1:
        return ""
    pupils = number(rows["pupils_projected"].iloc[0])
    return f" The sheet Outlook expects {pupils} public pupils in {school_year(year)}: the two are made apart and need not fit."
