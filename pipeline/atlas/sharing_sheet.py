"""The sheet of sharing buildings: hosts, schools that look for a place, and what each pair costs."""

from __future__ import annotations

from pipeline.atlas import sharing_words
from pipeline.atlas.spec import SEQUENTIAL, Annex, Counts, Field, Layer, Places, Scheme, Sheet, Wide

_HOSTS = Places(
    key="hosts",
    caption="Sites that can be offered, and who would come",
    noun=("site", "sites"),
    table="public_sites",
    id="site_id",
    subject_kind="site",
    sort="free",
    base="public_neighborhoods",
    only=(("surplus_status", "offered"),),
    wides=(Wide("public_room_values", "site_id", "", ("placed_rooms", "rooms_left", "utilization_ratio", "utilization_after_ratio", "room_price", "room_gain", "room_pupils_change", "rooms_to_next", "next_school_id")),),
    fields=(
        Field("free", "Free rooms", "whole", ("surplus_rooms",), explain="Rooms that stay free by the careful count", absent="seats_absent"),
        Field("guests", "Would share it", "text", ("guest_names",), explain="Schools that the matching places here"),
        Field("before", "In use now", "percent", ("utilization_ratio",), explain="Pupils for each 100 seats, by the count of capacity that gives fewest seats", made=Counts("pupils")),
        Field("after", "In use with them", "percent", ("utilization_after_ratio",), made=Counts("pupils")),
        Field("placed", "Rooms given", "whole", ("placed_rooms",), always=False),
        Field("left", "Rooms left", "whole", ("rooms_left",), always=False),
        Field("next", "Next to fit", "text", ("next_school",), explain="Fewest more rooms here with which a school without a place would fit beside all who are placed"),
        Field("gain", "One more room is worth", "whole", ("room_gain",), explain="What the whole matching would gain, solved anew; each pupil with a place counts what the study says a seat is worth (matches.seat_value) less the cost of the pair. 0 where one room alone seats no further school: then look at how many would", always=False),
        Field("more", "Pupils seated by it", "whole", ("room_pupils_change",), explain="More pupils with a place if the site had one more room", always=False),
        Field("price", "Worth if schools could be split", "whole", ("room_price",), explain="What a room more would gain, in the same unit, if every school could take a part of its rooms at any site that passes all other rules: what rooms are worth as such, though no single one seats a school", always=False),
        Field("condition", "Condition", "word", ("condition_class",), always=False),
        Field("reason", "Why it can be offered", "text", ("reason",), always=False),
    ),
    layers=(
        Layer("free", "Free rooms", "free", "Rooms that other schools could be given. Lines lead from a school to the site it would share."),
        Layer("after", "In use with the schools placed there", "after", "Pupils of host and guests for each 100 seats; dark means full.", Scheme("cuts", (0.5, 0.75, 0.9, 1.0))),
        Layer("before", "In use now", "before", "Pupils for each 100 seats, before anyone comes; dark means full.", Scheme("cuts", (0.5, 0.75, 0.9, 1.0))),
        Layer("condition", "Building condition", "condition", "Condition of the building as the inventory gives it; dark is worse.", Scheme("words", words=(("good", "Good", SEQUENTIAL[0]), ("fair", "Fair", SEQUENTIAL[1]), ("poor", "Poor", SEQUENTIAL[3]), ("very_poor", "Very poor", SEQUENTIAL[4]), ("not_known", "Not known", "#d5d8dc")))),
    ),
)  # fmt: skip

