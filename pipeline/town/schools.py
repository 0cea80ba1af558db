"""Schools of Millbrook, who attends them, and how many pupils they had in eight autumns.

Resident children become kindergartners, grow up with their cohort and choose among the school
of their zone, other district schools, charters and private schools. All enrollment, flows and
results are read off this one table of expected pupils.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.town import names
from pipeline.town.areas import Floats, Ints, tally
from pipeline.town.choice import FALLS, GRADES, attendance_shares, flows, nearest_shares, open_share, upper_shares
from pipeline.town.ground import Ground
from pipeline.town.people import People
from pipeline.town.zones import Zones

# share of a kindergarten class's worth of children in transitional kindergarten: the law widens it year by year
TK_SHARE = dict(zip(FALLS, (0.15, 0.15, 0.16, 0.11, 0.13, 0.22, 0.33, 0.43), strict=True))
# the pandemic: families held children back or left, and some came back
STAY = {
    2020: {"TK": 0.80, "KG": 0.86, "other": 0.972},
    2021: {"TK": 0.90, "KG": 0.95, "other": 0.962},
    2022: {"other": 0.970},
    2023: {"other": 0.974},
    2024: {"other": 0.975},
}
DISTRICT = "9999999"
SHARED_ZONE = 14  # the elementary school that shares its site with a charter


@dataclass(frozen=True)
class Schools:
    """All schools, the pupils expected in them and the pupils counted."""

    table: pd.DataFrame  # school: id, name, sector, level, grades, place, effect, ...
    expected: Floats  # elementary zone x school x grade, autumn 2024
    pupils: Ints  # school x fall x grade
    flows: pd.DataFrame  # level, zone, school, pupils
    residents: Floats  # elementary zone x fall x grade: public and private pupils living there
    need: Floats  # elementary zone: mean deprivation of its children
    hardship: Floats  # school: deprivation of its pupils


def schools(ground: Ground, people: People, drawn: Zones, rng: np.random.Generator) -> Schools:
    """Found the schools and fill them."""
    zone = drawn.elementary
    number = int(zone.max()) + 1
    inside = zone >= 0
    kids = people.at_age(8, 2022)
    need = tally(zone[inside], (kids * people.deprivation[people.home_area])[inside], number) / tally(
        zone[inside], kids[inside], number
    )
    table = _table(ground, drawn, need, rng)
    residents = _residents(people, zone, inside, number)
    homes = np.column_stack([tally(zone[inside], (kids * c)[inside], number) for c in (ground.x, ground.y)])
    homes = homes / tally(zone[inside], kids[inside], number)[:, None]
    upper = {level: upper_shares(drawn, level, kids, number) for level in ("middle", "high")}
    share = attendance_shares(table, need, homes, upper, residents[:, 4], rng)
    cohort = np.exp(rng.normal(0, 0.055, (len(table), 40)))
    pupils = np.zeros((len(table), len(FALLS), len(GRADES)), dtype=np.int64)
    expected = np.zeros((number, len(table), len(GRADES)))
    for at, fall in enumerate(FALLS):
        for g, grade in enumerate(GRADES):
            here = residents[:, at, g][:, None] * share[grade] * open_share(table, fall, grade)[None, :]
            # pupils of a school that is not (or no longer) there go to the nearest that is
            lost = residents[:, at, g] * share[grade].sum(axis=1) - here.sum(axis=1)
            here = here + lost[:, None] * nearest_shares(table, fall, grade, homes)
            factor = STAY.get(fall, {}).get(grade, STAY.get(fall, {}).get("other", 1.0))
            public = np.where(table["sector"] == "district", factor, 1 + (1 - factor) * 0.4)
            virtual = table["is_virtual"].to_numpy() & (fall in (2020, 2021))
            mean = (
                here.sum(axis=0) * public * np.where(virtual, 4.0, 1.0) * cohort[np.arange(len(table)), fall - g - 2003]
            )
            pupils[:, at, g] = np.floor(mean * np.exp(rng.normal(0, 0.012, len(table))) + rng.random(len(table)))
            if fall == FALLS[-1]:
                expected[:, :, g] = here * public[None, :]
    hardship = np.einsum("zsg,z->s", expected, need) / np.maximum(expected.sum(axis=(0, 2)), 1e-9)
    hardship = np.where(expected.sum(axis=(0, 2)) > 0, hardship, need.mean())
    drawn_from = flows(drawn, table, expected, pupils, upper, rng)
    return Schools(table, expected, pupils, drawn_from, residents, need, hardship)


def _table(ground: Ground, drawn: Zones, need: Floats, rng: np.random.Generator) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    # north to south as the zones are numbered; the growing zone (the last) has the new school
    order = rng.permutation(len(names.ELEMENTARY))
    for zone, (x, y) in enumerate(drawn.places["elementary"]):
        name = names.NEW_ELEMENTARY if zone == len(names.ELEMENTARY) else names.ELEMENTARY[order[zone]]
        opened = 2020 if name == names.NEW_ELEMENTARY else int(rng.integers(1948, 1996))
        rows.append(
            _row(
                f"60{10010 + 7 * zone}",
                f"{name} Elementary",
                "district",
                "TK",
                "05",
                x,
                y,
                zone=zone,
                level="elementary",
                opened=opened,
            )
        )
    for level, listed, low, high, base in (
        ("middle", names.MIDDLE, "06", "08", 6061),
        ("high", names.HIGH, "09", "12", 4530),
    ):
        for zone, (x, y) in enumerate(drawn.places[level]):
            title = f"{listed[zone]} {'Middle' if level == 'middle' else 'High'}"
            rows.append(
                _row(
                    f"{base}{120 + 11 * zone}",
                    title,
                    "district",
                    low,
                    high,
                    x,
                    y,
                    zone=zone,
                    level=level,
                    opened=1955 + 9 * zone,
                )
            )
    high_at = drawn.places["high"]
    elementary_at = drawn.places["elementary"]
    closed = elementary_at[13] + np.array([-540.0, 260.0])
    rows.append(
        _row(
            "6010906",
            f"{names.CLOSED_ELEMENTARY} Elementary",
            "district",
            "TK",
            "05",
            *closed,
            level="elementary",
            opened=1931,
            closed=2021,
        )
    )
    rows.append(
        _row(
            "4530906",
            names.CONTINUATION,
            "district",
            "10",
            "12",
            *(high_at[1] + np.array([-1150.0, 320.0])),
            level="high",
            opened=1974,
        )
    )
    rows.append(
        _row(
            "0139907", names.VIRTUAL, "district", "KG", "12", *high_at[0], level="elementary", opened=2013, virtual=True
        )
    )
    spots = [elementary_at[k] for k in (5, SHARED_ZONE, 15, 11, 6, 21, 18)]
    for k, ((name, low, high, _), (x, y)) in enumerate(zip(names.CHARTERS, spots, strict=True)):
        away = (0.0, 0.0) if k == 1 else (330.0 + 40 * k, -280.0 + 30 * k)  # the second lives on a district site
        level = {"06": "middle", "09": "high"}.get(low, "elementary")
        opened = (2006, 2012, 2016, 2010, 2009, 2014, 2018)[k]
        rows.append(
            _row(
                f"01{10203 + 4111 * k}",
                name,
                "charter",
                low,
                high,
                x + away[0],
                y + away[1],
                level=level,
                opened=opened,
            )
        )
    for k, (name, low, high) in enumerate(names.PRIVATE):
        x, y = elementary_at[(8, 2, 12, 0)[k]] + np.array(
            [(-410.0, 380.0), (520.0, 90.0), (-300.0, -330.0), (260.0, 480.0)][k]
        )
        rows.append(
            _row(f"A990{1200 + 37 * k}", name, "private", low, high, x, y, level="elementary", opened=1950 + 13 * k)
        )
    table = _on_land(ground, pd.DataFrame(rows))
    zoned = table["level"].eq("elementary") & table["zone"].ge(0)
    poor = np.zeros(len(table))
    poor[zoned] = need[table.loc[zoned, "zone"]]
    table["effect"] = rng.normal(0, 0.035, len(table)) - np.where(poor > 0.6, 0.07, 0.0)
    table.loc[table["name"].isin([names.CONTINUATION, names.VIRTUAL]), "effect"] = -0.17
    table.loc[table["sector"] == "charter", "effect"] += np.array([0.06, 0.10, -0.02, 0.02, 0.05, 0.08, -0.06])
    return table


def _row(
    code: str,
    name: str,
    sector: str,
    low: str,
    high: str,
    x: float,
    y: float,
    *,
    level: str,
    zone: int = -1,
    opened: int = 1960,
    closed: int = 0,
    virtual: bool = False,
) -> dict[str, object]:
    full = code if sector == "private" else f"{DISTRICT}{int(code):07d}"
    return {"school_id": full, "name": name, "sector": sector, "level": level, "zone": zone, "low": low, "high": high,
            "x": x, "y": y, "opened": opened, "closed": closed, "is_virtual": virtual}  # fmt: skip


def _on_land(ground: Ground, table: pd.DataFrame) -> pd.DataFrame:
    """Schools that are not in the middle of a zone move to the nearest dry ground within the district."""
    dry = np.flatnonzero(ground.in_district & ~ground.is_water & ~ground.is_park)
    for row in table.index[table["zone"].lt(0) & table["name"].ne(names.CHARTERS[1][0])]:
        cell = dry[np.argmin(np.hypot(ground.x[dry] - table.loc[row, "x"], ground.y[dry] - table.loc[row, "y"]))]
        table.loc[row, ["x", "y"]] = ground.x[cell] + 20.0, ground.y[cell] + 12.0
    return table


def _residents(people: People, zone: Ints, inside: np.ndarray, number: int) -> Floats:
    """Children of school age by elementary zone, autumn and grade."""
    out = np.zeros((number, len(FALLS), len(GRADES)))
    for at, fall in enumerate(FALLS):
        for g, grade in enumerate(GRADES):
            age = 4 + g
            out[:, at, g] = tally(zone[inside], people.at_age(age, fall)[inside], number)
            if grade == "TK":
                out[:, at, g] *= TK_SHARE[fall] * 1.0
            elif g >= 11:
                out[:, at, g] *= (1.0, 0.985, 0.965)[g - 11]
    return out
