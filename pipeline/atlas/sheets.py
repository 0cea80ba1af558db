"""The sheets of the atlas, declared: to add a map, add an entry."""

from __future__ import annotations

from pipeline.atlas import (
    answers,
    outlook_answers,
    outlook_reading,
    quality_answers,
    quality_reading,
    reading,
    siting_words,
)
from pipeline.atlas.access_sheet import access_sheet
from pipeline.atlas.changes_frames import CHANGES
from pipeline.atlas.enrollment_sheet import ENROLLMENT
from pipeline.atlas.error_picture import error_bars
from pipeline.atlas.facility_sheets import FACILITY_ANNEXES, PACKETS, RFP
from pipeline.atlas.growth_frames import is_tested
from pipeline.atlas.growth_sheets import GROWTH_ANNEXES, GROWTH_PLACES
from pipeline.atlas.need_frames import FAMILY_RANKS, HELD_AGAINST
from pipeline.atlas.outlook_sheets import ERROR_ANNEXES, OUTLOOK_ANNEXES, OUTLOOK_PLACES
from pipeline.atlas.quality_sheets import SCHOOL_ANNEXES, SCHOOLS, SEAT_ANNEXES
from pipeline.atlas.sharing_sheet import SHARING
from pipeline.atlas.siting_sheets import CANDIDATES, SITING, SITING_ANNEXES
from pipeline.atlas.spec import SEQUENTIAL, Annex, Counts, Dots, Field, Layer, Part, Places, Scheme, Series, Sheet, Wide
from pipeline.atlas.words import LABELS, each_label
from pipeline.columns import LEVELS

_GREY = "#d5d8dc"


