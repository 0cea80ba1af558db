"""The places and tables of the sheet of growth, declared."""

from __future__ import annotations

from pipeline.atlas.growth_frames import MOVED_BANDS, no_pocket
from pipeline.atlas.spec import (
    DIVERGING,
    MAY_BE_CHANCE,
    Annex,
    Counts,
    Field,
    Layer,
    Part,
    Places,
    Scheme,
    Series,
    Verdicts,
    Wide,
)
from pipeline.atlas.words import LABELS, each_label
from pipeline.columns import LEVELS

_CHANGE = (
    *("children_from", "children_from_moe", "children_to", "children_to_moe", "children_change", "children_change_moe"),
    *("is_significant", "reliability_class"),
)
_DRIVERS = (
    *("births_change", "births_change_moe", "housing_change", "housing_change_moe", "moving_change", "moving_change_moe"),
    "driver",
)  # fmt: skip
_EXPECTED = (
    *("children_projected", "children_projected_low", "children_projected_high", "children_projected_change"),
    *("is_beyond_interval", "method", "error_basis"),
)
_CROSS = (
    ("both_high", "#5e3c99"),
    ("growth_only", "#41b6c4"),
    ("need_only", "#fdb863"),
    ("high_untested", "#b35806"),
    ("neither", "#f7f7f7"),
    ("not_high_untested", "#7f8994"),
    ("not_known", "#d5d8dc"),
)

_BY_BAND = (
    Field("change", "Change, {each}", "change", ("children_change", "children_change_moe"), "margin", always=False, each="age_band", made=Counts("before_now", fields=("from", "to"))),
    Field("sure", "Beyond chance, {each}", "word", ("is_significant",), always=False, each="age_band", explain="Larger than chance would bring, after correcting for the number of areas compared"),
    Field("from", "Before, {each}", "whole", ("children_from", "children_from_moe"), "margin", always=False, each="age_band"),
    Field("to", "Now, {each}", "whole", ("children_to", "children_to_moe"), "margin", always=False, each="age_band"),
    Field("carries", "Reliability, {each}", "word", ("reliability_class",), always=False, each="age_band", explain="By the margin of the change against the change"),
)  # fmt: skip
_BASIS = (
    Field("basis", "Ages {each}", "word", ("band_basis",), always=False, each="basis", explain="Surveys publish 10 to 14 and 15 to 17"),
)  # fmt: skip
_CROSSED = (
    Field("cross", "Growth and need", "word", ("cross_class",), always=False, group="Growth and need", short="Finding"),
    Field("direction", "Children", "word", ("change_class",), always=False, group="Growth and need", short="Number of children", explain="Growing or shrinking by its own change beyond chance, or by the pocket it lies in"),
)  # fmt: skip
_PARTS = "What the change is made of"
_WHY = (
    Field("driver", "What drives it", "word", ("driver",), always=False, group=_PARTS, short="What drives it"),
    Field("births", "Cohorts growing up", "change", ("births_change", "births_change_moe"), "margin", always=False, group=_PARTS, short="Cohorts growing up"),
    Field("housing", "Homes", "change", ("housing_change", "housing_change_moe"), "margin", always=False, group=_PARTS, short="Homes"),
    Field("moving", "Other moves", "change", ("moving_change", "moving_change_moe"), "margin", always=False, group=_PARTS, short="Other moves"),
)  # fmt: skip
_MOVED = (
    Field("moved", "Families moving, {each}", "change", ("migrants_change", "migrants_change_moe"), "margin", always=False, each="moved_band"),
)  # fmt: skip
_AHEAD = (
    Field("expected", "Expected, {each}", "whole", ("children_projected",), always=False, each="outlook"),
    Field("expected_range", "Eight times in ten, {each}", "whole", ("children_projected_low", "children_projected_high"), "range", always=False, each="outlook"),
    Field("expected_change", "Change from now, {each}", "change", ("children_projected_change",), always=False, each="outlook", made=Counts("now_expected", fields=("to", "expected"))),
    Field("expected_method", "Method, {each}", "word", ("method",), always=False, each="outlook"),
    Field("expected_error", "Error of the method, {each}", "word", ("error_basis",), always=False, each="outlook"),
)  # fmt: skip


