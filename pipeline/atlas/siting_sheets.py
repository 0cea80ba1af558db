"""Places and tables of the sheet of siting."""

from __future__ import annotations

from pipeline.atlas.spec import Annex, Counts, Dots, Field, Layer, Places, Scheme, Wide

# The same classes before and after, so that the colours can be compared.
_LEFT = Scheme("cuts", (50.0, 100.0, 200.0), zero="none missing")

SITING = Places(
    key="siting",
    caption="Missing quality seats of neighborhoods, before and after",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    subject_kind="neighborhood",
    sort="before|elementary",
    wides=(Wide("public_siting_coverage", "neighborhood_id", "level", ("unmet_seats", "served_before_seats", "served_after_seats")),),
    fields=(
        Field("missing", "Missing, {each}", "whole", ("unmet_seats",), each="level", explain="In tens, cut down for each neighborhood: together less than the sum in the answer", always=False),
        Field("caution", "Caution", "text", ("missing_caution",), always=False),
        Field("before", "Left today, {each}", "whole", ("left_before_seats",), each="level", explain="After what quality schools of other zones have room for", made=Counts("less", ("unmet_seats",), ("served_before_seats",))),
        Field("after", "Left with new sites, {each}", "whole", ("left_after_seats",), each="level", explain="With all new sites of the level's largest plan together; the panel names them. Each level is planned by itself: a site named at several levels has its seats only once", made=Counts("less", ("unmet_seats",), ("served_after_seats",))),
        Field("plan", "New sites counted, {each}", "text", ("plan_text",), each="level", always=False, is_panel_only=True),
    ),
    layers=(
        Layer("before", "Left today, {each}", "before", "Missing quality seats that no quality school within reach has room for.", _LEFT, each="level"),
        Layer("after", "Left with the best new sites, {each}", "after", "The same with all new sites of the level's largest plan, each up to its empty seats; the panel names them. Each level is planned by itself, and a site named at several levels has its seats only once. It is as sure as the missing seats are. Of all ways to serve as many, the one with the least travel is shown: no child is promised a seat by it.", _LEFT, each="level"),
    ),
)  # fmt: skip

CANDIDATES = Dots("public_sites", "site_id", "Sites that can be offered", "surplus_status", (("offered", "Can be offered", "#e66101"),), keep=(("surplus_status", ("offered",)),))  # fmt: skip

SITING_ANNEXES = (
    Annex(
        "siting_plans",
        "What each further site adds",
        "public_siting_plans",
        (
            Field("level", "Level", "word", ("level",)),
            Field("model", "Asked for", "word", ("siting_model",)),
            Field("sites", "New sites", "whole", ("new_sites",)),
            Field("names", "Which", "text", ("site_names",)),
            Field("served", "Missing seats served", "whole", ("seated_seats",), explain="In tens; up to the empty seats of each school and site"),
            Field("near", "Within reach of a quality school", "whole", ("near_seats",), explain="In tens; however full the school is"),
            Field("wanting", "Of", "whole", ("wanting_seats",)),
            Field("added", "More than with one fewer", "whole", ("more_seats",)),
            Field("travel", "Mean distance of those served", "km", ("mean_travel_m",), explain="Asked for least travel only; whoever is left without a school is not in it"),
            Field("gap", "Could be better by", "chance", ("optimum_gap_share",), explain="0% is proven best"),
            Field("finding", "Note", "text", ("finding",)),
        ),
        empty="No missing quality seats are known within reach of a site that could be offered.",
    ),
    Annex(
        "siting",
        "Each site by itself",
        "public_siting",
        (
            Field("rank", "Rank", "rank", ("option_rank",)),
            Field("site", "Site", "text", ("site_name",)),
            Field("covered", "Missing seats it could hold", "whole", ("covered_seats",), explain="Missing seats within reach, of the levels the site can serve, up to its empty seats; sites near each other count the same children"),
            Field("reason", "Why", "text", ("reason",)),
        ),
        sort="rank",
        empty="No site of this study can be offered for new seats.",
    ),
    Annex(
        "enrollment_zones",
        "Common enrollment zones",
        "public_enrollment_zones",
        (
            Field("zone", "Zone", "text", ("enrollment_zone",)),
            Field("grade", "Grade", "text", ("grade_name",)),
            Field("pupils", "Children", "whole", ("zone_pupils",), explain="In tens"),
            Field("seats", "Seats", "whole", ("zone_seats",), explain="In tens"),
            Field("seated", "Can be seated", "whole", ("seated_pupils",), explain="In tens"),
            Field("short", "Left without one", "whole", ("short_seats",), explain="In tens; the reason says where fewer than ten are"),
            Field("firm", "Left without one, rooms on offer given away", "whole", ("firm_short_seats",), explain="In tens"),
            Field("finding", "Why", "text", ("finding",)),
            Field("offer", "Without the rooms on offer", "text", ("offer_finding",)),
            Field("offered", "Rooms on offer in", "text", ("offer_names",)),
            Field("where", "Neighborhoods of the proof", "text", ("cut_names",)),
            Field("schools", "Schools of the proof", "text", ("school_names",)),
            Field("zones", "Made of", "text", ("zone_names",)),
        ),
        empty="The study declares no common enrollment zone (siting.enrollment_zones).",
    ),
)  # fmt: skip
