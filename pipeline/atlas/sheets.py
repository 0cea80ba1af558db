"""The sheets of the atlas, declared: to add a map, add an entry."""

from __future__ import annotations

from pipeline.atlas import answers, reading
from pipeline.atlas.spec import DIVERGING, SEQUENTIAL, Annex, Dots, Field, Layer, Places, Scheme, Sheet, Wide
from pipeline.atlas.words import LABELS
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

_CHANGE = (
    "children_from",
    "children_from_moe",
    "children_to",
    "children_to_moe",
    "children_change",
    "children_change_moe",
    "is_significant",
)
_CHILDREN = Field("children", "Children under 18", "whole", ("children_0_17", "children_0_17_moe"), "margin")

_NEED = Places(
    key="neighborhoods",
    caption="Neighborhoods by need",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    subject_kind="neighborhood",
    sort="rank",
    wides=(Wide("public_contributions", "neighborhood_id", "indicator", ("indicator_share", "indicator_share_moe", "contribution_index", "indicator_weight")),),
    bars=("indicator", "contribution_index", "need_index", "indicator_weight"),
    fields=(
        Field("rank", "Rank", "rank", ("need_rank",), explain="1 is the neediest"),
        Field("rank_range", "Rank may be", "rank", ("need_rank_low", "need_rank_high"), "range", "Nine times in ten the true rank lies here"),
        Field("need", "Need index", "whole", ("need_index",), explain="0 to 100, high is needier"),
        Field("chance", "Chance of high need", "chance", ("high_need_probability_share",), explain="Share of draws within the margins of error in which it is among the neediest part of the district"),
        Field("class", "Finding", "word", ("need_class",)),
        _CHILDREN,
        Field("cluster", "Cluster", "word", ("hot_spot_class",), always=False),
        Field("reliability", "Reliability of the index", "word", ("reliability_class",), always=False),
        Field("indicator", "{each}", "percent", ("indicator_share", "indicator_share_moe"), "margin", always=False, each="indicator"),
    ),
    layers=(
        Layer("need", "Need index", "need", "The index combines the indicators listed under the map, each by its rank among neighborhoods; 100 would be the neediest on every one.", weak=_UNRELIABLE, weak_label="Unreliable, or its reliability is not known"),
        Layer(
            "class",
            "What can be said for sure",
            "class",
            "High need is said only where most draws within the margins of error agree; the thresholds stand under the map.",
            Scheme("words", words=_words("need_class", high=SEQUENTIAL[4], possible=SEQUENTIAL[2], not_high=SEQUENTIAL[0], not_ranked=_GREY)),
        ),
        Layer(
            "cluster",
            "Clusters of need",
            "cluster",
            "Neighborhoods whose surroundings are needier (or less needy) than chance would bring.",
            Scheme("words", words=_words("hot_spot_class", hot=SEQUENTIAL[4], none=SEQUENTIAL[1], cold=SEQUENTIAL[0], too_few_to_test=_GREY)),
        ),
        Layer("indicator", "{each}", "indicator", "One of the indicators of the index, in percent with its 90% margin of error.", each="indicator", weak=("margin", ()), weak_label="Unreliable: margin too wide for the value"),
    ),
)  # fmt: skip


def _growth(
    key: str,
    layer: str,
    table: str,
    id_: str,
    noun: tuple[str, str],
    where: str,
    only: tuple[tuple[str, str], ...] = (),
) -> Places:
    return Places(
        key=key,
        caption=f"Change in the number of children by {noun[0]}",
        noun=noun,
        table=table,
        id=id_,
        only=only,
        subject_kind="zone" if only else "neighborhood",
        sort="change|5-17",
        wides=(Wide("public_growth", "area_id", "age_band", _CHANGE, where=(("layer", layer),), is_latest=True),),
        fields=(
            Field(
                "change",
                "Change, {each}",
                "change",
                ("children_change", "children_change_moe"),
                "margin",
                always=False,
                each="age_band",
            ),
            Field(
                "sure",
                "Beyond chance, {each}",
                "word",
                ("is_significant",),
                always=False,
                each="age_band",
                explain="Larger than chance would bring, after correcting for the number of areas compared",
            ),
            Field(
                "from",
                "Before, {each}",
                "whole",
                ("children_from", "children_from_moe"),
                "margin",
                always=False,
                each="age_band",
            ),
            Field(
                "to",
                "Now, {each}",
                "whole",
                ("children_to", "children_to_moe"),
                "margin",
                always=False,
                each="age_band",
            ),
        ),
        layers=(
            Layer(
                "change",
                f"Children aged {{each}}{where}",
                "change",
                "Children more or fewer in the later survey period than in the earlier one.",
                Scheme("about_zero", colors=DIVERGING),
                weak=("is_significant", ("False",)),
                weak_label="May be chance, after correcting for {count}",
                each="age_band",
            ),
        ),
    )


