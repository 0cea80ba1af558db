"""The worksheet of Proposition 39: how many rooms a district would owe each charter school, and from what it follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.rolls import Rolls
from pipeline.analysis.schools import in_buildings
from pipeline.columns import GRADES, LEVELS, joined
from pipeline.ledger import Ledger
from pipeline.numerals import count_of, number

LEVEL_ADA = [f"{level}_in_district_ada" for level in LEVELS]
LEVEL_RATIO = [f"{level}_ada_per_classroom_ratio" for level in LEVELS]
COLUMNS = [
    *(
        "school_id",
        "fall_year",
        "worksheet_status",
        "in_district_pupils",
        "pupils_basis",
        "in_district_ada",
        "ada_basis",
    ),
    *("comparison_basis", "comparison_area_id", "comparison_school_ids", "comparison_schools", "left_out_schools"),
    *("comparison_ada", "comparison_classrooms", "comparison_specialised_rooms", "comparison_shared_rooms"),
    *("ada_per_classroom_ratio", "offered_classrooms", "offered_specialised_rooms", "offered_shared_rooms"),
    *LEVEL_ADA,
    *LEVEL_RATIO,
    "reason",
]
_TEXTS = (
    *("school_id", "worksheet_status", "pupils_basis", "ada_basis", "comparison_basis", "comparison_area_id"),
    *("comparison_school_ids", "reason"),
)
SPACE = {
    "classrooms": ("classroom", "special_day", "special_day_severe"),
    "specialised_rooms": ("specialised",),
    "shared_rooms": ("shared",),
}
_AREA = {
    "homes": "in the attendance area of high school zone {area}, where most of its pupils live",
    "present_place": "in the attendance area of high school zone {area}, where the school is (where its pupils live is not counted)",
    "district": "of the whole district (it has no high-school attendance areas on file)",
}


@dataclass(frozen=True)
class Law:
    """Numbers of the law in force."""

    source: str
    smallest_ada: float


def without_preschool(pupils: pd.Series, found: Rolls) -> pd.Series:
    """Pupils by school without its preschool, whose rooms the law does not count either.

    Where a school's grades are not known in the last fall of the rolls, all its pupils count.

    Parameters
    ----------
    pupils : Series
        Pupils by school.
    found : Rolls
        `rolls.rolls`.

    Examples
    --------
    >>> counts = np.zeros((1, len(GRADES), 1))
    >>> counts[0, [GRADES.index("PK"), GRADES.index("KG")], 0] = 10.0, 30.0
    >>> without_preschool(pd.Series({"a": 40.0, "b": 9.0}), Rolls(np.array(["a"]), np.array([2024]), counts, np.zeros((1, 1)))).to_dict()
    {'a': 30.0, 'b': 9.0}
    """
    if not len(found.years):
        return pupils
    last = found.pupils[:, :, -1]
    whole = last.sum(axis=1)
    share = np.divide(last[:, GRADES.index("PK")], whole, out=np.zeros(len(whole)), where=whole > 0)
    young = pd.Series(share, index=found.schools).reindex(pupils.index).fillna(0.0)
    return pupils * (1.0 - young)


def projected_pupils(totals: pd.DataFrame, fall_year: int) -> pd.Series:
    """Pupils of each school in a fall of the outlook (table ``outlook_totals``)."""
    rows = totals[(totals["unit_kind"] == "school") & (totals["fall_year"] == fall_year)]
    return rows.set_index("unit_id")["pupils_projected"]


def space_of_schools(
    rooms: pd.DataFrame, school_sites: pd.DataFrame, pupils: pd.Series, schools: pd.DataFrame
) -> pd.DataFrame:
    """Rooms that each school has by kind of space; schools of one site share its rooms by their pupils.

    Portables count, preschool rooms and other uses do not. A school whose site has no room in the inventory is left out.

    Parameters
    ----------
    rooms, school_sites, schools : DataFrame
        Tables of these names (``school_facts``).
    pupils : Series
        Pupils by school.

    Returns
    -------
    DataFrame
        By ``school_id``: ``classrooms`` (special-day rooms among them), ``specialised_rooms``, ``shared_rooms``.

    Examples
    --------
    >>> rooms = pd.DataFrame({"site_id": "1", "room_type": ["classroom", "shared", "preschool"], "is_portable": False, "rooms": [20.0, 4.0, 1.0]})
    >>> at = pd.DataFrame({"school_id": ["a", "b"], "site_id": "1"})
    >>> open_schools = pd.DataFrame({"school_id": ["a", "b"], "school_status": "open"})
    >>> space_of_schools(rooms, at, pd.Series({"a": 300.0, "b": 100.0}), open_schools).loc["a"].tolist()
    [15.0, 0.0, 3.0]
    """
    kind = {room: name for name, group in SPACE.items() for room in group}
    counted = rooms.assign(space=rooms["room_type"].map(kind)).dropna(subset=["space"])
    by_site = counted.pivot_table(index="site_id", columns="space", values="rooms", aggfunc="sum", fill_value=0.0)
    by_site = by_site.reindex(columns=list(SPACE), fill_value=0.0)
    is_open = schools.loc[schools["school_status"] == "open", "school_id"]
    here = school_sites[school_sites["school_id"].isin(is_open) & school_sites["site_id"].isin(by_site.index)]
    here = here.assign(pupils=here["school_id"].map(pupils).astype("float64").fillna(0.0))
    total = here.groupby("site_id")["pupils"].transform("sum")
    alone = here.groupby("site_id")["pupils"].transform("size").eq(1)
    share = (here["pupils"] / total.where(total > 0)).mask(alone, 1.0).fillna(0.0).to_numpy()
    table = by_site.reindex(here["site_id"]).mul(share, axis=0)
    return table.set_axis(pd.Index(here["school_id"], name="school_id")).sort_index().rename_axis(columns=None)


def prop39(
    charters: pd.DataFrame,
    charter_pupils: pd.DataFrame,
    schools: pd.DataFrame,
    areas: pd.Series,
    pupils: pd.Series,
    projected: pd.Series,
    space: pd.DataFrame,
    law: Law,
    *,
    fall_year: int,
    attendance_ratio: float | None,
) -> pd.DataFrame:
    """Rooms each charter school could be offered, in the ratio its comparison group has them.

    ::

        ratio of a level = projected ADA of the comparison schools of that level / their classrooms
        classrooms offered = sum over levels of (in-district ADA of the charter school there / ratio), rounded up

    Comparison schools are open district schools that teach a level the charter school teaches, in
    the attendance area of the high school where most of its pupils live; each level of the charter school is measured by those
    that teach it, and by all of them where none does or its pupils by level are not known. Its ADA is spread over levels
    as its in-district pupils are now. Specialised and shared
    space is offered per ADA as they have it, in tenths of a room. ADA is projected pupils times the study's attendance;
    where the study gives none, pupils stand for it, which overstates both sides alike.

    Parameters
    ----------
    charters, schools : DataFrame
        Rows of table ``school_facts``.
    charter_pupils : DataFrame
        `prop39_pupils.charter_pupils`.
    areas : Series
        High-school area by school.
    pupils, projected : Series
        Pupils by school without preschool at the latest count, and in the fall the request is for; where the
        latter is not known the former stands in. A school with pupils at home and none on its roll is not known.
    space : DataFrame
        `space_of_schools`.
    law : Law
        Numbers of the law.
    fall_year : int
        The fall that facilities are asked for.
    attendance_ratio : float, optional
        Average daily attendance over enrollment.

    Returns
    -------
    DataFrame
        Table ``prop39``: one row per charter school, with the status and every input.

    References
    ----------
    California Education Code 47614; California Code of Regulations, title 5, 11969.3.
    """
    attendance = 1.0 if attendance_ratio is None else attendance_ratio
    basis = "enrollment" if attendance_ratio is None else "attendance"
    next_fall = projected.reindex(pupils.index.union(projected.index)).fillna(pupils)
    district = in_buildings(schools, "district").sort_values("school_id", kind="stable")
    rows = []
    for charter in charters.sort_values("school_id", kind="stable").itertuples():
        own = charter_pupils.loc[charter.school_id]
        now, ahead = pupils.get(charter.school_id, np.nan), next_fall.get(charter.school_id, np.nan)
        growth = ahead / now if now > 0 and np.isfinite(ahead) else 1.0
        # pupils who live somewhere and are on no roll: which is right cannot be told
        is_told_apart = now == 0 and own["in_district_pupils"] > 0
        ada = np.nan if is_told_apart else own["in_district_pupils"] * growth * attendance
        alike = np.zeros(len(district), dtype=bool)
        for level in LEVELS:
            alike |= district[f"serves_{level}"].to_numpy(dtype=bool) & bool(getattr(charter, f"serves_{level}"))
        group = district[alike]
        if isinstance(own["comparison_area_id"], str):
            group = group[group["school_id"].map(areas) == own["comparison_area_id"]]
        row = {
            **{c: own[c] for c in ("in_district_pupils", "pupils_basis", "comparison_basis", "comparison_area_id")},
            "school_id": charter.school_id,
            "fall_year": fall_year,
            "in_district_ada": ada,
            "ada_basis": basis,
            **_group(group["school_id"], next_fall * attendance, space),
        }
        rows.append(row | _offer(row, law, _levels(own, ada, group, row, next_fall * attendance, space)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({c: "str" if c in _TEXTS else "int64" if c == "fall_year" else "float64" for c in COLUMNS})


def record(worksheet: pd.DataFrame, not_confirmed: tuple[str, ...], ledger: Ledger) -> None:
    """How many of the charter schools have a worksheet, and what of the law was taken from accounts of it."""
    done = worksheet["worksheet_status"].isin(["computed", "below_threshold"])
    first = worksheet.loc[~done, "school_id"].min() if (~done).any() else ""
    ledger.match(
        "prop39",
        total=float(len(worksheet)),
        matched=float(done.sum()),
        unit="schools",
        reason=f"charter schools with a worksheet{f'; the first without: {first}' if first else ''}",
    )
    for what in not_confirmed:
        ledger.note("prop39", f"not confirmed in the text of the law: {what}")


def _group(ids: pd.Series, ada: pd.Series, space: pd.DataFrame) -> dict[str, object]:
    """ADA and space of the comparison schools that have pupils, and whose pupils and rooms are both known."""
    # a school without a pupil has no rooms per pupil
    known = [i for i in ids if i in space.index and ada.get(i, np.nan) > 0 and space.loc[i, "classrooms"] > 0]
    sums: dict[str, float] = {"comparison_ada": 0.0, **{f"comparison_{name}": 0.0 for name in SPACE}}
    for school in known:  # one by one: the sum is the same on every machine
        sums["comparison_ada"] += float(ada[school])
        for name in SPACE:
            sums[f"comparison_{name}"] += float(space.loc[school, name])
    return {
        "comparison_school_ids": joined(known),
        "comparison_schools": float(len(known)),
        "left_out_schools": float(len(ids) - len(known)),
        **{name: value if known else np.nan for name, value in sums.items()},
    }


@dataclass(frozen=True)
class Level:
    """ADA of a charter school in a level, and what the schools that measure it have."""

    level: str
    ada: float
    group: dict[str, float]

    @property
    def ratio(self) -> float:
        """ADA per classroom of the group."""
        return self.group["comparison_ada"] / self.group["comparison_classrooms"]

    def rooms(self, kind: str) -> float:
        """Rooms of a kind in the proportion of the group, not rounded."""
        return self.ada * self.group[f"comparison_{kind}"] / self.group["comparison_ada"]


def _levels(
    own: pd.Series, ada: float, group: pd.DataFrame, whole: dict[str, object], expected: pd.Series, space: pd.DataFrame
) -> list[Level]:
    """Each level that the charter school has pupils in, beside the comparison schools of that level, else beside all."""
    counted = {level: float(own[f"{level}_pupils"]) for level in LEVELS if own[f"{level}_pupils"] > 0}
    numbers = ["comparison_schools", "comparison_ada", *(f"comparison_{name}" for name in SPACE)]
    total = sum(counted.values())
    found = []
    for level, pupils in counted.items():
        alike = _group(group.loc[group[f"serves_{level}"].astype(bool), "school_id"], expected, space)
        measured = alike if alike["comparison_schools"] else whole
        found.append(Level(level, ada * pupils / total, {name: float(measured[name]) for name in numbers}))  # type: ignore[arg-type]
    return found or [Level("", ada, {name: float(whole[name]) for name in numbers})]  # type: ignore[arg-type]


def _offer(row: dict[str, object], law: Law, levels: list[Level]) -> dict[str, object]:
    """Status, ratio, what is offered, and the working in words."""
    n = {k: float(v) for k, v in row.items() if isinstance(v, (int, float, np.floating))}
    ada, schools, left_out = n["in_district_ada"], n["comparison_schools"], n["left_out_schools"]
    area = _AREA[str(row["comparison_basis"])].format(area=row["comparison_area_id"])
    if np.isnan(ada) and n["in_district_pupils"] > 0:
        text = f"{number(n['in_district_pupils'])} pupils are counted where they live and none on its roll: its pupils are not known."
        return {"worksheet_status": "pupils_not_known", "reason": text}
    if np.isnan(ada):
        return {"worksheet_status": "pupils_not_known", "reason": "Its pupils are not known."}
    asks = f"{number(ada, 1)} in-district ADA"
    if row["ada_basis"] == "enrollment":
        asks += " (projected pupils: the study gives no attendance)"
    if row["pupils_basis"] == "all_pupils":
        asks += ", all its pupils taken as the district's"
    if ada < law.smallest_ada:
        return {
            "worksheet_status": "below_threshold",
            "reason": f"{asks}: fewer than {number(law.smallest_ada)} ({law.source}).",
        }
    if not schools + left_out:
        return {
            "worksheet_status": "no_comparison_school",
            "reason": f"{asks}; no district school of its levels lies {area}.",
        }
    if not schools:
        text = f"{asks}; none of its {number(left_out)} comparison schools has pupils and rooms on file."
        return {"worksheet_status": "rooms_not_known", "reason": text}
    exact = sum(level.rooms("classrooms") for level in levels)
    rooms = float(np.ceil(exact - 1e-9))
    offered = {
        f"offered_{kind}": float(np.round(sum(level.rooms(kind) for level in levels), 1))
        for kind in ("specialised_rooms", "shared_rooms")
    }
    without = f"; {number(left_out)} more without pupils or rooms on file are left out" if left_out else ""
    working = f"{asks} / {number(levels[0].ratio, 2)} ADA per classroom"
    whose = "The ratio is that of"
    if len(levels) > 1:
        parts = [
            f"{number(level.ada, 1)} {level.level} / {number(level.ratio, 2)} ADA per classroom" for level in levels
        ]
        working = f"{asks}: {' + '.join(parts)}"
        whose = "The ratio of each level is that of the schools that teach it, of"
    text = (
        f"{working} = {number(exact, 2)}, so {number(rooms)} classrooms. {whose} "
        f"{count_of(schools, 'district school', 'district schools')} {area}: "
        f"{number(n['comparison_ada'], 1)} ADA in {number(n['comparison_classrooms'], 1)} classrooms{without}. In the same proportion "
        f"{number(offered['offered_specialised_rooms'], 1)} specialised and {number(offered['offered_shared_rooms'], 1)} shared rooms; "
        "furnished, at a pro-rata charge."
    )
    return {
        "worksheet_status": "computed",
        "ada_per_classroom_ratio": ada / exact,
        "offered_classrooms": rooms,
        **offered,
        **{f"{level.level}_in_district_ada": level.ada for level in levels if level.level},
        **{f"{level.level}_ada_per_classroom_ratio": level.ratio for level in levels if level.level},
        "reason": text,
    }
