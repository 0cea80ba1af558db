"""Further tables of the sheet Need: what moves ranks, and the same town by other indices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.columns import BY_NAME

if TYPE_CHECKING:
    import pandas as pd

FAMILY_RANKS = tuple(f"rank_{family}" for family in BY_NAME["family"].values)
HELD_AGAINST = ("rank_local", "rank_statewide", "score_local", "score_statewide")


def moves(sensitivity: pd.DataFrame) -> pd.DataFrame:
    """What moves all ranks together, that which moves them most first.

    >>> import pandas as pd
    >>> moves(pd.DataFrame({"moved": ["ranks", "ranks", "mean_shift"], "factor": ["left_out", "margins", "margins"], "total_index": [0.1, 0.8, 0.9]}))["factor"].tolist()
    ['margins', 'left_out']
    """
    rows = sensitivity[sensitivity["moved"] == "ranks"]
    return rows.sort_values(["total_index", "factor"], ascending=[False, True], kind="stable")


def by_family(families: pd.DataFrame, names: Mapping[str, str], about: About) -> pd.DataFrame:
    """One row for each neighborhood: its rank by each family, by the norm of the study; the neediest first."""
    own = families[(families["norm"] == about.rules.norm) & families["family_rank"].notna()]
    wide = _ranks(own, "family", BY_NAME["family"].values)
    return _named(wide, names, f"rank_{about.rules.family}")


def against_the_state(families: pd.DataFrame, names: Mapping[str, str], about: About) -> pd.DataFrame:
    """One row for each neighborhood: rank and index among them and held against the state, by the study's family.

    Without a state there is no row.
    """
    own = families[(families["family"] == about.rules.family) & families["family_rank"].notna()]
    if not own["norm"].eq("statewide").any():
        own = own.iloc[:0]
    norms = BY_NAME["norm"].values
    wide = _ranks(own, "norm", norms).join(_wide(own, "norm", norms, "family_score", "score"))
    return _named(wide, names, "rank_local")


def _ranks(rows: pd.DataFrame, by: str, codes: tuple[str, ...]) -> pd.DataFrame:
    return _wide(rows, by, codes, "family_rank", "rank")


def _wide(rows: pd.DataFrame, by: str, codes: tuple[str, ...], value: str, head: str) -> pd.DataFrame:
    # pivot refuses a repeated key; pivot_table would average it
    wide = rows.pivot(index="neighborhood_id", columns=by, values=value).reindex(columns=list(codes))  # noqa: PD010
    return wide.set_axis([f"{head}_{code}" for code in codes], axis=1)


def _named(wide: pd.DataFrame, names: Mapping[str, str], first: str) -> pd.DataFrame:
    frame = wide.reset_index().sort_values([first, "neighborhood_id"], kind="stable")
    frame["area_name"] = [names.get(place, place) for place in frame["neighborhood_id"]]
    return frame