def _zones(level: str) -> Places:
    return Places(
        key=f"zones_{level}",
        caption=f"{LABELS['level'][level]} attendance zones",
        noun=(f"{level} school zone", f"{level} school zones"),
        table="public_zones",
        id="zone_id",
        subject_kind="zone",
        only=(("level", level),),
        sort="rank",
        fields=(
            Field("rank", "Rank of gap", "rank", ("service_gap_rank",), explain="1 is the largest gap of its level"),
            Field("unmet", "Seats missing", "whole", ("unmet_seats",), explain="Resident pupils without a seat in a quality school of their zone"),
            Field("residents", "Resident pupils", "whole", ("resident_pupils",)),
            Field("quality", "Quality seats", "whole", ("quality_seats",), explain="In tens"),
            Field("service", "Service level", "percent", ("service_level_ratio",), explain="Quality seats for each 100 resident pupils"),
            Field("approximate", "Approximate", "word", ("is_approximate",), always=False),
            Field("method", "Counted by", "word", ("method",), always=False),
        ),
        layers=(
            Layer("unmet", f"Seats missing, {level} school", "unmet", "Resident pupils for whom the zone has no seat in a quality school. A surplus elsewhere is not set against it.", Scheme(zero="none missing")),
            Layer("service", f"Service level, {level} school", "service", "Quality seats for each 100 pupils who live in the zone; dark means few.", Scheme("cuts", (0.25, 0.5, 0.75, 1.0), dark_is_low=True)),
        ),
    )  # fmt: skip


_ACCESS = Places(
    key="access",
    caption="Quality seats within reach of each neighborhood",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    subject_kind="neighborhood",
    sort="access|elementary",
    least_first=True,
    wides=(Wide("public_access", "neighborhood_id", "level", ("relative_access_ratio", "is_poor_access")),),
    fields=(
        Field(
            "access",
            "Access, {each}",
            "percent",
            ("relative_access_ratio",),
            each="level",
            explain="100% is the district's mean; below 50%, before rounding, is poor",
        ),
        Field("poor", "Poor, {each}", "word", ("is_poor_access",), each="level", always=False),
        _CHILDREN,
    ),
    layers=(
        Layer(
            "access",
            "Access to quality seats, {each}",
            "access",
            "Quality seats within reach for each child, other children's demand counted, as percent of the district's mean.",
            Scheme("cuts", (0.5, 0.8, 1.2, 1.6), dark_is_low=True),
            each="level",
        ),
    ),
)

