"""People and children of census blocks against one another, and against what a block can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.analysis.sound_counts import MOST_GROSS
from pipeline.columns import CHILD_COUNTS
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

# The largest blocks (barracks, prisons, universities) have some twenty thousand people.
MOST_IN_BLOCK = 100_000.0
# Counts are whole, and differ from the sum of their parts by less than this.
ROUNDING = 0.5


def require_people(blocks: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse blocks in which nobody lives, children outnumber the people, or a number cannot be.

    Parameters
    ----------
    blocks : DataFrame
        Input table ``block_shapes``; unknown numbers are left alone.

    Raises
    ------
    ContractError
        If no block of a vintage has people, if a vintage has more children than people, in all or in
        more than 5% of the blocks where anybody lives, if a block has more children of some ages than
        children in all, or if a count is not finite or beyond `MOST_IN_BLOCK`.

    References
    ----------
    U.S. Census Bureau (2021), Disclosure Avoidance for the 2020 Census: noise may leave single blocks
    with more children than people, so that a few are no fault.
    """
    faults = []
    for vintage, part in blocks.groupby("vintage", sort=True):
        if unlikely := [*_beyond(part, str(vintage)), *_ages_beyond(part, str(vintage))]:
            faults += unlikely
            continue
        people, children = part["population"], part["children_0_17"]
        if people.notna().any() and float(people.sum()) == 0:
            faults.append(
                Fault(
                    "E-NO-PEOPLE",
                    f"no block of {vintage} has people",
                    len(part),
                    f"block_geoid={part['block_geoid'].min()}",
                    "Fetch the file with its counts again (POP20 and HOUSING20).",
                )
            )
            continue
        both = people.notna() & children.notna()
        over = both & (children > people)
        all_people, all_children = float(people[both].sum()), float(children[both].sum())
        lived_in = int((both & ((people > 0) | (children > 0))).sum())
        if not over.any():
            continue
        first = part[over].sort_values("block_geoid").iloc[0]
        example = f"block_geoid={first['block_geoid']}: {first['children_0_17']:,.0f} children, {first['population']:,.0f} people"
        if all_children > all_people or over.sum() > MOST_GROSS * lived_in:
            faults.append(
                Fault(
                    "E-CHILDREN-EXCEED",
                    f"blocks of {vintage} have more children than people: {all_children:,.0f} children and {all_people:,.0f} people in all",
                    int(over.sum()),
                    example,
                    "People and children are of different files: fetch both for the same census and county.",
                )
            )
        else:
            ledger.note(
                f"children of the blocks of {vintage}",
                f"{int(over.sum())} of {lived_in} blocks have more children than people, as protected counts may",
                item=str(first["block_geoid"]),
            )
    if faults:
        raise ContractError("the census blocks", faults)


def _beyond(blocks: pd.DataFrame, vintage: str) -> list[Fault]:
    """Counts that no block has, infinite ones among them, by their column."""
    faults = []
    for column in ("population", "homes", "children_0_17", *CHILD_COUNTS):
        if column in blocks and (wrong := blocks[column] > MOST_IN_BLOCK).any():
            first = blocks[wrong].sort_values("block_geoid").iloc[0]
            example = f"block_geoid={first['block_geoid']}: {first[column]:.15g}"
            what = f"{column} of a block of {vintage} must be a number up to {MOST_IN_BLOCK:,.0f}"
            remedy = "A column has shifted, or an id or a code stands in it: compare the row with the publisher's file."
            faults.append(Fault("E-IMPLAUSIBLE", what, int(wrong.sum()), example, remedy))
    return faults


def _ages_beyond(blocks: pd.DataFrame, vintage: str) -> list[Fault]:
    """Blocks whose children of the ages that are known are more than all their children."""
    ages = [name for name in CHILD_COUNTS if name in blocks]
    added = blocks[ages].astype("float64").sum(axis=1)
    wrong = added > blocks["children_0_17"] + ROUNDING
    if not wrong.any():
        return []
    first = blocks[wrong].sort_values("block_geoid").iloc[0]
    told = ", ".join(f"{name} {first[name]:,.0f}" for name in ages if pd.notna(first[name]))
    example = f"block_geoid={first['block_geoid']}: {told}, children_0_17 {first['children_0_17']:,.0f}"
    what = f"blocks of {vintage} have more children of some ages than children in all"
    remedy = "Ages and all children are of different files, or a column is not what it is mapped to: fetch both again."
    return [Fault("E-PART-EXCEEDS", what, int(wrong.sum()), example, remedy)]
