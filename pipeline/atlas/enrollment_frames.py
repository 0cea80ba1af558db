"""Rows of the tables below the map of who goes where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.columns import HIDDEN, LEVELS

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]
# Columns of the tables that are made here.
MADE = ("zone_name", "private_absent", "district_pupils", "charter_pupils", "other_pupils", "private_pupils", "charter_share", "hidden")  # fmt: skip


def with_stars(frame: pd.DataFrame) -> pd.DataFrame:
    """Zones with a star where the pupils of an operator are not shown."""
    stars = {name: frame[name].map({"suppressed": HIDDEN}) for name in frame if str(name).startswith("value_status|")}
    return frame.assign(**stars)


def by_year(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """One row for each school year of the district, the latest first."""
    rows = tables["public_sectors"]
    whole = rows[rows["layer"].eq("district")]
    wide = whole.pivot_table(index="fall_year", columns="run_by", values="pupils", aggfunc="sum", min_count=1)
    wide = wide.reindex(index=sorted(set(whole["fall_year"]), reverse=True))
    wide = wide.reindex(columns=["district", "charter", "not_known", "private"]).astype("float64")
    shares = whole[whole["run_by"].eq("charter")].set_index("fall_year")["sector_share"]
    hidden = whole[whole["run_by"].ne("private")].groupby("fall_year")["hidden_schools"].sum()
    return wide.set_axis(["district_pupils", "charter_pupils", "other_pupils", "private_pupils"], axis=1).assign(
        charter_share=shares.reindex(wide.index).astype("float64"),
        hidden=hidden.reindex(wide.index).astype("float64"),
        private_absent="not counted",
    ).reset_index()  # fmt: skip


def from_zone_to_school(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The pairs that are told, by zone, the largest first."""
    rows = tables["public_flows"]
    if rows.empty:
        return rows.assign(zone_name="", school_name="")
    keys = rows["level"] + " " + rows["zone_id"]
    rows = rows.assign(
        zone_name=[names["zone"].get(key, zone) for key, zone in zip(keys, rows["zone_id"], strict=True)],
        school_name=[names["school"].get(school, school) for school in rows["school_id"]],
        place=rows["level"].map(LEVELS.index),
    )
    return rows.sort_values(["place", "zone_name", "pupils", "school_name"], ascending=[True, True, False, True])


FRAMES = {"sectors": by_year, "flows": from_zone_to_school}
