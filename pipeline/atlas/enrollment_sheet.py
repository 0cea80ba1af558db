"""The sheet of who runs the schools that pupils attend, and where those of each zone go, declared."""

from __future__ import annotations

from pipeline.atlas import enrollment_words
from pipeline.atlas.spec import Annex, Dots, Field, Layer, Places, Scheme, Sheet, Wide
from pipeline.atlas.words import LABELS
from pipeline.columns import LEVELS

_CUTS = Scheme("cuts", (0.05, 0.1, 0.2, 0.3))
_RUN_BY = {"district": "#ffffff", "charter": "#e66101", "private": "#5e3c99"}


def _zones(level: str) -> Places:
    return Places(
        key=f"residence_{level}",
        caption=f"Pupils by the {level} attendance zone they live in",
        noun=(f"{level} school zone", f"{level} school zones"),
        table="public_zones",
        id="zone_id",
        only=(("level", level),),
        wides=(
            Wide("public_sectors", "area_id", "run_by", ("sector_share", "pupils", "value_status"), where=(("counted_by", "residence"), ("layer", f"zone {level} *")), is_latest=True),
            Wide("public_capture", "zone_id", "", ("capture_ratio",), where=(("level", level),)),
        ),
        sort="share|charter",
        fields=(
            Field("share", "{each} schools", "percent", ("sector_share",), each="run_by", absent="value_status"),
            Field("own", "At the zone's own school", "percent", ("capture_ratio",), explain="In steps of five points"),
            Field("residents", "Resident pupils", "whole", ("resident_pupils",)),
            Field("pupils", "Pupils at {each} schools", "whole", ("pupils",), each="run_by", always=False, explain="In tens", absent="value_status"),
            Field("approximate", "Approximate", "word", ("is_approximate",), always=False),
        ),
        layers=(
            Layer("charter", f"Share at charter schools, {level} school zones", "share", "Of the pupils of district and charter schools who live in the zone.", _CUTS, each="run_by", only="charter"),
            Layer("own", f"Share at the zone's own school, {level} school zones", "own", "Of the pupils who live in the zone, in steps of five points; dark means few.", Scheme("cuts", (0.6, 0.7, 0.8, 0.9), dark_is_low=True)),
        ),
    )  # fmt: skip


_BY_SCHOOL = Places(
    key="attended",
    caption="Pupils of the schools that lie in each neighborhood",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    wides=(
        Wide("public_sectors", "area_id", "run_by", ("pupils", "sector_share"), where=(("layer", "neighborhood"),)),
    ),
    sort="pupils|charter",
    fields=(
        Field("pupils", "Pupils at {each} schools", "whole", ("pupils",), each="run_by"),
        Field("share", "{each} schools", "percent", ("sector_share",), each="run_by", always=False),
    ),
    layers=(
        Layer(
            "pupils",
            "Pupils of the neighborhood's schools: {each}",
            "pupils",
            "Pupils of the schools that lie here, wherever they live. A neighborhood without such a school has no number.",
            each="run_by",
        ),
    ),
)

_YEARS = Annex(
    "sectors",
    "Pupils of the district by who runs their school, year by year",
    "public_sectors",
    (
        Field("year", "School year", "year", ("fall_year",)),
        Field("district", "District schools", "whole", ("district_pupils",)),
        Field("charter", "Charter schools", "whole", ("charter_pupils",)),
        Field("other", "In no directory", "whole", ("other_pupils",), explain="Schools that no directory lists: closed long ago"),
        Field("share", "Charter share", "chance", ("charter_share",), explain="Of the pupils of these, private schools left out"),
        Field("private", "Private schools", "whole", ("private_pupils",), absent="private_absent"),
        Field("hidden", "Schools not shown", "whole", ("hidden",), explain="Their pupils are in none of the sums"),
    ),
    empty="No enrollment by school is published in this study.",
)  # fmt: skip
_FLOWS = Annex(
    "flows",
    "From zone to school",
    "public_flows",
    (
        Field("zone", "They live in", "text", ("zone_name",)),
        Field("school", "They attend", "text", ("school_name",)),
        Field("run", "Run as", "word", ("run_by",)),
        Field("own", "The zone's own school", "word", ("is_home",)),
        Field("pupils", "Pupils", "whole", ("pupils",), explain="In tens; pairs of few pupils are not listed"),
        Field("year", "School year", "year", ("fall_year",)),
    ),
    empty="This study has no file of pupils by home and school, or no pair of them that may be told.",
)
_PRIVATE = Annex(
    "private",
    "Private schools",
    "public_schools",
    (
        Field("name", "School", "text", ("name",)),
        Field("grades", "Grades", "text", ("grade_low", "grade_high"), "range"),
        Field("pupils", "Pupils", "count", ("value_text",)),
        Field("year", "Counted in", "year", ("fall_year",)),
    ),
    sort="name",
    unless=(("sector", "district"), ("sector", "charter")),
    empty="No private school is listed in this study.",
)


ENROLLMENT = Sheet(
    "enrollment",
    "Who goes where",
    "Who runs the schools that pupils attend, and where do those of each zone go?",
    enrollment_words.answer,
    (*(_zones(level) for level in LEVELS), _BY_SCHOOL),
    enrollment_words.reading,
    ("schools", "relations", "publish"),
    annexes=(_YEARS, _FLOWS, _PRIVATE),
    dots=Dots(
        "public_schools",
        "school_id",
        "Schools",
        "sector",
        tuple((code, LABELS["sector"][code], color) for code, color in _RUN_BY.items()),
        keep=(("school_status", ("open",)),),
    ),
    more=enrollment_words.more,
)
