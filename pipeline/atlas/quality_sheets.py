"""The sheet of schools, and the further tables of the sheet of seats, declared."""

from __future__ import annotations

from pipeline.atlas.quality_frames import SUBJECTS, VARIANTS
from pipeline.atlas.spec import Annex, Counts, Field, Layer, Part, Places, Scheme, Series, Wide
from pipeline.atlas.words import LABELS, sentence


def _words(column: str, **colors: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((code, LABELS[column][code], color) for code, color in colors.items())


SCHOOLS = Places(
    key="schools",
    caption="Schools",
    noun=("school", "schools"),
    table="public_schools",
    id="school_id",
    subject_kind="school",
    only=(("location_status", "located"), ("school_status", "open")),
    sort="class",
    base="public_neighborhoods",
    wides=(Wide("public_colors", "school_id", "subject", ("color", "status_level", "change_level")),),
    fields=(
        Field("class", "Status", "word", ("quality_class",), made=Counts("pupils")),
        Field("chance", "Chance of it", "tenths", ("class_probability_share",), explain="That the true status is of this class, to the nearest tenth"),
        Field("growth", "Growth", "word", ("growth_class",), explain="A year's gain over that of the district's pupils at the same step", made=Counts("pupils")),
        Field("path", "Five-year path", "word", ("path_status",), made=Counts("pupils")),
        Field("sector", "Run as", "word", ("sector",)),
        Field("pupils", "Pupils", "count", ("value_text",), always=False),
        Field("result", "Meeting the standard", "percent", ("status_share",), explain="Latest result on the path, in steps of five points; 5% stands for less as well, 95% for more", always=False),
        Field("benchmark", "Benchmark of that year", "percent", ("target_share",), always=False),
        Field("on_track", "Chance of being on track", "tenths", ("on_track_probability_share",), always=False),
        Field("color", "Color, {each}", "word", ("color",), each="color_subject", always=False, made=Counts("pupils")),
        Field("level", "Status, {each}", "word", ("status_level",), each="color_subject", always=False),
        Field("change", "Change, {each}", "word", ("change_level",), each="color_subject", always=False),
    ),
    layers=(
        Layer("class", "Status", "class", "Strong, average or weak by the share of pupils who meet the state's standard.", Scheme("words", words=_words("quality_class", strong="#e66101", middle="#fdb863", weak="#ffffff", not_rated="#8d96a0"))),
        Layer("growth", "Growth", "growth", "Whether pupils gain more or less in a year than the district's pupils do at the same step.", Scheme("words", words=_words("growth_class", rising="#018571", steady="#f5f5f5", falling="#a6611a", not_known="#8d96a0"))),
        Layer("path", "Five-year path", "path", "Whether the latest result keeps to the path to the study's goal.", Scheme("words", words=_words("path_status", on_track="#018571", not_sure="#f5f5f5", behind="#a6611a", not_known="#8d96a0"))),
        Layer("color", "Color by the state's table, {each}", "color", "Computed by the Dashboard's tables from public files; not the Dashboard's own color.", Scheme("words", words=_words("color", red="#d7191c", orange="#fdae61", yellow="#ffffbf", green="#1a9641", blue="#2c7bb6")), each="color_subject"),
    ),
    series=(Series("pupils", "Pupils by year", (Part("public_enrollment", "school_id", "fall_year", "value_text"),)),),
)  # fmt: skip

_SEATS_IN_TENS = "Of the zones whose number is told"

SEAT_ANNEXES = (
    Annex(
        "variants_by_level",
        "Seats missing, counted in five ways",
        "public_gap_variants",
        (
            Field("level", "Level", "word", ("level",)),
            Field("zones", "Zones", "whole", ("zones_told",), explain=_SEATS_IN_TENS),
            *(Field(name, LABELS["variant"][name], "whole", (f"unmet_{name}",)) for name in VARIANTS),
        ),
        empty="The gap could not be counted: zones, resident pupils or results of schools are not known.",
    ),
    Annex(
        "sweep",
        "What happens to the answer as the quality cut moves",
        "public_cut_sweep",
        (
            Field("level", "Level", "word", ("level",)),
            Field("moved", "Cut moved by", "points", ("cut_change",), explain="Points up or down from the study's cut"),
            Field("cut", "Cut, about", "percent", ("cut_share",), absent="not_told", explain="To the nearest five points"),
            Field("schools", "Quality schools", "whole", ("quality_schools",), absent="not_told"),
            Field("seats", "Quality seats", "whole", ("quality_seats",), absent="not_told", explain="In tens"),
            Field("unmet", "Seats missing", "whole", ("unmet_seats",), absent="not_told", explain="In tens; not told of a level with fewer than three zones"),
            Field("shift", "Places a zone moves", "text", ("shift_text",), explain="On average, from its place at the study's cut"),
        ),
        empty="The cut could not be moved: this study has no results of schools, or no zones.",
    ),
    Annex(
        "variants",
        "Seats missing in each zone, counted in five ways",
        "public_gap_variants",
        (
            Field("zone", "Zone", "text", ("zone_name",)),
            *(Field(name, LABELS["variant"][name], "whole", (f"unmet_{name}",)) for name in VARIANTS),
            Field("ranks", "Rank of gap", "rank", ("rank_least", "rank_most"), "range", explain="The best and the worst place by these counts; 1 is the largest gap of the level"),
        ),
        empty="The gap could not be counted: zones, resident pupils or results of schools are not known.",
    ),
)  # fmt: skip

ACCESS_ANNEXES = (
    Annex(
        "access_groups",
        "Who lives where access to quality seats is poor",
        "public_access_groups",
        (
            Field("level", "Level", "word", ("level",)),
            Field("group", "Group", "word", ("measure",)),
            Field("poor", "Live where access is poor", "percent", ("poor_share",)),
            Field("mean", "Their mean access", "percent", ("mean_relative_access_ratio",), explain="100% is the mean of the district's children"),
            Field("count", "How many they are", "whole", ("group_count",), explain="In tens; census figures"),
        ),
        empty="Access could not be measured: quality seats or where children live are not known.",
    ),
    Annex(
        "access_methods",
        "Where access is poor, by three methods",
        "public_access_methods",
        (
            Field("level", "Level", "word", ("level",)),
            Field("method", "How a trip counts", "text", ("method_name",)),
            Field("places", "Neighborhoods of poor access", "whole", ("poor_places", "known_places"), "of"),
            Field("children", "Children in them", "percent", ("poor_children_share",), explain="Of all children under 18 of the district"),
        ),
        empty="Access could not be measured: quality seats or where children live are not known.",
    ),
)  # fmt: skip

SCHOOL_ANNEXES = (
    Annex(
        "quality_change",
        "Why more or fewer pupils are in quality seats",
        "public_quality_change",
        (
            Field("from", "From", "year", ("fall_from",)),
            Field("to", "To", "year", ("fall_to",)),
            Field("schools", "Schools", "word", ("run_by",)),
            Field("change", "Change", "change", ("pupils_change",)),
            Field("improved", "Schools improved or declined", "change", ("improved_change",)),
            Field("grown", "Grew or shrank", "change", ("grown_change",)),
            Field("opened", "Opened", "change", ("opened_change",)),
            Field("closed", "Closed", "change", ("closed_change",)),
            Field("rated", "Rated in one year only", "change", ("rated_change",)),
        ),
        empty="Results of two school years are needed to say how many more pupils are in quality seats, and why.",
    ),
    Annex(
        "quality_seats",
        "Pupils in quality seats, by who runs the school and by group",
        "public_quality_seats",
        (
            Field("group", "Pupils", "text", ("group_name",)),
            Field("schools", "Schools", "word", ("run_by",)),
            Field("year", "School year", "year", ("fall_year",)),
            Field("results", "By results of", "year", ("results_fall",)),
            Field("share", "In quality seats", "chance", ("quality_share",), explain="Where at least 200 pupils stand behind it", absent="share_absent"),
            Field("quality", "Pupils in them", "whole", ("quality_pupils",), explain="Groups in tens"),
            Field("all", "All pupils", "whole", ("pupils",), explain="Groups in tens"),
        ),
        empty="Results or enrollment of schools are not known.",
    ),
    Annex(
        "targets",
        "Five-year paths",
        "public_targets",
        (
            Field("name", "For", "text", ("unit_name",)),
            Field("year", "Result of", "year", ("fall_year",)),
            Field("status", "Path", "word", ("path_status",)),
            Field("chance", "Chance of being on track", "tenths", ("on_track_probability_share",), explain="To the nearest tenth", absent="not_told"),
            Field("base", "At the start", "percent", ("base_share",), absent="not_told"),
            Field("benchmark", "Benchmark", "percent", ("target_share",), explain="Where the path wants the result of that year", absent="not_told"),
            Field("result", "Result", "percent", ("status_share",), explain="Of schools in steps of five points", absent="not_told"),
            Field("goal", "Goal at the end", "percent", ("goal_share",), absent="not_told"),
        ),
        empty="Results of two school years are needed for a path.",
    ),
    Annex(
        "colors",
        "Colors by the state's tables, with status and change",
        "public_colors",
        (
            Field("school", "School", "text", ("school_name",)),
            *(Field(subject, sentence(LABELS["color_subject"][subject]), "text", (f"color_{subject}",)) for subject in SUBJECTS),
        ),
        empty="This study names no state's table of colors, or has no results that it could class.",
    ),
    Annex(
        "quality_areas",
        "Pupils in quality seats, by area",
        "public_quality_seats",
        (
            Field("area", "Area", "text", ("area_name",)),
            Field("who", "Who is counted", "text", ("area_kind",)),
            Field("year", "School year", "year", ("fall_year",)),
            Field("share", "In quality seats", "chance", ("quality_share",), explain="Where at least 200 pupils stand behind it", absent="share_absent"),
            Field("quality", "Pupils in them", "whole", ("quality_pupils",), explain="By zone in tens"),
            Field("all", "All pupils", "whole", ("pupils",), explain="By zone in tens"),
        ),
        empty="Results or enrollment of schools are not known.",
    ),
)  # fmt: skip
