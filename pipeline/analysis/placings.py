"""Other ways in which counts might have come to neighborhoods: by the second best evidence, and by area alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.analysis.best_evidence import counts_of, weights_by_carrier
from pipeline.analysis.crosswalk import CROSSWALK_COLUMNS
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.relations import evidence_of
from pipeline.ledger import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

PLACING_COLUMNS = ["placing", *CROSSWALK_COLUMNS]
# Weights that agree so well are the same way of placing.
_SAME = 1e-6


def placing_crosswalk(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    places: KnownPlaces,
    *,
    vintage: str,
    evidence: Sequence[str],
    ledger: Ledger,
) -> pd.DataFrame:
    """Weights from census areas to neighborhoods by evidence that the crosswalk did not use.

    Where neighborhoods are made of whole census areas all ways agree, and nothing is written; nor
    is a way that says the same as a better one.

    Parameters
    ----------
    sources : mapping
        Layer to census areas (`areas.source_layers`); those of ``vintage`` are used.
    targets : mapping
        Layers of shapes (`areas.target_layers`); the neighborhoods are used.
    places : KnownPlaces
        The evidence.
    vintage : str
        Vintage of the need index.
    evidence : sequence of str
        Kinds of evidence, best first; ``second`` leaves out the best that is known for a carrier.
    ledger : Ledger
        Takes which ways differ.

    Returns
    -------
    DataFrame
        Table ``placing_crosswalk``: a crosswalk for each ``placing`` (second, area), sorted.
    """
    ways: dict[str, list[pd.DataFrame]] = {"best": [], "second": [], "area": []}
    for layer, source in sources.items():
        if not layer.endswith(f" {vintage}") or "neighborhood" not in targets:
            continue
        neighborhoods = targets["neighborhood"]
        pair, facts = (layer, "neighborhood"), counts_of(source)
        known, nobody = evidence_of(source, neighborhoods, places, pair, Ledger())
        by_lines = {kind: known[kind] for kind in ("inside", "representative_point", "area")}
        for way, held, skipped in (("best", known, 0), ("second", known, 1), ("area", by_lines, 0)):
            found, _ = weights_by_carrier(facts, neighborhoods, held, nobody, evidence, pair, Ledger(), skipped=skipped)
            ways[way].append(found)
    tables = {way: pd.concat(parts, ignore_index=True) for way, parts in ways.items() if parts}
    kept: dict[str, pd.DataFrame] = {}
    for way, table in tables.items():
        if way != "best" and all(_differ(table, other) for other in [tables["best"], *kept.values()]):
            kept[way] = table.assign(placing=way)
    _note(tables, kept, ledger)
    rows = pd.concat(kept.values(), ignore_index=True) if kept else pd.DataFrame(columns=PLACING_COLUMNS, dtype="str")
    return rows[PLACING_COLUMNS].sort_values(PLACING_COLUMNS[:6], ignore_index=True).astype({"weight": "float64"})


def _differ(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    key = CROSSWALK_COLUMNS[:5]
    both = one.merge(other, on=key, how="outer", suffixes=("", "_other"), validate="1:1")
    off = both["weight"].fillna(0.0) - both["weight_other"].fillna(0.0)
    return bool(np.abs(off).max() > _SAME) if len(off) else False


def _note(tables: Mapping[str, pd.DataFrame], kept: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    if not tables:
        return
    said = (
        f"ranks are also drawn with counts placed by: {', '.join(kept)}"
        if kept
        else "all evidence places the counts alike, as where neighborhoods are whole census areas: ranks are not varied over it"
    )
    ledger.note("other placings of counts", said)