def _layers(where: str, is_neighborhood: bool) -> tuple[Layer, ...]:
    crossed = Layer(
        "cross",
        "Growth and need",
        "cross",
        "Where the number of children grows beyond chance, where need is high with certainty, and where both are.",
        Scheme("words", words=tuple((code, LABELS["cross_class"][code], color) for code, color in _CROSS)),
        weak=("is_unsure", ("True",)),
        weak_label="Growing, by unreliable figures",
    )
    return (
        Layer("change", f"Children aged {{each}}{where}", "change", "Children more or fewer in the later survey period than in the earlier one.", Scheme("about_zero", colors=DIVERGING), weak=("is_significant", ("False",)), weak_label=MAY_BE_CHANCE, each="age_band"),
        *((crossed,) if is_neighborhood else ()),
        Layer("expected", f"Children expected, {{each}}{where}", "expected_change", "Children more or fewer than in the later survey period, if moves and births go on as between the two.", Scheme("about_zero", colors=DIVERGING, less="fewer by", more="more by"), weak=("is_beyond_interval", ("False",)), weak_label="May stay as it is: today's number lies within the range", each="outlook", only="5-17"),
        Layer("moved", f"Families moving in or away, children aged {{each}}{where}", "moved", "Children who moved in less those who moved away between the survey periods.", Scheme("about_zero", colors=DIVERGING, less="lost", more="gained"), weak=("moved_is_significant", ("False",)), weak_label=MAY_BE_CHANCE, each="moved_band", only="5-17"),
    )  # fmt: skip


def _children(where: tuple[tuple[str, str], ...]) -> Series:
    """Children aged 5 to 17 by survey period, and as expected; two periods differ beyond chance where their change does."""
    band = (*where, ("age_band", "5-17"))
    return Series(
        "children",
        "Children aged 5 to 17",
        (
            Part("public_growth", "area_id", "vintage_from", "children_from", margin="children_from_moe", where=band),
            Part("public_growth", "area_id", "vintage_to", "children_to", margin="children_to_moe", where=band),
            Part("public_population", "area_id", "year", "children_projected", "children_projected_low", "children_projected_high", where=band, is_expected=True),
        ),
        tests=Verdicts("public_growth", "area_id", ("vintage_from", "vintage_to"), "children_change", "children_change_moe", "is_significant", where=band),
    )  # fmt: skip


def _places(key: str, layer: str, noun: tuple[str, str], level: str = "") -> Places:
    where = (("layer", layer),)
    crossed = (
        Wide("public_growth_need", "neighborhood_id", "", ("cross_class", "change_class"), is_latest=True),
        Wide("public_growth_need", "neighborhood_id", "", ("reliability_class",), is_latest=True, head="crossed_"),
    )
    return Places(
        key=key,
        caption=f"Change in the number of children by {noun[0]}",
        noun=noun,
        table="public_zones" if level else "public_neighborhoods",
        id="zone_id" if level else "neighborhood_id",
        only=(("level", level),) if level else (),
        subject_kind="zone" if level else "neighborhood",
        sort="change|5-17",
        wides=(
            Wide("public_growth", "area_id", "age_band", _CHANGE, where=where, is_latest=True),
            Wide("public_growth", "area_id", "age_band", ("band_basis",), where=(*where, ("band_basis", "even_spread")), is_latest=True),
            *(() if level else crossed),
            Wide("public_drivers", "area_id", "", _DRIVERS, where=where, is_latest=True),
            Wide("public_migration", "area_id", "age_band", ("migrants_change", "migrants_change_moe"), where=where, is_latest=True),
            Wide("public_migration", "area_id", "age_band", ("is_significant",), where=where, is_latest=True, head="moved_"),
            Wide("public_population", "area_id", "age_band year", _EXPECTED, where=where),
        ),
        fields=(*(() if level else _CROSSED), *_BY_BAND, *_BASIS, *_WHY, *_AHEAD, *_MOVED),
        layers=_layers(f", by {noun[0]}" if level else "", not level),
        series=(_children(where),),
    )  # fmt: skip


GROWTH_PLACES = (
    _places("neighborhoods", "neighborhood", ("neighborhood", "neighborhoods")),
    *(
        _places(f"zones_{level}", f"zone {level}*", (f"{level} school zone", f"{level} school zones"), level)
        for level in LEVELS
    ),
)

