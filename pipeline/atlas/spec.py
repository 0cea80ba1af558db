"""What a sheet of the atlas is, as plain declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Form = Literal[
    "text",
    "word",
    "count",
    "whole",
    "percent",
    "share",
    "chance",
    "tenths",
    "share_change",
    "points",
    "change",
    "year",
    "calendar_year",
    "rank",
    "km",
    "index",
]

SEQUENTIAL = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")  # ColorBrewer YlGnBu
MAY_BE_CHANCE = "May be chance, after correcting for {count}"
DIVERGING = ("#a6611a", "#dfc27d", "#f5f5f5", "#80cdc1", "#018571")  # ColorBrewer BrBG


Credit = tuple[str, str, str, str, str]  # producer, title, vintage, licence, url


@dataclass(frozen=True)
class Rules:
    """Settings of the study that a reader needs to read its words."""

    family: str = "percentile"
    norm: str = "local"
    draws: int = 1000
    top_share: float = 0.2
    certain_share: float = 0.8
    possible_share: float = 0.2
    smallest_inside_share: float = 0.5
    smallest_population: float = 50.0
    smallest_children: float = 10.0
    growth_alpha: float = 0.1
    smallest_seats: float = 25.0
    growth_band: str = "5-17"
    subjects: tuple[str, ...] = ()
    cut_share: float | Mapping[str, float] | None = None  # one for all levels, or by level
    probability_share: float = 0.5
    target_share: float = 0.8
    target_years: int = 5
    path: str = "to_the_target"
    path_share: float = 0.8
    growth_margin_share: float = 0.02
    colors: str = ""  # the state and year of a color table
    poor_ratio: float = 0.5
    access_method: str = "2sfca"
    access_reach: Mapping[str, float] = field(default_factory=dict)  # longest trip to a school of each level
    access_unit: str = "m"  # of these trips, or minutes
    under_ratio: float = 0.75
    definitions: int = 2
    surplus_rooms: float = 6.0
    years_ahead: int = 5
    judged_by: tuple[str, ...] = ("given", "state_loading", "functional")  # ways to count capacity that decide
    reach_m: float = 8000.0  # nothing farther is said to be near
    match_travel_m: float = 8000.0
    match_draws: int = 100
    match_weights: Mapping[str, float] = field(default_factory=dict)  # of the parts of a pair's cost
    bands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # grades of each level
    scenarios: Mapping[str, str] = field(default_factory=dict)  # what each one changes


@dataclass(frozen=True)
class About:
    """What the sheets may say about the study besides its tables."""

    title: str
    fall_year: int
    now: str
    before: str | None
    note: str = ""
    prepared_by: str = ""
    tiles: str = ""  # address of pictures under the maps; a reader asks for them, or none are loaded
    tiles_credit: str = ""
    smallest_cell: int | None = None
    medium_cv: float = 0.40
    sources: tuple[Credit, ...] = ()
    credits: Mapping[str, tuple[Credit, ...]] = field(default_factory=dict)  # by sheet, of what it shows
    rules: Rules = Rules()
    origins: Mapping[str, tuple[Credit, ...]] = field(default_factory=dict)  # by published table
    counts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # of each indicator: its count, and of whom
    bare: frozenset[str] = frozenset()  # sheets for which the study has no figures


@dataclass(frozen=True)
class Counts:
    """What a number is made of: the columns of the count and of the whole, each with its margin where it has one.

    ``form`` says how the page's script says it (`SAID` of atlas.js): one "of" the other, "seats_for" pupils or
    "seats_of" a site, whose pupils are not told. Where the two stand in the table already, ``fields`` names them
    instead, of the same band or year where they have one. With neither, the form says why there is no count.
    """

    form: str
    count: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A column of a sheet's table; two columns are shown as a value with its margin, as a range, or as "2 of 3"."""

    key: str
    label: str
    form: Form
    columns: tuple[str, ...]
    pair: Literal["margin", "range", "of", ""] = ""
    explain: str = ""
    always: bool = True
    each: str = ""
    group: str = ""  # filled in where several fields are given for each band or level
    short: str = ""
    absent: str = ""  # column that says in words why there is no number
    made: Counts | None = None
    is_panel_only: bool = False  # a long text that many rows share


@dataclass(frozen=True)
class Wide:
    """A long table spread over columns ``<value>|<by>``, one row for each place.

    ``by`` may name two columns, or none where the table has one row for each place. ``head`` is put before the
    values' names, where two tables have a column of one name.
    """

    table: str
    key: str
    by: str
    values: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()
    is_latest: bool = False
    head: str = ""
    prefix: str = ""  # of the keys to take, which the places' ids lack


