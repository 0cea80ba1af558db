"""Who attends which school: the zone's own, another, a charter, a private one, or none.

All shares are of an elementary zone's resident children of one grade.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.town import names
from pipeline.town.areas import Floats, Ints
from pipeline.town.zones import Zones

FALLS = tuple(range(2017, 2025))
GRADES = ("TK", "KG", *(f"{g:02d}" for g in range(1, 13)))
LEVEL_OF = {
    **dict.fromkeys(GRADES[:7], "elementary"),
    **dict.fromkeys(GRADES[7:10], "middle"),
    **dict.fromkeys(GRADES[10:], "high"),
}


def upper_shares(drawn: Zones, level: str, kids: Floats, number: int) -> Floats:
    """Share of each elementary zone's children in each middle or high zone."""
    upper = drawn.of(level)
    both = (drawn.elementary >= 0) & (upper >= 0)
    total = np.zeros((number, int(upper.max()) + 1))
    np.add.at(total, (drawn.elementary[both], upper[both]), kids[both])
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def _serves(table: pd.DataFrame, grade: str) -> np.ndarray:
    at = {g: n for n, g in enumerate(("PK", *GRADES))}
    return np.asarray((table["low"].map(at) <= at[grade]) & (table["high"].map(at) >= at[grade]))


def open_share(table: pd.DataFrame, fall: int, grade: str) -> Floats:
    """How far each school is open to a grade in an autumn: 0 not at all, 1 fully."""
    there = (table["opened"] <= fall) & ((table["closed"] == 0) | (table["closed"] > fall)) & _serves(table, grade)
    filled = np.where(
        table["name"] == names.CHARTERS[2][0], 0.5 + 0.5 * (fall - 2017) / 7, 1.0
    )  # a young charter grows
    starting = (
        (table["sector"] == "charter") & (table["opened"] >= 2018) & (GRADES.index(grade) > fall - table["opened"] + 2)
    )
    return np.asarray(there & ~starting, dtype=float) * filled


def attendance_shares(
    table: pd.DataFrame,
    need: Floats,
    homes: Floats,
    upper: dict[str, Floats],
    residents: Floats,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """For each grade: the share of a zone's resident children who attend each school."""
    far = np.hypot(homes[:, :1] - table["x"].to_numpy(), homes[:, 1:] - table["y"].to_numpy())
    pull = np.exp(-far / 1100) * np.exp(3 * table["effect"].to_numpy())
    taste = rng.uniform(0.7, 1.3, len(table))
    out: dict[str, Floats] = {}
    for grade in GRADES:
        level, serves = LEVEL_OF[grade], _serves(table, grade)
        share = np.zeros((len(need), len(table)))
        private_total = (0.10 - 0.07 * need) * {"elementary": 1.0, "middle": 0.8, "high": 0.4}[level]
        closed = table["closed"].to_numpy() > 0
        weight = pull * taste * (serves & (table["sector"] == "private").to_numpy())
        share += private_total[:, None] * weight / weight.sum(axis=1, keepdims=True)
        share += _charters(table, grade, pull * (0.7 + 0.9 * need)[:, None], residents[:, GRADES.index(grade)])
        virtual = table["is_virtual"].to_numpy() & serves
        share[:, virtual] = 0.006
        if level == "high":
            share[:, (table["name"] == names.CONTINUATION).to_numpy() & serves] = 0.02 + 0.05 * need[:, None]
        rest = 0.985 - share.sum(axis=1)  # the others are taught at home
        zoned = table["zone"].ge(0).to_numpy() & table["level"].eq(level).to_numpy() & serves
        own = np.zeros_like(share)
        if level == "elementary":
            own[np.arange(len(need)), np.flatnonzero(zoned)[np.argsort(table.loc[zoned, "zone"].to_numpy())]] = 1.0
        else:
            own[:, np.flatnonzero(zoned)] = upper[level]
        stays = {"elementary": 0.86, "middle": 0.92, "high": 0.94}[level]
        others = pull * zoned * (own < 0.5)
        others = others / others.sum(axis=1, keepdims=True)
        share += rest[:, None] * (stays * own + (1 - stays) * others)
        if level == "elementary":
            # the school that closed in 2021 had taken part of its neighbors' zones
            near = np.argsort(far[:, closed].ravel())[:3]
            own_at = own[near].argmax(axis=1)
            for z, s in zip(near, own_at, strict=True):
                moved = share[z, s] * 0.26
                share[z, s] -= moved
                share[z, np.flatnonzero(closed)] += moved
        out[grade] = share
    return out


def _charters(table: pd.DataFrame, grade: str, pull: Floats, residents: Floats) -> Floats:
    """Charters fill the seats they have, from near and far."""
    size = (
        table["name"]
        .map({name: seats / (1 + GRADES.index(high) - GRADES.index(low)) for name, low, high, seats in names.CHARTERS})
        .fillna(0.0)
    )
    seats = size.to_numpy() * _serves(table, grade) * (0.4 if grade == "TK" else 1.0)
    drawn = residents[:, None] * pull
    share = np.minimum(pull * seats[None, :] / np.maximum(drawn.sum(axis=0), 1e-9)[None, :], 0.25)
    return np.asarray(share)


def nearest_shares(table: pd.DataFrame, fall: int, grade: str, homes: Floats) -> Floats:
    """Where pupils go whose school is not open: the nearest zoned schools of the level."""
    there = open_share(table, fall, grade) * table["zone"].ge(0) * table["level"].eq(LEVEL_OF[grade])
    far = np.hypot(homes[:, :1] - table["x"].to_numpy(), homes[:, 1:] - table["y"].to_numpy())
    weight = np.exp(-far / 350) * there.to_numpy()[None, :]
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def flows(
    drawn: Zones,
    table: pd.DataFrame,
    expected: Floats,
    pupils: Ints,
    upper: dict[str, Floats],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Pupils by zone of residence and school attended in autumn 2024, public schools only."""
    parts = []
    for level in ("elementary", "middle", "high"):
        grades = [g for g, grade in enumerate(GRADES) if LEVEL_OF[grade] == level]
        matrix = expected[:, :, grades].sum(axis=2)
        if level != "elementary":
            matrix = upper[level].T @ matrix
        ids = [*(drawn.zone_id(level, zone) for zone in range(len(matrix))), "OUT"]
        for school in np.flatnonzero(table["sector"] != "private"):
            total = int(pupils[school, -1, grades].sum())
            if total == 0 or matrix[:, school].sum() == 0:
                continue
            outside = rng.binomial(total, 0.012)  # live outside the district
            drawn_from = rng.multinomial(total - outside, matrix[:, school] / matrix[:, school].sum())
            counts = [*drawn_from, outside]
            parts.append(
                pd.DataFrame({"level": level, "zone": ids, "school": table["school_id"].iloc[school], "pupils": counts})
            )
    together = pd.concat(parts, ignore_index=True)
    return together[together["pupils"] > 0].reset_index(drop=True)