_POCKET = (
    Field("kind", "Direction", "word", ("pocket_kind",)),
    Field("areas", "Neighborhoods", "text", ("area_names",)),
    Field("ages", "Ages", "text", ("ages_text",)),
    Field("change", "Change", "change", ("children_change", "children_change_moe"), "margin"),
    Field("seats", "Seats taken or freed", "change", ("seats_change",), explain="To the nearest ten: children times the share whom public schools teach. Schools opened or closed meanwhile, or since, are not set against it"),
    Field("seats_range", "Nine times in ten", "change", ("seats_change_low", "seats_change_high"), "range"),
    Field("driver", "What drives it", "text", ("driver_text",)),
    Field("reliability", "Reliability", "word", ("reliability_class",)),
    Field("evidence", "Believed", "text", ("evidence_text",), explain="By which test each of its neighborhoods changed beyond chance"),
    Field("from", "Before", "whole", ("children_from", "children_from_moe"), "margin"),
    Field("to", "Now", "whole", ("children_to", "children_to_moe"), "margin"),
    Field("to_range", "Now, nine times in ten", "whole", ("children_to_low", "children_to_high"), "range"),
    Field("births", "Cohorts growing up", "change", ("births_change", "births_change_moe"), "margin"),
    Field("housing", "Homes", "change", ("housing_change", "housing_change_moe"), "margin"),
    Field("moving", "Other moves", "change", ("moving_change", "moving_change_moe"), "margin"),
)  # fmt: skip

GROWTH_ANNEXES = (
    Annex("pockets", "Pockets of change", "public_pockets", _POCKET, empty=no_pocket),
    Annex("pockets_before", "Pockets of change between earlier survey periods", "public_pockets", (Field("period", "Survey periods", "text", ("period",)), *_POCKET), empty="No earlier survey period, or no pocket between earlier ones."),
    Annex(
        "crossed",
        "Where children grow in number, where need is high, and where both are",
        "public_growth_need",
        (
            Field("name", "Neighborhood", "text", ("area_name",)),
            Field("cross", "Growth and need", "word", ("cross_class",)),
            Field("rank", "Rank of need", "rank", ("need_rank",), explain="1 is the neediest"),
            Field("need", "Need", "word", ("need_class",)),
            Field("change", "Change in children", "change", ("children_change", "children_change_moe"), "margin"),
            Field("reliability", "Reliability of the change", "word", ("reliability_class",)),
        ),
        empty="No neighborhood is known to grow beyond chance, or to be of high need.",
    ),
    Annex(
        "drivers",
        "What the change of school-age children is made of",
        "public_drivers",
        (
            Field("name", "Area", "text", ("area_name",)),
            Field("ages", "Ages", "text", ("ages_text",)),
            Field("births", "Cohorts growing up", "change", ("births_change", "births_change_moe"), "margin"),
            Field("housing", "Homes", "change", ("housing_change", "housing_change_moe"), "margin"),
            Field("moving", "Other moves", "change", ("moving_change", "moving_change_moe"), "margin"),
            Field("driver", "What drives it", "text", ("driver_text",)),
        ),
        empty="The parts of the change are not known: the study has no two survey periods, or no deaths by age.",
    ),
    Annex(
        "migration",
        "Families moving in or away, by age of their children",
        "public_migration",
        (
            Field("name", "Area", "text", ("area_name",)),
            *(Field(f"moved_{band}", each_label("age_band", band), "change", (f"moved_{band}", f"moved_{band}_moe"), "margin") for band in MOVED_BANDS),
        ),
        empty="Moves are not known: the study has no two survey periods, or no deaths by age.",
    ),
    Annex(
        "population",
        "Children expected in five and ten years",
        "public_population",
        (
            Field("name", "Area", "text", ("area_name",)),
            Field("ages", "Ages", "text", ("ages_text",)),
            Field("year", "Year", "text", ("year",)),
            Field("now", "Now", "whole", ("children_to",)),
            Field("expected", "Expected", "whole", ("children_projected",)),
            Field("range", "Eight times in ten", "whole", ("children_projected_low", "children_projected_high"), "range"),
            Field("change", "Change", "change", ("children_projected_change",)),
            Field("method", "Method", "word", ("method",)),
            Field("error", "Error of the method", "word", ("error_basis",)),
        ),
        empty="No outlook of children: the study has no two survey periods three to ten years apart.",
    ),
)  # fmt: skip
