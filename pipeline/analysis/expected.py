"""What is expected of schools, zones and the district: a method's forecast, new homes, declared changes, residents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.capture import recaptured
from pipeline.analysis.changes import after_moves
from pipeline.analysis.cohorts import forecast
from pipeline.analysis.housing import WITH_HOUSING
from pipeline.analysis.intervals import Expected
from pipeline.analysis.new_homes import beyond_trend
from pipeline.analysis.outlook_inputs import Inputs
from pipeline.analysis.residents import resident_cohorts, through_residents
from pipeline.columns import GRADES

Array = np.ndarray
DISTRICT_RATIOS = ", ratios of the district"  # what the method of a school says that has no step of its own
RESIDENTS = ", residents by the ratios of the district"


@dataclass(frozen=True)
class Projection:
    """What is expected of schools, zones and the district; and of schools if their pupils come through the zones."""

    schools: Expected
    zones: Expected
    district: Expected
    by_residence: Array | None

    @property
    def units(self) -> tuple[Expected, Expected, Expected]:
        """All three, in the order of the tables."""
        return self.schools, self.zones, self.district


def project(inputs: Inputs, method: str, *, capture_change: float = 0.0) -> Projection:
    """Expected pupils of every school that is there in the last fall, of zones and of the district.

    By one of `cohorts.METHODS`; pupils of new homes beyond the growth that this forecast holds already
    (`new_homes.beyond_trend`), for schools and zones alike; then, where asked, another share of
    pupils at their zone's own school (`capture.recaptured`); then declared changes move pupils
    between schools. Residents of zones are cohorts that survive as the district's do
    (`residents.resident_cohorts`).
    """
    found, now, horizon, there = inputs.found, inputs.now, len(inputs.falls), inputs.there
    base = len(found.years) - 1
    plain, district = forecast(method, found.pupils, found.years, base, horizon, inputs.settings)
    added = beyond_trend(now, plain, inputs.housing)
    schools, through = plain + added, None
    zones, district_now = _no_zones(horizon), np.nansum(now, axis=0)
    if inputs.links is not None:
        links, living = inputs.links, inputs.links.residents
        cohorts = resident_cohorts(living, links.grades, district_now, district)
        homes = beyond_trend(living, cohorts, _zone_homes(inputs.homes, links.zones, horizon))
        label = np.where((homes > 0).any(axis=(1, 2)), RESIDENTS + WITH_HOUSING, RESIDENTS).astype(object)
        zones = Expected("zone", links.zones, living, cohorts + homes, links.half_width, method + label)
        through = np.zeros_like(schools)
        through[there] = through_residents(links, cohorts + homes, now[there], district_now, district)
        through = after_moves(through, inputs.falls, inputs.moves)[there]
        if capture_change:
            schools[there] = recaptured(schools[there], links, cohorts + homes, capture_change)
    schools = after_moves(schools, inputs.falls, inputs.moves)
    moved = inputs.settings.steps(found.years, base)
    own = (~np.isnan(found.totals[:, moved]) & ~np.isnan(found.totals[:, moved + 1])).any(axis=1)
    label = np.where(own, method, method + DISTRICT_RATIOS).astype(object)
    label = np.where((added > 0).any(axis=(1, 2)), label + WITH_HOUSING, label)
    of_schools = Expected(
        "school",
        found.schools[there],
        now[there],
        schools[there],
        np.nan_to_num(found.half_width[there, base]),
        label[there],
    )
    of_district = Expected(
        "district",
        np.array([inputs.district_id], dtype=object),
        district_now[None],
        (district + np.nansum(added, axis=0))[None],
        np.array([np.nansum(found.half_width[:, base])]),
        np.array([method + (WITH_HOUSING if (added > 0).any() else "")], dtype=object),
    )
    return Projection(of_schools, zones, of_district, through)


def _no_zones(horizon: int) -> Expected:
    names, shape = np.empty(0, dtype=object), (0, len(GRADES))
    return Expected("zone", names, np.empty(shape), np.empty((*shape, horizon)), np.empty(0), names)


def _zone_homes(housing: pd.DataFrame, ids: Array, horizon: int) -> Array:
    extra = np.zeros((len(ids), len(GRADES), horizon))
    at = pd.Index(ids).get_indexer(housing["level"] + " " + housing["zone_id"])
    known = at >= 0
    grade = pd.Index(GRADES).get_indexer(housing["grade"])
    np.add.at(
        extra, (at[known], grade[known], housing["ahead"].to_numpy()[known] - 1), housing["pupils"].to_numpy()[known]
    )
    return extra
