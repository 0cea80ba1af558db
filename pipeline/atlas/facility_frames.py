"""Tables below the map of sites: how capacity is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.atlas.words import LABELS, grade
from pipeline.columns import HIDDEN, OFFERED_STATUSES
from pipeline.numerals import listed

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
# Columns of the tables that are made here.
MADE = ("proposer_name", "sites_known", "sites_listed", "is_deciding", "lease_absent")
NONE = "none"
Names = Mapping[str, Mapping[str, str]]


def ways_to_count(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """One row for each definition: how many sites it is known for, the seats it counts there and its source.

    Two definitions need not be known for the same sites, so that how many it is known for stands beside its seats.
    """
    rows = tables["public_capacity"]
    known = rows[rows["capacity_status"] == "known"].groupby("capacity_definition")
    table = rows.drop_duplicates("capacity_definition").set_index("capacity_definition")[["capacity_source"]]
    table["sites_known"] = known.size().astype("float64").reindex(table.index).fillna(0.0)
    table["sites_listed"] = rows.groupby("capacity_definition").size().astype("float64")
    for name in ("capacity_seats", "rooms_counted"):
        table[name] = known[name].sum(min_count=1).reindex(table.index)
    table = table.reset_index()
    table["is_deciding"] = table["capacity_definition"].isin(about.rules.judged_by)
    order = {"given": 0, "state_loading": 1, "functional": 2, "target": 3, "ideal_homeroom": 4}
    return table.sort_values("capacity_definition", key=lambda codes: codes.map(order), kind="stable")


def rfp_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the sheet of listed sites with codes as words, and why a lease has no years."""
    ways, levels = LABELS["capacity_definition"], LABELS["level"]

    def spelled(codes: pd.Series, names: Mapping[str, str]) -> pd.Series:
        texts = [listed([names.get(code, code).lower() for code in str(text).split()]) for text in codes.fillna("")]
        return codes.where(codes.isna(), texts).astype("str")

    absent = frame["lease_limit"].map({"no_host": "no host", "end_of_outlook": "not within the outlook"}).astype("str")
    hidden = frame["reason"].str.startswith("Not shown")
    # what a watched site has free is no offer: its rooms and years are not shown as if it were one
    offered = frame["rfp_status"].isin(OFFERED_STATUSES)
    terms = [
        "surplus_rooms",
        "surplus_rooms_now",
        "surplus_rooms_horizon",
        "rooms_needed_back_year",
        "longest_lease_years",
    ]
    frame = frame.assign(**{name: frame[name].where(offered) for name in terms})
    absent = absent.where(offered, "not offered")
    # no level of poor access, where access is known, and no other offer beside the one told, are none
    poor = frame["poor_access_levels"].mask(
        frame["poor_access_levels"].fillna("").eq("") & frame["relative_access_ratio"].notna(), NONE
    )
    offer = frame["lease_offer"].mask(frame["lease_offer"].fillna("").eq("") & offered & ~hidden, NONE)
    return frame.assign(
        definition_codes=spelled(frame["definition_codes"], ways),
        poor_access_levels=spelled(poor, levels),
        lease_offer=offer,
        lease_absent=absent.fillna("not offered").mask(hidden, HIDDEN),
    )


def by_site_and_place(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Responses by site and place, those that could not be considered last."""
    rows = tables["public_rfp_scores"]
    rows = rows.assign(
        site_name=rows["site_id"].map(names["site"]).astype("str").fillna(rows["site_id"]),
        grade_low=rows["grade_low"].map(grade).astype("str"),
        grade_high=rows["grade_high"].map(grade).astype("str"),
        last=rows["proposal_status"] != "scored",
    )
    return rows.sort_values(["last", "site_name", "score_rank", "proposal_id"], kind="stable").drop(columns="last")


def parts_of_scores(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The parts of each score, in the order of the responses."""
    whole = by_site_and_place(tables, names, about).reset_index(drop=True)
    parts = tables["public_rfp_score_parts"]
    place = dict(zip(whole["proposal_id"], whole.index, strict=True))
    parts = parts.assign(
        site_name=parts["proposal_id"]
        .map(dict(zip(whole["proposal_id"], whole["site_name"], strict=True)))
        .astype("str"),
        proposer_name=parts["proposal_id"]
        .map(dict(zip(whole["proposal_id"], whole["name"], strict=True)))
        .astype("str"),
        order=parts["proposal_id"].map(place),
    )
    return parts.sort_values(["order", "part_weight"], ascending=[True, False], kind="stable").drop(columns="order")


FRAMES = {"capacity": ways_to_count, "rfp_scores": by_site_and_place, "rfp_parts": parts_of_scores}