def _words(column: str, **colors: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((code, LABELS[column][code], color) for code, color in colors.items())


_RELIABILITY = Scheme(
    "words",
    words=_words("reliability_class", high=SEQUENTIAL[3], medium=SEQUENTIAL[2], low=SEQUENTIAL[0], not_known=_GREY),
)
_UNRELIABLE = ("reliability_class", ("low", "not_known"))
_QUALITY = _words("quality_class", strong="#e66101", middle="#fdb863", weak="#ffffff", not_rated="#8d96a0")

COUNTS = ("indicator_count", "indicator_count_moe"), ("universe_count", "universe_count_moe")
_CHILDREN = Field("children", "Children under 18", "whole", ("children_0_17", "children_0_17_moe"), "margin")

_NEED = Places(
    key="neighborhoods",
    caption="Neighborhoods by need",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    subject_kind="neighborhood",
    sort="rank",
    wides=(Wide("public_contributions", "neighborhood_id", "indicator", ("indicator_share", "indicator_share_moe", *COUNTS[0], *COUNTS[1], "contribution_index", "indicator_weight")),),
    bars=("indicator", "contribution_index", "need_index", "indicator_weight"),
    fields=(
        Field("rank", "Rank", "rank", ("need_rank",), explain="1 is the neediest"),
        Field("rank_range", "Rank may be", "rank", ("need_rank_low", "need_rank_high"), "range", "In nine draws of ten its rank lies here; what the draws vary stands under the map"),
        Field("median", "Middle rank", "rank", ("need_rank_median",), explain="Half of its ranks over all draws are higher, half lower"),
        Field("need", "Need index", "index", ("need_index",), explain="High is needier"),
        Field("chance", "Chance of high need", "chance", ("high_need_probability_share",), explain="Share of all draws in which it is among the neediest part of the district"),
        Field("class", "Finding", "word", ("need_class",)),
        _CHILDREN,
        Field("shift", "Places it moves", "whole", ("need_rank_shift",), explain="By how many places its rank in a draw differs from the published one, on average", always=False),
        Field("pairwise", "Rank by the margins alone", "rank", ("need_rank_pairwise_low", "need_rank_pairwise_high"), "range", "By tests of each pair of neighborhoods, with the study's own weights and scale", always=False),
        Field("cluster", "Cluster", "word", ("hot_spot_class",), always=False),
        Field("outlier", "Among its neighbors", "word", ("moran_class",), always=False),
        Field("reliability", "Reliability of the index", "word", ("reliability_class",), always=False),
        Field("inside", "Inside the district", "chance", ("inside_share",), explain="Share of its ground. Of a census area that reaches beyond the district, only the part inside is counted", always=False),
        Field("indicator", "{each}", "percent", ("indicator_share", "indicator_share_moe"), "margin", always=False, each="indicator", made=Counts("of", *COUNTS)),
    ),
    layers=(
        Layer("need", "Need index", "need", "The index combines the indicators listed under the map; how, and on what scale, stands there too.", weak=_UNRELIABLE, weak_label="Unreliable, or its reliability is not known"),
        Layer(
            "class",
            "What can be said for sure",
            "class",
            "High need is said only where at least {certain} of all draws agree, possible from {possible} on. The draws vary more than the margins of error: what, stands under the map.",
            Scheme("words", words=_words("need_class", high=SEQUENTIAL[4], possible=SEQUENTIAL[2], not_high=SEQUENTIAL[0], not_ranked=_GREY)),
        ),
        Layer(
            "cluster",
            "Clusters of need",
            "cluster",
            "Neighborhoods whose surroundings are needier (or less needy) than chance would bring.",
            Scheme("words", words=_words("hot_spot_class", hot=SEQUENTIAL[4], none=SEQUENTIAL[1], cold=SEQUENTIAL[0], too_few_to_test=_GREY)),
        ),
        Layer(
            "outlier",
            "Clusters and outliers among neighbors",
            "outlier",
            "Neighborhoods whose neighbors are needier (or less needy) than chance would bring: like them, or unlike them.",
            Scheme("words", words=_words("moran_class", high_high=SEQUENTIAL[4], low_low=SEQUENTIAL[1], high_low="#e66101", low_high="#fdb863", none="#ffffff", too_few_to_test=_GREY)),
        ),
        Layer("indicator", "{each}", "indicator", "One of the indicators of the index, in percent with its 90% margin of error.", each="indicator", weak=("margin", ()), weak_label="Unreliable: margin too wide for the value"),
    ),
)  # fmt: skip


_SEATS = ("quality_seats",), ("resident_pupils",)


def _zones(level: str) -> Places:
    return Places(
        key=f"zones_{level}",
        caption=f"{LABELS['level'][level]} attendance zones",
        noun=(f"{level} school zone", f"{level} school zones"),
        table="public_zones",
        id="zone_id",
        subject_kind="zone",
        only=(("level", level),),
        wides=(Wide("public_gap_variants", "zone_id", "variant", ("unmet_seats",), where=(("level", level),)),),
        sort="rank",
        fields=(
            Field("rank", "Rank of gap", "rank", ("service_gap_rank",), explain="1 is the largest gap of its level"),
            Field("unmet", "Seats missing", "whole", ("unmet_seats",), explain="Resident pupils without a seat in a quality school of their zone", made=Counts("seats_for", *_SEATS)),
            Field("residents", "Resident pupils", "whole", ("resident_pupils",)),
            Field("quality", "Quality seats", "whole", ("quality_seats",), explain="In tens"),
            Field("service", "Service level", "percent", ("service_level_ratio",), explain="Quality seats for each 100 resident pupils", made=Counts("seats_for", *_SEATS)),
            Field("approximate", "Approximate", "word", ("is_approximate",), always=False),
            Field("method", "Counted by", "word", ("method",), always=False),
            Field("missing", "Missing seats: {each}", "whole", ("unmet_seats",), always=False, each="variant"),
        ),
        layers=(
            Layer("unmet", f"Seats missing, {level} school", "unmet", "Resident pupils for whom the zone has no seat in a quality school. A surplus elsewhere is not set against it.", Scheme(zero="none missing")),
            Layer("service", f"Service level, {level} school", "service", "Quality seats for each 100 pupils who live in the zone; dark means few.", Scheme("cuts", (0.25, 0.5, 0.75, 1.0), dark_is_low=True)),
        ),
    )  # fmt: skip


_SITES = Places(
    key="sites",
    caption="School sites",
    noun=("site", "sites"),
    table="public_sites",
    id="site_id",
    subject_kind="site",
    sort="surplus",
    base="public_neighborhoods",
    wides=(
        Wide("public_utilization", "site_id", "capacity_definition", ("capacity_seats", "utilization_ratio"), is_latest=True),
        Wide("public_capacity", "site_id", "capacity_definition", ("rooms_counted",)),
    ),
    fields=(
        Field("status", "Room", "word", ("surplus_status",), made=Counts("ways", ("definitions_under",), ("definitions_known",))),
        Field("surplus", "Empty seats", "whole", ("surplus_seats",), explain="The fewest by any way of counting, in any year from today to the horizon, by the upper forecast", absent="seats_absent"),
        Field("rooms", "Empty rooms", "whole", ("surplus_rooms",), absent="seats_absent"),
        Field("condition", "Condition", "word", ("condition_class",)),
        Field("use", "Use", "word", ("site_status",), always=False),
        Field("agree", "Counts agreeing", "whole", ("definitions_under", "definitions_known"), "of", "Ways to count capacity by which the site is underutilized, and ways that could be computed", always=False),
        Field("utilization", "In use, by {each}", "percent", ("utilization_ratio",), always=False, each="capacity_definition", made=Counts("seats_of", (), ("capacity_seats",))),
        Field("capacity", "Seats, by {each}", "whole", ("capacity_seats",), always=False, each="capacity_definition"),
        Field("rooms_counted", "Rooms counted, by {each}", "whole", ("rooms_counted",), always=False, each="capacity_definition"),
        Field("reason", "Why", "text", ("reason",), always=False),
    ),
    layers=(
        Layer(
            "status",
            "Room for other schools",
            "status",
            "Whether other schools could be offered room here; the conditions stand under the map.",
            Scheme("words", words=_words("surplus_status", offered="#253494", watch="#41b6c4", not_offered="#ffffcc", not_known=_GREY)),
        ),
        Layer("utilization", "Share of seats in use, {each}", "utilization", "Pupils for each 100 seats; dark means empty.", Scheme("cuts", (0.6, 0.75, 0.9, 1.0), dark_is_low=True), each="capacity_definition"),
        Layer(
            "condition",
            "Building condition",
            "condition",
            "Condition of the building as the inventory gives it; dark is worse.",
            Scheme("words", words=_words("condition_class", good=SEQUENTIAL[0], fair=SEQUENTIAL[1], poor=SEQUENTIAL[3], very_poor=SEQUENTIAL[4], not_known=_GREY)),
        ),
    ),
    series=tuple(
        Series(
            f"use_{definition}",
            f"Share of seats in use, {each_label('capacity_definition', definition)}",
            (Part("public_utilization", "site_id", "fall_year", "utilization_ratio", "utilization_low_ratio", "utilization_high_ratio", where=(("capacity_definition", definition),)),),
            form="percent",
        )
        for definition in ("given", "state_loading", "functional")
    ),
)  # fmt: skip

_RELIABLE = Places(
    key="neighborhoods",
    caption="How far the numbers of each neighborhood carry",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    sort="reliability",
    fields=(
        Field("reliability", "Reliability of the need index", "word", ("reliability_class",)),
        Field("rank_range", "Rank may be", "rank", ("need_rank_low", "need_rank_high"), "range"),
        _CHILDREN,
        Field("approximate", "Approximate", "word", ("is_approximate",)),
        Field(
            "inside",
            "Inside the district",
            "percent",
            ("inside_share",),
            explain="Share of its ground. Of a census area that reaches beyond the district, only the part inside is counted",
        ),
    ),
    layers=(
        Layer(
            "reliability",
            "Reliability of the need index",
            "reliability",
            "By the size of the margins of error against the values.",
            _RELIABILITY,
        ),
    ),
)

_SCHOOLS_ANNEX = Annex(
    "schools",
    "Schools",
    "public_schools",
    (
        Field("name", "School", "text", ("name",)),
        Field("sector", "Run as", "word", ("sector",)),
        Field("status", "Status", "word", ("school_status",)),
        Field("grades", "Grades", "text", ("grade_low", "grade_high"), "range"),
        Field("pupils", "Pupils", "count", ("value_text",)),
        Field("year", "Counted in", "year", ("fall_year",)),
        Field("quality", "Quality", "word", ("quality_class",)),
        Field("path", "Five-year path", "word", ("path_status",)),
    ),
    sort="name",
    # codes of the directory that are no school: the sheet Quality of the data lists them, with why they are on no map
    unless=(("location_status", "not_a_place"),),
)
_SCHOOL_DOTS = Dots(
    "public_schools", "school_id", "Schools", "quality_class", _QUALITY, keep=(("school_status", ("open",)),)
)
SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "need",
        "Need",
        "Where do children most need better schools?",
        answers.need,
        (_NEED,),
        reading.need,
        ("census", "boundaries", "relations", "profiles", "need", "publish"),
        links=(("packet.html", "The committee's packet: a summary and a page for each neighborhood"), ("packet.pdf", "The same as a PDF")),
        annexes=(
            Annex(
                "indicators",
                "Indicators of the index",
                "public_contributions",
                (
                    Field("indicator", "Indicator", "word", ("indicator",)),
                    Field("weight", "Weight", "percent", ("indicator_weight",)),
                ),
                empty="No indicator of the index could be computed.",
            ),
            Annex(
                "moves",
                "Which choice moves ranks most",
                "public_sensitivity",
                (
                    Field("factor", "What is varied", "word", ("factor",)),
                    Field("total", "Part in the movement", "percent", ("total_index",), explain="Share of the variance of all ranks in which it has a part, alone or with others: the sum may exceed 100%"),
                    Field("total_range", "Nine times in ten", "percent", ("total_low", "total_high"), "range"),
                    Field("alone", "By itself", "percent", ("first_order_index",), explain="Share of the variance that it makes alone; an estimate, so that a small one may come out below zero"),
                    Field("alone_range", "Nine times in ten", "percent", ("first_order_low", "first_order_high"), "range"),
                ),
                empty="Nothing was varied: the study has no neighborhood that could be ranked.",
            ),
            Annex(
                "families",
                "The same town by four indices: ranks",
                "public_families",
                (
                    Field("name", "Neighborhood", "text", ("area_name",)),
                    *(Field(column, LABELS["family"][column.removeprefix("rank_")], "rank", (column,)) for column in FAMILY_RANKS),
                ),
                empty="No neighborhood could be ranked.",
            ),
            Annex(
                "statewide",
                "Held against the state",
                "public_families",
                (
                    Field("name", "Neighborhood", "text", ("area_name",)),
                    Field("local", "Rank, among the neighborhoods", "rank", HELD_AGAINST[:1]),
                    Field("state", "Rank, held against the state", "rank", HELD_AGAINST[1:2]),
                    Field("local_index", "Index, among the neighborhoods", "index", HELD_AGAINST[2:3]),
                    Field("state_index", "Index, held against the state", "index", HELD_AGAINST[3:], explain="Where every value would stand among the areas of the state"),
                ),
                empty="The study has no counts of the areas of its state, or too few of the indicators.",
            ),
        ),
        more=answers.need_more,
    ),
    Sheet(
        "growth",
        "Growth",
        "Where is the number of children growing?",
        answers.growth,
        GROWTH_PLACES,
        reading.growth,
        ("census", "profiles", "growth", "outlook", "publish"),
        annexes=GROWTH_ANNEXES,
        pockets=True,
        more=answers.growth_more,
        is_known=is_tested,
    ),
    Sheet(
        "outlook",
        "Outlook",
        "How many pupils are to be expected, and how sure is that?",
        outlook_answers.outlook,
        OUTLOOK_PLACES,
        outlook_reading.outlook,
        ("schools", "relations", "outlook", "scenarios", "comparison", "publish"),
        annexes=OUTLOOK_ANNEXES,
        more=outlook_answers.outlook_more,
    ),
    Sheet(
        "how_wrong",
        "How wrong it may be",
        "How wrong were such forecasts in the past?",
        outlook_answers.how_wrong,
        (),
        outlook_reading.how_wrong,
        ("outlook", "publish"),
        annexes=ERROR_ANNEXES,
        drawing=error_bars,
        more=outlook_answers.how_wrong_more,
    ),
    Sheet(
        "seats",
        "Seats and quality",
        "Where are seats in good schools missing?",
        quality_answers.seats,
        tuple(_zones(level) for level in LEVELS),
        quality_reading.seats,
        ("boundaries", "schools", "relations", "profiles", "quality", "seats", "publish"),
        annexes=(*SEAT_ANNEXES, _SCHOOLS_ANNEX),
        dots=_SCHOOL_DOTS,
        more=quality_answers.seats_more,
    ),
    access_sheet(_SCHOOL_DOTS),
    Sheet(
        "schools",
        "Schools",
        "Which schools do well, and are more pupils in them?",
        quality_answers.schools,
        (SCHOOLS,),
        quality_reading.schools,
        ("schools", "quality", "seats", "publish"),
        annexes=SCHOOL_ANNEXES,
        more=quality_answers.schools_more,
    ),
    ENROLLMENT,
    Sheet(
        "facilities",
        "Facilities",
        "Where is there room in school buildings?",
        answers.facilities,
        (_SITES,),
        reading.facilities,
        ("facilities", "utilization", "matches", "publish"),
        annexes=FACILITY_ANNEXES,
        links=PACKETS,
        more=answers.facilities_more,
    ),
    RFP,
    SHARING,
    Sheet(
        "siting",
        "Siting",
        "Where would a new quality school serve most children?",
        siting_words.answer,
        (SITING,),
        siting_words.reading,
        ("facilities", "utilization", "seats", "siting", "publish"),
        annexes=SITING_ANNEXES,
        dots=CANDIDATES,
        more=siting_words.more,
    ),
    Sheet(
        "quality_of_data",
        "Quality of the data",
        "What is missing, hidden or approximate?",
        answers.quality_of_data,
        (_RELIABLE,),
        reading.quality_of_data,
        ("census", "boundaries", "schools", "facilities", "relations", "profiles", "quality", "need", "growth", "outlook", "utilization", "seats", "rfp", "matches", "siting", "recommendations", "publish"),
        annexes=(
            Annex(
                "missing",
                "What is missing, and what a reader must know",
                "public_missing",
                (
                    Field("entry", "Kind", "word", ("entry",)),
                    Field("subject", "What", "text", ("subject_name",)),
                    Field("reason", "What follows, and where it can be had", "text", ("reason",)),
                    Field("stage", "Step", "word", ("stage",)),
                ),
                empty="All inputs of the study are there.",
            ),
            Annex(
                "disclosure",
                "Numbers shown and hidden",
                "disclosure",
                (
                    Field("table", "Table", "word", ("public_table",)),
                    Field("shown", "Shown", "whole", ("shown_cells",)),
                    Field("primary", "Hidden: few pupils", "whole", ("primary_hidden_cells",)),
                    Field("complementary", "Hidden so that the others stay hidden", "whole", ("complementary_hidden_cells",)),
                    Field("reason", "Rule", "text", ("reason",)),
                ),
                empty="No table holds pupil counts.",
            ),
            Annex(
                "interpolation",
                "How far a count depends on the way people were placed within census areas",
                "public_interpolation",
                (
                    Field("area", "Area", "text", ("area_name",)),
                    Field("count", "As mapped", "whole", ("allocated_count", "allocated_count_moe"), "margin", explain="With the margin of the survey"),
                    Field("next", "By the next best evidence", "whole", ("next_count",)),
                    Field("range", "By any way, crude ones too", "whole", ("lowest_count", "highest_count"), "range", explain="Such as whole census areas by their middle; no bound, the truth may lie outside"),
                    Field("method", "Placed by", "word", ("method",)),
                    Field("evidence", "Next best evidence", "word", ("next_method",)),
                    Field("measure", "Who live there", "word", ("measure",)),
                ),
                empty="No census counts were carried to neighborhoods or zones.",
            ),
            Annex(
                "unplaced",
                "Schools that are not on the map",
                "public_schools",
                (
                    Field("name", "School", "text", ("name",)),
                    Field("why", "Why", "word", ("location_status",)),
                    Field("sector", "Run as", "word", ("sector",)),
                    Field("pupils", "Pupils", "count", ("value_text",)),
                ),
                sort="name",
                unless=(("location_status", "located"),),
                empty="Every school of the study is on the map.",
            ),
            CHANGES,
        ),
        more=answers.quality_of_data_more,
    ),
)  # fmt: skip