_MATCHES = Annex(
    "matches",
    "Schools looking for a place",
    "public_matches",
    (
        Field("school", "School", "text", ("name",)),
        Field("status", "Outcome", "word", ("match_status",)),
        Field("site", "Site", "text", ("site_name",)),
        Field("host", "Shared with", "text", ("matched_school_name",)),
        Field("rooms", "Rooms needed", "whole", ("needed_rooms",), explain="Its pupils by the study's pupils per room of their grades, whole rooms for each level"),
        Field("seats", "Pupils", "whole", ("needed_seats",)),
        Field("far", "From its community", "km", ("community_m",), explain="Mean road distance from where its pupils live (else: from the community it wants to serve, or its place now; the reason says which)"),
        Field("cost", "Cost", "index", ("total_cost",), explain="Weighted mean of the four parts: 0 best, 1 worst"),
        Field("second", "Second best", "text", ("second_site_name",), explain="Where it would go if this site were closed to it and all others were placed anew"),
        Field("second_cost", "Cost more there", "index", ("second_cost_change",)),
        Field("lease", "Years of lease", "whole", ("longest_lease_years",), explain="School years in which all rooms given at the site stay free, at the upper end of the forecast: of the rooms taken, not of all the site has free. No longer than the outlook, whose far years no back-test has reached; empty where there is no host"),
        Field("firm", "Holds in", "chance", ("pair_share",), explain="Share of draws of the weights in which the same pair is made"),
        Field("reason", "Why", "text", ("reason",)),
    ),
    empty="No school of this study is looking for a place, or no site has room to offer.",
)  # fmt: skip

_PAIRS = Annex(
    "pairs",
    "Every school beside every site",
    "public_pairs",
    (
        Field("school", "School", "text", ("name",)),
        Field("site", "Site", "text", ("site_name",)),
        Field("rule", "Pair", "word", ("pair_rule",)),
        Field("cost", "Cost", "index", ("total_cost",), explain="0 best, 1 worst"),
        Field(
            "travel",
            "of it: travel",
            "index",
            ("travel_cost",),
            explain="Distance from the community served over the longest allowed",
        ),
        Field("grade", "grades", "index", ("grade_cost",), explain="Levels that the host does not teach"),
        Field("load", "load", "index", ("load_cost",), explain="How full the building would be"),
        Field("move", "move", "index", ("move_cost",), explain="Distance from its place now"),
        Field("reason", "Why", "text", ("reason",)),
    ),
    empty="There is no pair to look at.",
)

_PROP39 = Annex(
    "prop39",
    "What Proposition 39 would ask of the district",
    "public_prop39",
    (
        Field("school", "Charter school", "text", ("school_name",)),
        Field("status", "Worksheet", "word", ("worksheet_status",)),
        Field("ada", "In-district ADA", "whole", ("in_district_ada",), explain="Average daily attendance expected of its pupils who live in the district, in tens"),
        Field("group", "Comparison schools", "whole", ("comparison_schools",)),
        Field("ratio", "ADA per classroom there", "index", ("ada_per_classroom_ratio",), explain="Where the school has several levels, that of its levels together: the working has each"),
        Field("rooms", "Classrooms", "whole", ("offered_classrooms",), explain="Rounded up"),
        Field("special", "Specialised rooms", "index", ("offered_specialised_rooms",), explain="In tenths: a part of the week in a room"),
        Field("shared", "Shared rooms", "index", ("offered_shared_rooms",), explain="Libraries, halls and the like, in tenths"),
        Field("reason", "Working", "text", ("reason",)),
    ),
    empty="This study names no state whose law says what a district owes charter schools.",
)  # fmt: skip

_CALENDAR = Annex(
    "prop39_calendar",
    "Days of a request for next school year",
    "public_prop39_calendar",
    (
        Field("step", "Step", "rank", ("step",)),
        Field("date", "By", "text", ("date_text",)),
        Field("event", "What is due", "text", ("event",)),
    ),
    sort="step",
    empty="This study names no state whose law sets such days.",
)

SHARING = Sheet(
    "sharing",
    "Sharing buildings",
    "Who could share a building with whom?",
    sharing_words.answer,
    (_HOSTS,),
    sharing_words.reading,
    ("facilities", "utilization", "matches", "publish"),
    annexes=(_MATCHES, _PAIRS, _PROP39, _CALENDAR),
    lines=True,
    more=sharing_words.more,
)
