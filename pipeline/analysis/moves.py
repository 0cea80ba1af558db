"""Net migration and drivers of every layer whose vintages are compared."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.analysis.drivers import change_drivers
from pipeline.analysis.growth import Layer, vintage_pairs
from pipeline.analysis.migration import net_migration, years_between
from pipeline.ledger import Ledger
from pipeline.numerals import trimmed
from pipeline.tables import empty


def moves(
    layers: list[Layer],
    change: pd.DataFrame,
    *,
    before: str | None,
    now: str,
    deaths: Sequence[float],
    high_cv: float,
    medium_cv: float,
    ledger: Ledger,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``net_migration`` and ``change_drivers`` for the pairs of vintages that were compared.

    Parameters
    ----------
    layers : list
        As `growth.compared_layers` gives them.
    change : DataFrame
        Table ``school_age_change``: where it is empty nothing was compared, and why is said there.
    before, now : str
        The study's vintages.
    deaths : sequence of float
        Deaths by age (`migration.survival`); empty where the study names no life table.
    high_cv, medium_cv : float
        Bounds of the reliability classes.
    ledger : Ledger
        Takes what could not be told apart.
    """
    if change.empty or before is None:
        return empty("net_migration", ""), empty("change_drivers", "")
    moved: list[pd.DataFrame] = []
    driven: list[pd.DataFrame] = []
    pairs = vintage_pairs(layers[0].profile["vintage"], before, now)
    for layer, area, rows, factors in layers:
        for earlier, later in pairs:
            if {earlier, later} <= set(rows["vintage"]):
                for told, found in ((net_migration, moved), (change_drivers, driven)):
                    found.append(
                        told(
                            rows,
                            layer=layer,
                            area=area,
                            before=earlier,
                            now=later,
                            factors=factors,
                            deaths=deaths,
                            high_cv=high_cv,
                            medium_cv=medium_cv,
                        )
                    )
    migration, drivers = (pd.concat(parts, ignore_index=True) for parts in (moved, driven))
    if migration.empty:
        ledger.missing_input(
            "children by age in two vintages",
            "the census tables give all children and no bands: moves are not told from births",
        )
        return empty("net_migration", ""), empty("change_drivers", "")
    for earlier, later in pairs:
        years = years_between(earlier, later)
        if years != 5:
            ledger.note(
                "net_migration",
                f"{earlier} and {later} lie {trimmed(years)} years apart, bands are five years wide: children are taken to be spread "
                "evenly within a band, and those born in between are left out",
            )
    if not deaths:
        ledger.note("net_migration", "the study names no life table (growth.survival): deaths are among those who left")
    homeless = int(drivers["housing_change"].isna().sum())
    if homeless:
        ledger.absence("change_drivers", "occupied homes are not known: new homes are among the moves", count=homeless)
    return migration, drivers
