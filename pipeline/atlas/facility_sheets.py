"""What stands below the map of sites, declared."""

from __future__ import annotations

from pipeline.atlas import rfp_answers
from pipeline.atlas.spec import SEQUENTIAL, Annex, Counts, Field, Layer, Places, Scheme, Sheet, Wide
from pipeline.atlas.words import LABELS

_GREY = "#d5d8dc"


def _words(column: str, **colors: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((code, LABELS[column][code], color) for code, color in colors.items())


CAPACITY = Annex(
    "capacity",
    "Ways to count capacity",
    "public_capacity",
    (
        Field("definition", "Counted by", "word", ("capacity_definition",)),
        Field("decides", "Decides", "word", ("is_deciding",), explain="Whether this study lists sites by it; the others stand beside"),
        Field("known", "Sites", "whole", ("sites_known", "sites_listed"), "of", "Sites for which it can be counted"),
        Field("seats", "Seats there", "whole", ("capacity_seats",)),
        Field("rooms", "Rooms counted there", "whole", ("rooms_counted",)),
        Field("source", "Source", "text", ("capacity_source",)),
    ),
    empty="No capacity of any site is known in this study.",
)  # fmt: skip
FACILITY_ANNEXES = (CAPACITY,)

_INVENTORY = (
    *("rfp_status", "definition_codes", "horizon_status", "confidence_class", "confidence_rule", "constraint_notes"),
    *(
        "surplus_rooms_now",
        "surplus_rooms_horizon",
        "rooms_needed_back_year",
        "longest_lease_years",
        "lease_limit",
        "lease_offer",
    ),
    *("building_m2", "land_m2", "year_built", "need_rank", "need_rank_low", "need_rank_high", "unmet_seats"),
    *("service_gap_rank", "pocket_kind", "pocket_distance_m", "pocket_reliability_class", "relative_access_ratio"),
    "poor_access_levels",
)
RFP_PLACES = Places(
    key="rfp",
    caption="Sites for a request for proposals",
    noun=("site", "sites"),
    table="public_sites",
    id="site_id",
    subject_kind="site",
    sort="rooms",
    base="public_neighborhoods",
    wides=(Wide("public_rfp", "site_id", "", _INVENTORY),),
    fields=(
        Field("listing", "On the list", "word", ("rfp_status",), made=Counts("ways", ("definitions_under",), ("definitions_known",))),
        Field("confidence", "How sure", "word", ("confidence_class",), explain="Certainty of the count, not fitness of the building"),
        Field("rooms", "Rooms", "whole", ("surplus_rooms",), explain="The fewest by any way of counting, in any year from now to the horizon, at the upper end of the forecast", absent="seats_absent"),
        Field("lease", "Longest lease, years", "whole", ("longest_lease_years",), explain="School years from the next one before the host may need one of all these rooms, at the upper end of the forecast; no more than the outlook reaches", absent="lease_absent"),
        Field("offer", "Or fewer for longer", "text", ("lease_offer",), always=False),
        Field("condition", "Condition", "word", ("condition_class",)),
        Field("use", "Use", "word", ("site_status",), always=False),
        Field("ways", "Underutilized by", "text", ("definition_codes",), always=False),
        Field("then", "At the horizon", "word", ("horizon_status",), always=False),
        Field("rooms_now", "Rooms free today", "whole", ("surplus_rooms_now",), absent="seats_absent", always=False),
        Field("rooms_then", "Rooms free at the horizon", "whole", ("surplus_rooms_horizon",), absent="seats_absent", always=False),
        Field("back", "Host may need them back in", "year", ("rooms_needed_back_year",), absent="lease_absent", always=False),
        Field("ends", "What ends the lease", "word", ("lease_limit",), always=False),
        Field("need", "Need rank of its neighborhood", "rank", ("need_rank",), explain="1 is the neediest", always=False),
        Field("need_range", "Rank may be", "rank", ("need_rank_low", "need_rank_high"), "range", always=False),
        Field("missing", "Quality seats missing in its zone", "whole", ("unmet_seats",), always=False),
        Field("access", "Access to quality seats", "percent", ("relative_access_ratio",), explain="Of the district's mean, at the level where it is lowest", always=False),
        Field("poor", "Poor access in", "text", ("poor_access_levels",), always=False),
        Field("growth", "Pocket of change near", "word", ("pocket_kind",), always=False),
        Field("growth_km", "Distance of the pocket", "km", ("pocket_distance_m",), always=False),
        Field("growth_sure", "Reliability of its change", "word", ("pocket_reliability_class",), always=False),
        Field("building", "Building, square metres", "whole", ("building_m2",), always=False),
        Field("land", "Land, square metres", "whole", ("land_m2",), always=False),
        Field("built", "Built", "calendar_year", ("year_built",), always=False),
        Field("notes", "What stands in the way", "text", ("constraint_notes",), always=False),
        Field("doubt", "What speaks against the count", "text", ("confidence_rule",), always=False),
        Field("reason", "Why", "text", ("reason",), always=False),
    ),
    layers=(
        Layer(
            "listing",
            "Sites on the list",
            "listing",
            "Whether the site can go into a request for proposals; every other site has its reason.",
            Scheme("words", words=_words("rfp_status", listed="#253494", one_definition="#41b6c4", not_listed="#ffffcc", not_known=_GREY)),
        ),
        Layer(
            "confidence",
            "How sure the verdict is",
            "confidence",
            "Certainty of the count, not fitness of the building; by fixed rules, which stand under the map.",
            Scheme("words", words=_words("confidence_class", high=SEQUENTIAL[3], medium=SEQUENTIAL[2], low=SEQUENTIAL[0], not_known=_GREY)),
        ),
    ),
)  # fmt: skip
SCORES = Annex(
    "rfp_scores",
    "Responses, by score",
    "public_rfp_scores",
    (
        Field("site", "Site", "text", ("site_name",)),
        Field("rank", "Place", "rank", ("score_rank",), explain="Among the responses for the site"),
        Field("name", "Proposer", "text", ("name",)),
        Field("grades", "Grades", "text", ("grade_low", "grade_high"), "range"),
        Field("rooms", "Rooms asked", "whole", ("rooms_asked",)),
        Field("needs", "Rooms its pupils need", "whole", ("needed_rooms",), explain="Pupils in hand by the pupils per room of their grades, whole rooms for each level"),
        Field("score", "Score of 100", "index", ("score_index",), explain="Sum of the parts in the table below"),
        Field("range", "Place may be", "rank", ("score_rank_low", "score_rank_high"), "range", "In nine of ten draws of the weights"),
        Field("first", "First in", "chance", ("first_share",), explain="Share of drawn weights by which it comes first for its site"),
        Field("status", "Outcome", "word", ("proposal_status",)),
        Field("reason", "Why", "text", ("reason",)),
    ),
    empty="No response to a request for proposals is in this study.",
)  # fmt: skip
PARTS = Annex(
    "rfp_parts",
    "What each score is made of",
    "public_rfp_score_parts",
    (
        Field("site", "Site", "text", ("site_name",)),
        Field("name", "Proposer", "text", ("proposer_name",)),
        Field("part", "Part", "word", ("rubric_part",)),
        Field("share", "Finds", "percent", ("part_share",), explain="From 0 to 100%; what it rests on stands beside"),
        Field("weight", "Weight", "percent", ("part_weight",)),
        Field("points", "Points", "index", ("part_points",), explain="Weight times what it finds; they add up to the score"),
        Field("evidence", "Rests on", "text", ("evidence",)),
    ),
    empty="No response to a request for proposals is in this study.",
)  # fmt: skip
PACKETS = (
    ("rfp_packets.html", "Packets of all listed sites, a printed page for each"),
    ("rfp_packets.zip", "The same as single files, to attach"),
)
RFP = Sheet(
    "rfp",
    "Request for proposals",
    "Which buildings can be offered, and for how long?",
    rfp_answers.rfp,
    (RFP_PLACES,),
    rfp_answers.reading,
    ("facilities", "utilization", "rfp", "publish"),
    annexes=(SCORES, PARTS),
    links=PACKETS,
    more=rfp_answers.rfp_more,
)
