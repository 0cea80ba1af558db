"""Rows of the tables under the sheets of schools and seats, from the published tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.atlas.words import LABELS, say
from pipeline.columns import ACCESS_METHODS, BY_NAME, HIDDEN, LEVELS, STUDENT_GROUPS
from pipeline.numerals import number

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]

VARIANTS = BY_NAME["variant"].values
SUBJECTS = ("ela", "math", "attendance", "graduation")
SHARE_PUPILS = 200.0  # in tens, the share of fewer would be off by more than two points
# Columns made here, beside those of the published tables.
MADE = (
    *(f"unmet_{name}" for name in VARIANTS),
    *(f"color_{subject}" for subject in SUBJECTS),
    *("rank_least", "rank_most", "zones_told", "zone_name", "not_told", "shift_text", "quality_share", "share_absent", "area_kind"),
    *("goal_share", "poor_places", "known_places", "poor_children_share", "method_name", "group_name", "methods_poor", "methods_known"),
)  # fmt: skip


def variants_by_zone(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Each zone's missing seats by every way of counting, and between which ranks it moves; ids are gone."""
    long = tables["public_gap_variants"]
    known = long[long["unmet_seats"].notna()]
    key = ["level", "zone_id"]
    # pivot refuses a repeated key; pivot_table would average it
    wide = known.pivot(index=key, columns="variant", values="unmet_seats").reindex(columns=list(VARIANTS))  # noqa: PD010
    ranks = known.groupby(key)["service_gap_rank"]
    frame = wide.set_axis([f"unmet_{name}" for name in VARIANTS], axis=1)
    frame = frame.assign(rank_least=ranks.min(), rank_most=ranks.max()).reset_index()
    called = [
        names["zone"].get(f"{level} {zone}", zone) for level, zone in zip(frame["level"], frame["zone_id"], strict=True)
    ]
    order = frame["level"].map(LEVELS.index) if len(frame) else frame["rank_least"]
    return frame.assign(zone_name=called, order=order).sort_values(["order", "rank_least", "zone_id"], kind="stable")