_SITES = Places(
    key="sites",
    caption="School sites",
    noun=("site", "sites"),
    table="public_sites",
    id="site_id",
    subject_kind="site",
    sort="surplus",
    base="public_neighborhoods",
    wides=(Wide("public_utilization", "site_id", "capacity_definition", ("capacity_seats", "utilization_ratio"), is_latest=True),),
    fields=(
        Field("status", "Room", "word", ("surplus_status",)),
        Field("surplus", "Empty seats", "whole", ("surplus_seats",), explain="The fewest by any way of counting, today or by the upper forecast", absent="seats_absent"),
        Field("rooms", "Empty rooms", "whole", ("surplus_rooms",), absent="seats_absent"),
        Field("condition", "Condition", "word", ("condition_class",)),
        Field("use", "Use", "word", ("site_status",), always=False),
        Field("agree", "Counts agreeing", "whole", ("definitions_under", "definitions_known"), "of", "Ways to count capacity by which the site is underutilized, and ways that could be computed", always=False),
        Field("utilization", "In use, by {each}", "percent", ("utilization_ratio",), always=False, each="capacity_definition"),
        Field("capacity", "Seats, by {each}", "whole", ("capacity_seats",), always=False, each="capacity_definition"),
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
)
_BACKTEST = Annex(
    "backtest",
    "How good such forecasts were in the past",
    "public_backtest",
    (
        Field("method", "Method", "text", ("method_name",)),
        Field("size", "Size", "word", ("size_class",)),
        Field("horizon", "Years ahead", "whole", ("horizon_years",)),
        Field("cases", "Forecasts tried", "whole", ("cases",)),
        Field("error", "Mean error", "percent", ("mean_absolute_error_share",)),
        Field("bias", "Too high or low by", "share_change", ("mean_error_change",), explain="Mean signed error"),
    ),
    empty="No forecast could be tested against what happened: the study has too few years.",
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
        ),
    ),
    Sheet(
        "growth",
        "Growth",
        "Where is the number of children growing?",
        answers.growth,
        (
            _growth("neighborhoods", "neighborhood", "public_neighborhoods", "neighborhood_id", ("neighborhood", "neighborhoods"), ""),
            *(_growth(f"zones_{level}", f"zone {level}*", "public_zones", "zone_id", (f"{level} school zone", f"{level} school zones"), f", by {level} school zone", (("level", level),)) for level in LEVELS),
        ),
        reading.growth,
        ("census", "profiles", "growth", "outlook", "publish"),
        annexes=(
            Annex(
                "pockets",
                "Pockets of change",
                "public_pockets",
                (
                    Field("kind", "Direction", "word", ("pocket_kind",)),
                    Field("areas", "Neighborhoods", "text", ("area_names",)),
                    Field("band", "Ages", "text", ("age_band",)),
                    Field("change", "Change", "change", ("children_change", "children_change_moe"), "margin"),
                    Field("from", "Before", "whole", ("children_from",)),
                    Field("to", "Now", "whole", ("children_to",)),
                    Field("reliability", "Reliability", "word", ("reliability_class",)),
                ),
                empty="No group of adjoining neighborhoods changed more than chance would bring.",
            ),
            Annex(
                "outlook",
                "Pupils expected",
                "public_outlook",
                (
                    Field("kind", "For", "word", ("unit_kind",)),
                    Field("name", "Name", "text", ("unit_name",)),
                    Field("year", "School year", "year", ("fall_year",)),
                    Field("pupils", "Pupils", "count", ("value_text",)),
                    Field("range", "Eight times in ten", "whole", ("pupils_projected_low", "pupils_projected_high"), "range"),
                    Field("method", "Method", "word", ("method",)),
                ),
                empty="No enrollment outlook: the study has too few years of enrollment by grade.",
            ),
            _BACKTEST,
        ),
        pockets=True,
    ),
    Sheet(
        "seats",
        "Seats and quality",
        "Where are seats in good schools missing?",
        answers.seats,
        (*(_zones(level) for level in LEVELS), _ACCESS),
        reading.seats,
        ("boundaries", "schools", "relations", "profiles", "quality", "seats", "publish"),
        annexes=(_SCHOOLS_ANNEX,),
        dots=Dots("public_schools", "school_id", "Schools", "quality_class", _QUALITY, keep=(("school_status", ("open",)),)),
    ),
    Sheet(
        "facilities",
        "Facilities",
        "Where is there room in school buildings?",
        answers.facilities,
        (_SITES,),
        reading.facilities,
        ("facilities", "utilization", "matches", "publish"),
        annexes=(
            Annex(
                "matches",
                "Schools looking for a place",
                "public_matches",
                (
                    Field("school", "School", "text", ("school_name",)),
                    Field("status", "Outcome", "word", ("match_status",)),
                    Field("site", "Site", "text", ("site_name",)),
                    Field("host", "Shared with", "text", ("matched_school_name",)),
                    Field("seats", "Seats needed", "whole", ("needed_seats",)),
                    Field("travel", "Distance", "km", ("travel_m",)),
                    Field("reason", "Why", "text", ("reason",)),
                ),
                empty="No school of this study is looking for a place, or no site has room to offer.",
            ),
            Annex(
                "siting",
                "Sites for new quality seats",
                "public_siting",
                (
                    Field("rank", "Rank", "rank", ("option_rank",)),
                    Field("site", "Site", "text", ("site_name",)),
                    Field("covered", "Missing seats it could hold", "whole", ("covered_seats",), explain="Missing seats within reach, of the levels the site can serve, up to its empty seats"),
                    Field("reason", "Why", "text", ("reason",)),
                ),
                sort="rank",
                empty="No site of this study can be offered for new seats.",
            ),
        ),
    ),
    Sheet(
        "quality_of_data",
        "Quality of the data",
        "What is missing, hidden or approximate?",
        answers.quality_of_data,
        (_RELIABLE,),
        reading.quality_of_data,
        ("census", "boundaries", "schools", "facilities", "relations", "profiles", "quality", "need", "growth", "outlook", "utilization", "seats", "matches", "recommendations", "publish"),
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
                    Field("measure", "Who live there", "word", ("measure",)),
                    Field("method", "Placed by", "word", ("method",)),
                    Field("count", "As mapped", "whole", ("allocated_count", "allocated_count_moe"), "margin", explain="With the margin of the survey"),
                    Field("next", "By the next best evidence", "whole", ("next_count",)),
                    Field("evidence", "Which is", "word", ("next_method",)),
                    Field("range", "By any way, crude ones too", "whole", ("lowest_count", "highest_count"), "range", explain="Such as whole census areas by their middle; no bound, the truth may lie outside"),
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
            _BACKTEST,
        ),
    ),
)  # fmt: skip
