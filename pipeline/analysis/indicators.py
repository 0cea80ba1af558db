"""What the need index is made of: each indicator once, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.errors import ConfigError

Domain = Literal["income", "language", "schooling", "family", "home", "health", "work", "school"]
Source = Literal["census", "pupils", "access"]


@dataclass(frozen=True)
class Indicator:
    """One indicator: a count over its universe, a share from 0 to 1.

    ``numerator`` and ``universe`` are census counts of the data dictionary (``source`` census), or
    counts of pupils at the schools that a neighborhood's children attend (pupils) or of children and
    the seats within their reach (access). ``domain`` is what it tells of: indicators of one domain
    stand in for each other. ``direction`` says whether a high or a low share means more need.
    ``where`` says who publishes it.
    """

    name: str
    title: str
    domain: Domain
    numerator: str
    universe: str
    why: str
    citation: str
    where: str
    source: Source = "census"
    direction: Literal["high", "low"] = "high"


_SVI = "Flanagan et al. (2011), A Social Vulnerability Index for Disaster Management, JHSEM 8(1)"
_COI = "Noelke et al. (2024), Child Opportunity Index 3.0 technical documentation"
_TCAC = "California TCAC/HCD opportunity map methodology, education domain"
_SEDA = "Reardon et al. (2024), Stanford Education Data Archive technical documentation: learning rates"
_ABSENCE = "Balfanz & Byrnes (2012), The importance of being in school, Johns Hopkins University"
_LCFF = "California Education Code 42238.02: unduplicated pupils of the Local Control Funding Formula"
_MOBILITY = "Rumberger (2015), Student mobility: causes, consequences, and solutions, NEPC"
_ACCESS = "Luo & Wang (2003), Environment and Planning B 30(6): two-step floating catchment"


def _i(
    name: str, title: str, domain: Domain, numerator: str, universe: str, why: str, citation: str, table: str
) -> Indicator:
    return Indicator(
        name, title, domain, numerator, universe, why, citation, f"American Community Survey, table {table}"
    )


INDICATORS: tuple[Indicator, ...] = (
    _i("child_poverty", "Children in poverty", "income", "children_in_poverty", "child_poverty_universe", "Poverty in childhood lowers achievement more than any other single circumstance", _COI, "B17001"),
    _i("child_poverty_200", "Children below twice the poverty line", "income", "children_below_200_poverty", "child_poverty_universe", "Above the official line many families still cannot meet what a city costs", _COI, "B17024"),
    _i("poverty", "People in poverty", "income", "people_in_poverty", "poverty_universe", "Families without means cannot buy their way to another school", _SVI, "B17001 or C17002"),
    _i("poverty_200", "People below twice the poverty line", "income", "people_below_200_poverty", "poverty_universe", "Above the official line many families still cannot meet what a city costs", _COI, "C17002"),
    _i("limited_english", "Households with limited English", "language", "limited_english_households", "households", "Choosing a school takes information that is mostly written in English", _SVI, "C16002"),
    _i("limited_english_people", "People with limited English", "language", "people_limited_english", "people_5_plus", "Choosing a school takes information that is mostly written in English", _SVI, "B16001, C16001 or B16004"),
    _i("no_diploma", "Adults without a diploma", "schooling", "adults_without_diploma", "adults_25_plus", "Parents' schooling predicts their children's", _SVI, "B15003"),
    _i("single_parent", "Single-parent families", "family", "single_parent_families", "families_with_children", "One adult has half the hours and income to spend", _COI, "B11003"),
    _i("single_parent_households", "Single-parent households", "family", "single_parent_households", "households", "One adult has half the hours and income to spend", _SVI, "B11003 or DP02"),
    _i("no_vehicle", "Homes without a vehicle", "home", "homes_without_vehicle", "occupied_homes", "A school out of walking distance is no option", _SVI, "B08201"),
    _i("renters", "Homes lived in by renters", "home", "renter_homes", "occupied_homes", "Renters move more often, and their children change schools", _COI, "B25003"),
    _i("crowding", "Crowded homes", "home", "crowded_homes", "occupied_homes", "Children without a quiet place learn less at home", _SVI, "B25014"),
    _i("disability", "People with a disability", "health", "people_with_disability", "civilians", "Care takes time and money from the family", _SVI, "B18101"),
    _i("unemployment", "Unemployment", "work", "unemployed_people", "labor_force", "Loss of work unsettles a family", _SVI, "B23025"),
    _i("young_children", "Children under 5", "family", "children_0_4", "population", "They will need seats within five years", _SVI, "B01001"),
    Indicator("below_standard", "Pupils below standard", "school", "pupils_below_standard", "pupils_tested", "What the schools achieve that a neighborhood's children attend", _TCAC, "the state's assessment research files", "pupils"),
    Indicator("low_growth", "Pupils at schools of low growth", "school", "pupils_at_schools_of_low_growth", "pupils_tested", "A school that gains less than others leaves its pupils further behind each year", _SEDA, "the state's assessment research files of two years or more", "pupils"),
    Indicator("chronic_absence", "Pupils chronically absent", "school", "pupils_chronically_absent", "pupils_enrolled", "Who misses a tenth of the days does not learn what is taught on them", _ABSENCE, "the state's files of absenteeism", "pupils"),
    Indicator("unduplicated", "Low-income, English-learner or foster pupils", "school", "pupils_unduplicated", "pupils_enrolled", "The pupils for whom the state pays more because they need more", _LCFF, "the state's files of unduplicated pupils, or of low-income pupils and English learners", "pupils"),
    Indicator("mobility", "Pupils who change school during the year", "school", "pupils_not_stable", "pupils_enrolled", "Each change of school costs weeks of learning", _MOBILITY, "the state's files of stability rates", "pupils"),
    Indicator("poor_access", "Children without a quality seat in reach", "school", "children_without_a_quality_seat", "children", "A quality school out of reach is no choice", _ACCESS, "results and enrollment of the district's schools", "access"),
)  # fmt: skip

BY_INDICATOR = {indicator.name: indicator for indicator in INDICATORS}


def refuse_unknown(weights: Mapping[str, float]) -> None:
    """Refuse a weight for an indicator that does not exist.

    >>> refuse_unknown({"child_poverty": 1.0})
    >>> refuse_unknown({"child_povrety": 1.0})
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: params.yaml, need.weights: there is no indicator child_povrety. Known: ...
    """
    unknown = sorted(set(weights) - set(BY_INDICATOR))
    if unknown:
        known = ", ".join(BY_INDICATOR)
        raise ConfigError(f"params.yaml, need.weights: there is no indicator {', '.join(unknown)}. Known: {known}.")


def need_signed(
    shares: npt.NDArray[np.float64], names: Sequence[str], known: Mapping[str, Indicator] = BY_INDICATOR
) -> npt.NDArray[np.float64]:
    """Shares with high meaning needier: those of which little is bad are taken from 1.

    Parameters
    ----------
    shares
        Indicators x areas, in the order of ``names``; empty stays empty.

    >>> need_signed(np.array([[0.2, 0.9]]), ["poverty"]).tolist()
    [[0.2, 0.9]]
    """
    low = np.array([known[name].direction == "low" for name in names], dtype=bool)
    return np.where(low[:, None], 1 - shares, shares)
