"""Outlook by residence: pupils to expect in each zone, wherever they enroll, and the schools they go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.living import enrolled_at, excess_of, living
from pipeline.analysis.progression import KG
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

Array = np.ndarray


@dataclass(frozen=True)
class Links:
    """Where pupils live and which school they attend: one link for each pair of a zone and a school.

    ``zone`` and ``school`` are positions in ``zones`` and in the schools of the outlook; ``pupils``
    is link x grade, the school's pupils of the grade who live in the zone; ``half_width`` is half
    of what suppressed flows leave open. ``is_home`` says that the school is the zone's own.
    """

    zones: Array
    grades: Array
    zone: Array
    school: Array
    pupils: Array
    half_width: Array
    is_home: Array

    @property
    def residents(self) -> Array:
        """Pupils living in each zone, zone x grade."""
        sums = np.zeros(self.grades.shape)
        np.add.at(sums, self.zone, self.pupils)
        return sums

    @property
    def shares(self) -> Array:
        """The live-attend matrix: of a zone's pupils of a grade, the share at each school, link x grade."""
        whole = self.residents[self.zone]
        return np.asarray(np.divide(self.pupils, whole, out=np.zeros_like(self.pupils), where=whole > 0))


def live_attend(
    found: Rolls,
    ids: Array,
    now: Array,
    flows: pd.DataFrame,
    homes: pd.DataFrame,
    bands: Mapping[str, tuple[str, ...]],
    *,
    fall_year: int,
    ledger: Ledger,
) -> Links | None:
    """Schools' pupils by the zone they live in, as at the last count of flows.

    Where a zone's residents make up a share of a school's pupils at a level, they are taken to
    have that share of each grade. Where the flows hold more pupils than the school has, the zones
    share those it has, and the excess is recorded. Suppressed flows count with the middle of
    what they can be.

    Parameters
    ----------
    found : Rolls
    ids, now : array
        Schools of the outlook and their pupils by grade at the last count.
    flows : DataFrame
        Table ``flows``; the latest fall up to ``fall_year`` counts.
    homes : DataFrame
        ``level zone_id school_id`` of the schools that zones are assigned to.
    bands : mapping
        Grades of each level.

    Returns
    -------
    Links or None
        None without flows; the ledger says what is lost.
    """
    past = flows[flows["fall_year"] <= fall_year]
    if past.empty:
        ledger.missing_input(
            f"flows (where pupils live and which school they attend) up to fall {fall_year}",
            "no outlook by zone is computed; a district has it from its pupils' addresses",
        )
        return None
    last = living(past[past["fall_year"] == past["fall_year"].max()], ledger)
    flow_year = int(past["fall_year"].max())
    row = pd.Index(ids).get_indexer(last["school_id"])
    enrolled = enrolled_at(found, ids, flow_year, bands, ledger)
    level = np.array([list(bands).index(name) for name in last["level"]], dtype=int)
    of = np.where(row >= 0, enrolled[row, level], 0.0)
    joined = (row >= 0) & (of > 0)
    excess = excess_of(last[joined], of[joined], ledger)
    ledger.match(
        "flows",
        total=float(last["living"].sum()),
        matched=float(last["living"][joined].sum()) - excess,
        unit="pupils",
        reason=f"pupils of the flows of {flow_year} at schools with an outlook at that level",
    )
    last, row, of, level = last[joined], row[joined], of[joined], level[joined]
    of = np.maximum(of, last.groupby(["school_id", "level"])["living"].transform("sum").to_numpy())
    share, open_share = last["living"].to_numpy() / of, last["half_width"].to_numpy() / of
    names, zone = np.unique((last["level"] + " " + last["zone_id"]).to_numpy(dtype=object), return_inverse=True)
    served = np.array([[grade in grades for grade in GRADES] for grades in bands.values()], dtype=bool)
    zone_grades = np.zeros((len(names), len(GRADES)), dtype=bool)
    zone_grades[zone] = served[level]
    there = np.where(served[level], now[row], 0.0)
    half_width = np.zeros(len(names))
    base_width = np.nan_to_num(found.half_width[pd.Index(found.schools).get_indexer(ids), -1])
    np.add.at(half_width, zone, open_share * there.sum(axis=1) + share * base_width[row])
    own = set(zip(homes["level"] + " " + homes["zone_id"], homes["school_id"], strict=True))
    is_home = np.array([pair in own for pair in zip(names[zone], last["school_id"], strict=True)], dtype=bool)
    return Links(names, zone_grades, zone, row, share[:, None] * there, half_width, is_home)


def resident_cohorts(residents: Array, grades: Array, district_now: Array, district: Array) -> Array:
    """Residents of each zone in the years ahead, as cohorts that survive like the district's.

    A cohort moves up within the grades of the zone's level and keeps the share of its pupils that
    the district's cohort keeps; the first grades change as the district's do. Zones that hold all
    of the district's pupils of their grades therefore go on holding all of them.

    Parameters
    ----------
    residents : array, zone x grade
    grades : array of bool, zone x grade
        Grades of the zone's level.
    district_now : array, grade
    district : array, grade x year ahead
        Without pupils of new homes.

    Returns
    -------
    array, zone x grade x year ahead
    """
    last = GRADES.index("12")
    ahead, state, before = np.empty((*residents.shape, district.shape[1])), residents, district_now
    for year in range(district.shape[1]):
        following = residents * _ratio(district[:, year], district_now)
        up = state[:, KG:last] * _ratio(district[KG + 1 : last + 1, year], before[KG:last])
        from_below = grades[:, KG:last] & grades[:, KG + 1 : last + 1]
        following[:, KG + 1 : last + 1] = np.where(from_below, up, following[:, KG + 1 : last + 1])
        state, before = following, district[:, year]
        ahead[:, :, year] = state
    return ahead


def _ratio(after: Array, before: Array) -> Array:
    return np.asarray(np.divide(after, before, out=np.ones_like(after), where=before > 0))


def through_residents(links: Links, residents: Array, now: Array, district_now: Array, district: Array) -> Array:
    """Schools' pupils as their zones' residents would make them, school x grade x year ahead.

    The zones' cohorts go to school as they do now; pupils of no zone change as the district does.

    Parameters
    ----------
    residents : array, zone x grade x year
        `resident_cohorts`.
    now : array, school x grade
    """
    known, schools = np.zeros_like(now), np.zeros((*now.shape, residents.shape[2]))
    np.add.at(known, links.school, links.pupils)
    np.add.at(schools, links.school, links.shares[:, :, None] * residents[links.zone])
    other = np.maximum(now - known, 0.0)
    return np.asarray(
        schools + other[:, :, None] * _ratio(district, np.broadcast_to(district_now[:, None], district.shape))
    )