@dataclass(frozen=True)
class Scheme:
    """How values become at most five classes: by quantiles, by given cuts, about zero, or by words."""

    kind: Literal["quantile", "cuts", "about_zero", "words"] = "quantile"
    cuts: tuple[float, ...] = ()
    colors: tuple[str, ...] = SEQUENTIAL
    words: tuple[tuple[str, str, str], ...] = ()  # published word, label, colour
    dark_is_low: bool = False
    first: str = ""  # the setting (of `Rules`) below which its first class lies; the cuts above it stay
    zero: str = ""  # what the legend calls places with none, as a class of their own
    less: str = "fell by"  # how a legend about zero calls both sides
    more: str = "rose by"


@dataclass(frozen=True)
class Layer:
    """One way to colour the places of a sheet; ``weak`` says which values are hatched."""

    key: str
    label: str
    field: str
    explain: str
    scheme: Scheme = Scheme()
    weak: tuple[str, tuple[str, ...]] | None = None
    weak_label: str = ""
    each: str = ""
    only: str = ""  # of ``each``, the codes that begin so


@dataclass(frozen=True)
class Part:
    """Where some steps of a series stand: rows of a long table, one for each place and step.

    ``last`` names a year of which only the last is taken.
    """

    table: str
    key: str
    step: str
    value: str
    low: str = ""
    high: str = ""
    margin: str = ""
    where: tuple[tuple[str, str], ...] = ()
    prefix: str = ""  # of the keys to take, which the places' ids lack
    last: str = ""
    is_expected: bool = False


@dataclass(frozen=True)
class Verdicts:
    """Which differences of two steps of a series were tested: a row for each place and pair, with its verdict.

    Where one of these pairs is compared the page goes by this verdict, so that it is that of the sheet's own map.
    """

    table: str
    key: str
    pair: tuple[str, str]
    change: str
    margin: str
    verdict: str
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Series:
    """Numbers of each place at several times or under several plans: a chart in its panel, and to compare two of."""

    key: str
    label: str  # {last} is the last year of a part
    parts: tuple[Part, ...]
    form: Form = "whole"
    has_chart: bool = True
    tests: Verdicts | None = None  # of two of its steps


@dataclass(frozen=True)
class Places:
    """A set of places with its shapes, its table and the ways to colour it."""

    key: str
    caption: str
    noun: tuple[str, str]
    table: str
    id: str
    fields: tuple[Field, ...]
    layers: tuple[Layer, ...]
    only: tuple[tuple[str, str], ...] = ()
    wides: tuple[Wide, ...] = ()
    sort: str = ""
    least_first: bool = False
    bars: tuple[str, str, str, str] | None = None  # field, column of the bar's length, of the sum, of the weight
    subject_kind: str = ""
    base: str = ""
    series: tuple[Series, ...] = ()


@dataclass(frozen=True)
class Dots:
    """Points drawn over the areas of every layer of a sheet."""

    table: str
    id: str
    label: str
    column: str
    words: tuple[tuple[str, str, str], ...]
    keep: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Annex:
    """A further table below the map."""

    key: str
    caption: str
    table: str
    fields: tuple[Field, ...]
    sort: str = ""
    unless: tuple[tuple[str, str], ...] = ()
    empty: str | Callable[[Mapping[str, pd.DataFrame]], str] = ""  # why there is no row


@dataclass(frozen=True)
class Sheet:
    """One page of the atlas: a question, its answer and the places that show it."""

    key: str
    name: str
    question: str
    answer: Callable[[Mapping[str, pd.DataFrame], About], str]
    places: tuple[Places, ...]
    reading: Callable[[Mapping[str, pd.DataFrame], About], tuple[tuple[str, str], ...]]  # terms and their meaning
    stages: tuple[str, ...]
    annexes: tuple[Annex, ...] = ()
    dots: Dots | None = None
    pockets: bool = False
    lines: bool = False  # from schools that look for a place to the site each would share
    drawing: Callable[[Mapping[str, pd.DataFrame]], str] | None = None  # SVG, of a sheet without places
    links: tuple[tuple[str, str], ...] = ()  # further files beside it, and what they are
    more: Callable[[Mapping[str, pd.DataFrame], About], tuple[str, ...]] | None = None  # sentences beyond the answer
    is_known: Callable[[Mapping[str, pd.DataFrame]], bool] | None = (
        None  # whether its question can be answered, where its map may show something else
    )

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables whose numbers it shows; where a published table gives only shapes and names, the plain one."""
        names = {annex.table for annex in self.annexes} | {wide.table for place in self.places for wide in place.wides}
        names |= {self.dots.table} if self.dots else set()
        names |= {"public_pockets"} if self.pockets else set()
        names |= {"public_matches", "schools", "sites"} if self.lines else set()
        names |= {part.table for place in self.places for series in place.series for part in series.parts}
        for place in self.places:
            spread = {f"{wide.head}{value}" for wide in place.wides for value in wide.values}
            own = {column for each in place.fields for column in each.columns} - spread
            names.add(place.table if own else place.table.removeprefix("public_"))
            names |= {place.base.removeprefix("public_")} - {""}
        return tuple(sorted(names))