def variants_by_level(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Seats missing in all zones of a level by every way of counting, over the zones whose number is told."""
    zones = variants_by_zone(tables, names, about)
    counts = [f"unmet_{name}" for name in VARIANTS]
    sums = (
        zones.groupby("level")[counts]
        .sum(min_count=1)
        .assign(zones_told=zones.groupby("level").size().astype("float64"))
    )
    return sums.reindex([level for level in LEVELS if level in sums.index]).rename_axis("level").reset_index()


def sweep(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The answer at every cut; cuts that are not told have a star, or no row where none but the study's own is told."""
    frame = tables["public_cut_sweep"]
    told = frame["quality_schools"].notna().groupby(frame["level"]).transform("sum") > 1
    frame = frame[told | frame["quality_schools"].notna()]
    shift = [number(value, 1) if value == value else HIDDEN for value in frame["rank_shift"]]
    frame = frame.assign(not_told=HIDDEN, shift_text=shift, order=frame["level"].map(LEVELS.index))
    return frame.sort_values(["order", "cut_change"], kind="stable")


def quality_seats(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Pupils in quality seats of the whole district: all of them in every year, groups in the latest."""
    frame = tables["public_quality_seats"]
    frame = frame[frame["layer"] == "district"]
    latest = frame["fall_year"].max() if len(frame) else 0
    frame = frame[(frame["student_group"] == "all") | (frame["fall_year"] == latest)]
    groups = {code: place for place, code in enumerate(STUDENT_GROUPS)}
    frame = _with_share(frame).assign(
        group_name=[say("student_group", code) for code in frame["student_group"]],
        order=frame["student_group"].map(groups),
    )  # fmt: skip
    return frame.sort_values(["order", "run_by", "fall_year"], ascending=[True, True, False], kind="stable")


def quality_areas(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Pupils in quality seats by neighborhood of the school and by zone of residence, in the latest year."""
    frame = tables["public_quality_seats"]
    frame = frame[(frame["layer"] != "district") & (frame["student_group"] == "all") & (frame["run_by"] == "all")]
    frame = frame[frame["fall_year"] == frame["fall_year"].max()] if len(frame) else frame
    in_zone = frame["layer"].str.startswith("zone ")
    kind = in_zone.map({True: "Pupils who live there", False: "Pupils of the schools there"})
    frame = _with_share(frame).assign(area_name=area_names(frame, names), area_kind=kind.astype("str"))
    return frame.sort_values(["layer", "area_name", "area_id"], kind="stable")


def area_names(frame: pd.DataFrame, names: Names) -> list[str]:
    """What the areas of a table by ``layer`` and ``area_id`` are called; an area of no name by its id.

    A zone's level stands in its layer, ``"zone <level> <fall>"``: a zone and a neighborhood may have the same id.

    >>> import pandas as pd
    >>> names = {"neighborhood": {"101": "Heron Landing"}, "zone": {"middle 101": "Cottonwood (middle)"}}
    >>> area_names(pd.DataFrame({"layer": ["neighborhood", "zone middle 2024", "zone high 2024"], "area_id": "101"}), names)
    ['Heron Landing', 'Cottonwood (middle)', '101']
    """
    kinds = [layer.split(" ") for layer in frame["layer"]]
    return [
        names.get(kind, {}).get(" ".join([*level[:1], area]), area)
        for (kind, *level), area in zip(kinds, frame["area_id"], strict=True)
    ]


def _with_share(frame: pd.DataFrame) -> pd.DataFrame:
    """Which share of the pupils are in quality seats; of few it is not told, since counts in tens would mislead."""
    few = frame["pupils"] < SHARE_PUPILS
    told = few.map({True: f"under {number(SHARE_PUPILS)} pupils", False: None}).astype("object")
    return frame.assign(quality_share=(frame["quality_pupils"] / frame["pupils"]).where(~few), share_absent=told)


def quality_change(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Why pupils in quality seats became more or fewer, the longest span first."""
    frame = tables["public_quality_change"]
    span = frame["fall_to"] - frame["fall_from"]
    return frame.assign(span=-span).sort_values(["span", "fall_from", "run_by"], kind="stable")


def latest_targets(targets: pd.DataFrame) -> pd.DataFrame:
    """The latest year of each unit's path that has a result, with the goal at its end."""
    key = ["unit_kind", "unit_id"]
    ends = targets.sort_values("fall_year").groupby(key, sort=True).tail(1)[[*key, "target_share"]]
    seen = targets[targets["path_status"] != "not_known"].sort_values("fall_year")
    last = seen.groupby(key, sort=True).tail(1)
    return last.merge(ends.rename(columns={"target_share": "goal_share"}), on=key, how="left", validate="1:1")


def targets(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Where each unit stands on its path: the district, its levels, then its schools by name."""
    frame = latest_targets(tables["public_targets"])
    words = {
        "district": dict.fromkeys(frame["unit_id"], about.title),
        "level": LABELS["level"],
        "school": names["school"],
    }
    called = [words[kind].get(i, i) for kind, i in zip(frame["unit_kind"], frame["unit_id"], strict=True)]
    order = frame["unit_kind"].map({"district": 0, "level": 1, "school": 2})
    place = [LEVELS.index(i) if i in LEVELS else len(LEVELS) for i in frame["unit_id"]]
    # known, and not told: few pupils, or few schools
    frame = frame.assign(unit_name=called, order=order, place=place, not_told=HIDDEN)
    return frame.sort_values(["order", "place", "unit_name", "unit_id"], kind="stable")


def colors(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """A row for each school: by subject its color, with the levels of status and change behind it."""
    long = tables["public_colors"]
    text = [
        f"{say('color', color)} ({say('status_level', status).lower()}, {say('change_level', change).lower()})"
        if color != "none"
        else f"No color (status {say('status_level', status).lower()})"
        if status != "not_known"
        else HIDDEN
        for color, status, change in zip(long["color"], long["status_level"], long["change_level"], strict=True)
    ]
    wide = long.assign(text=text).pivot(index="school_id", columns="subject", values="text")  # noqa: PD010
    frame = wide.reindex(columns=list(SUBJECTS)).set_axis([f"color_{name}" for name in SUBJECTS], axis=1).reset_index()
    frame = frame.astype("object").where(frame.notna(), None)
    return frame.assign(school_name=[names["school"].get(i, i) for i in frame["school_id"]]).sort_values(
        ["school_name", "school_id"], kind="stable"
    )


def access_methods(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """By level and method, in how many neighborhoods access is poor and what share of children live in them."""
    long = tables["public_access_methods"]
    children = tables["public_neighborhoods"].set_index("neighborhood_id")["children_0_17"]
    rows = long[long["relative_access_ratio"].notna()].assign(children=long["neighborhood_id"].map(children))
    by_all = rows.groupby(["neighborhood_id", "level"], as_index=False).agg(
        is_poor_access=("is_poor_access", "all"), children=("children", "first")
    )
    parts = [
        (level, method, some)
        for level in LEVELS
        for method, some in [*((m, rows[rows["access_method"] == m]) for m in ACCESS_METHODS), ("", by_all)]
    ]
    made = [
        {
            "level": level,
            "method_name": say("access_method", method) if method else "By all three",
            "poor_places": float(here["is_poor_access"].sum()),
            "known_places": float(len(here)),
            "poor_children_share": here.loc[here["is_poor_access"], "children"].sum() / here["children"].sum()
            if here["children"].sum() > 0
            else float("nan"),
        }
        for level, method, some in parts
        if len(here := some[some["level"] == level])
    ]
    return type(rows)(made, columns=["level", "method_name", "poor_places", "known_places", "poor_children_share"])


def access_groups(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Of the children and of groups, how many live where access is poor."""
    frame = tables["public_access_groups"]
    levels, groups = frame["level"].map(LEVELS.index), frame["measure"].ne("children")
    return frame.assign(order=levels, group=groups).sort_values(["order", "group", "measure"], kind="stable")


def schools_with_paths(schools: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Schools with their latest result, benchmark and chance of being on track, in the steps they are told in."""
    numbers = ["status_share", "target_share", "on_track_probability_share"]
    last = latest_targets(targets[targets["unit_kind"] == "school"]).rename(columns={"unit_id": "school_id"})
    return schools.merge(last[["school_id", *numbers]], on="school_id", how="left", validate="1:1")


def methods_poor(places: pd.DataFrame, long: pd.DataFrame) -> pd.DataFrame:
    """By how many of the methods a neighborhood's access is poor, level by level: ``methods_poor|<level>``."""
    known = long[long["relative_access_ratio"].notna()]
    for level in LEVELS:
        here = known[known["level"] == level].groupby("neighborhood_id")["is_poor_access"]
        places[f"methods_poor|{level}"] = places["neighborhood_id"].map(here.sum()).astype("float64")
        places[f"methods_known|{level}"] = places["neighborhood_id"].map(here.size()).astype("float64")
    return places


# How the rows of a further table are made, by its key.
FRAMES: Mapping[str, Callable[[Tables, Names, About], pd.DataFrame]] = {
    "variants_by_level": variants_by_level,
    "variants": variants_by_zone,
    "sweep": sweep,
    "quality_seats": quality_seats,
    "quality_areas": quality_areas,
    "quality_change": quality_change,
    "targets": targets,
    "colors": colors,
    "access_methods": access_methods,
    "access_groups": access_groups,
}
