"""The sheets of the enrollment outlook and of how wrong it may be, declared."""

from __future__ import annotations

from pipeline.atlas.outlook_frames import METHODS
from pipeline.atlas.spec import DIVERGING, Annex, Counts, Field, Layer, Part, Places, Scheme, Series, Wide
from pipeline.atlas.words import LABELS, sentence
from pipeline.columns import LEVELS, SCENARIOS

_CHANGE = ("expected_change", "expected_change_low", "expected_change_high", "outlook_evidence", "pupils_projected")
_MAY_BE_NONE = ("may_be_none", "beyond_tested", "borrowed", "untested")
_RANGE = "Eight times in ten, if forecasts err as they did on past years"


def _fields(now: Field) -> tuple[Field, ...]:
    return (
        Field("change", "Change, {each}", "change", ("expected_change",), always=True, each="horizon_years", made=Counts("now_expected", fields=("now", "pupils"))),
        Field("range", "Eight times in ten, {each}", "change", ("expected_change_low", "expected_change_high"), "range", _RANGE, always=True, each="horizon_years"),
        Field("evidence", "How sure, {each}", "word", ("outlook_evidence",), always=False, each="horizon_years"),
        Field("pupils", "Pupils expected, {each}", "whole", ("pupils_projected",), always=False, each="horizon_years"),
        now,
    )  # fmt: skip


def _layers(where: str) -> tuple[Layer, ...]:
    return (
        Layer(
            "change",
            f"Expected change {{each}}{where}",
            "change",
            "Pupils expected, more or fewer than now. Hatched where the interval holds no change at all, or where forecasts so far ahead, or of zones, could not be tested.",
            Scheme("about_zero", colors=DIVERGING),
            weak=("outlook_evidence", _MAY_BE_NONE),
            weak_label="May be no change, or its interval could not be tested",
            each="horizon_years",
        ),
    )


def _series(kind: str, now: Part, prefix: str = "") -> tuple[Series, ...]:
    """Pupils counted and expected by year, and the plans of the last year against each other."""
    numbers = ("pupils_projected", "pupils_projected_low", "pupils_projected_high")
    where = (("unit_kind", kind),)
    ahead = Part("public_outlook", "unit_id", "fall_year", *numbers, where=where, prefix=prefix, is_expected=True)
    plans = Part(
        "public_scenarios",
        "unit_id",
        "scenario",
        *numbers,
        where=where,
        prefix=prefix,
        last="fall_year",
        is_expected=True,
    )
    return (
        Series("pupils", "Resident pupils by year" if kind == "zone" else "Pupils by year", (now, ahead)),
        Series("plans", "What if, in {last}", (plans,), has_chart=False),
    )  # fmt: skip


def _zones(level: str) -> Places:
    return Places(
        key=f"outlook_{level}",
        caption=f"Pupils expected to live in {level} school zones",
        noun=(f"{level} school zone", f"{level} school zones"),
        table="public_zones",
        id="zone_id",
        only=(("level", level),),
        subject_kind="zone",
        sort="change|5",
        wides=(
            Wide("public_outlook_change", "unit_id", "horizon_years", _CHANGE, where=(("unit_kind", "zone"),), prefix=f"{level} "),
        ),
        fields=_fields(Field("now", "Resident pupils now", "whole", ("resident_pupils",))),
        layers=_layers(f", {level} school zones"),
        series=_series(
            "zone",
            Part("public_zones", "zone_id", "fall_year", "resident_pupils", where=(("level", level),)),
            prefix=f"{level} ",
        ),
    )  # fmt: skip


OUTLOOK_PLACES = (
    *(_zones(level) for level in LEVELS),
    Places(
        key="outlook_schools",
        caption="Pupils expected at schools",
        noun=("school", "schools"),
        table="public_schools",
        id="school_id",
        only=(("location_status", "located"), ("school_status", "open")),
        subject_kind="school",
        base="public_neighborhoods",
        sort="change|5",
        wides=(Wide("public_outlook_change", "unit_id", "horizon_years", _CHANGE, where=(("unit_kind", "school"),)),),
        fields=_fields(Field("now", "Pupils now", "count", ("value_text",))),
        layers=_layers(", schools"),
        series=_series("school", Part("public_enrollment", "school_id", "fall_year", "value_text")),
    ),
)

_EXPECTED = {1: "Next year", 5: "In 5 years", 10: "In 10 years"}


def _expected(*years: int, absent: str = "hidden_text") -> tuple[Field, ...]:
    return tuple(
        field
        for ahead in years
        for field in (
            Field(f"in_{ahead}", _EXPECTED[ahead], "whole", (f"expected_{ahead}",), absent=absent),
            Field(f"range_{ahead}", f"{_EXPECTED[ahead]}, eight times in ten", "whole", (f"expected_{ahead}_low", f"expected_{ahead}_high"), "range", _RANGE),
        )
    )  # fmt: skip


OUTLOOK_ANNEXES = (
    Annex(
        "outlook_district",
        "The district, year by year",
        "public_outlook",
        (
            Field("year", "School year", "year", ("fall_year",)),
            Field("pupils", "Pupils expected", "count", ("value_text",)),
            Field("range", "Eight times in ten", "whole", ("pupils_projected_low", "pupils_projected_high"), "range", _RANGE),
            Field("basis", "Interval made of", "word", ("interval_basis",)),
            Field("method", "Method", "word", ("method",)),
            Field("caution", "Caution", "text", ("cautions",)),
        ),
        empty="No enrollment outlook: the study has too few years of enrollment by grade.",
    ),
    Annex(
        "outlook_grades",
        "The district by grade",
        "public_outlook_grades",
        (
            Field("grade", "Grade", "text", ("grade_name",)),
            *_expected(1, 5, 10),
            Field("rule", "Found by", "text", ("rules_text",)),
            Field("caution", "Caution", "text", ("cautions",)),
        ),
        empty="No enrollment outlook: the study has too few years of enrollment by grade.",
    ),
    Annex(
        "what_if",
        "What if: the district",
        "public_scenarios",
        (
            Field("scenario", "Scenario", "word", ("scenario",)),
            Field("in_5", "In 5 years", "whole", ("expected_5",), explain="In tens"),
            Field("range_5", "In 5 years, eight times in ten", "whole", ("expected_5_low", "expected_5_high"), "range", _RANGE),
            Field("change_5", "Against the plan, in 5 years", "change", ("change_5",)),
            Field("in_10", "In 10 years", "whole", ("expected_10",), explain="In tens"),
            Field("range_10", "In 10 years, eight times in ten", "whole", ("expected_10_low", "expected_10_high"), "range", _RANGE),
            Field("change_10", "Against the plan, in 10 years", "change", ("change_10",)),
            Field("note", "What is changed", "text", ("scenario_note",)),
        ),
        empty="This study has no enrollment outlook that a scenario could change.",
    ),
    Annex(
        "what_if_units",
        "What if: schools and zones that differ, in 5 years",
        "public_scenarios",
        (
            Field("kind", "For", "word", ("unit_kind",)),
            Field("name", "Name", "text", ("unit_name",)),
            *(Field(name, LABELS["scenario"][name], "whole", (f"pupils_{name}",), explain="In tens") for name in SCENARIOS),
        ),
        empty="No scenario of this study changes a school or a zone by ten pupils or more.",
    ),
    Annex(
        "outlook_schools",
        "Schools in 1, 5 and 10 years",
        "public_outlook",
        (
            Field("name", "School", "text", ("unit_name",)),
            *_expected(1, 5, 10),
            Field("homes_5", "In 5 years, by where pupils live", "whole", ("homes_5",), explain="If pupils come as the cohorts of their zones' residents; this way of counting could not be tested"),
            Field("basis", "Interval made of", "word", ("interval_basis",), explain="Of the first year"),
            Field("method", "Method", "word", ("method",)),
            Field("rules", "Grades found by", "text", ("rules_text",)),
            Field("caution", "Caution", "text", ("cautions",)),
        ),
        empty="No enrollment outlook of schools: the study has too few years of enrollment by grade.",
    ),
    Annex(
        "capture",
        "How many pupils of a zone attend its own school",
        "public_capture",
        (
            Field("zone", "Zone", "text", ("unit_name",)),
            Field("year", "School year", "year", ("fall_year",)),
            Field("ratio", "At the zone's own school", "percent", ("capture_ratio",), explain="Of the zone's pupils in public schools, to the nearest five points", absent="hidden_text"),
        ),
        empty="Where pupils live and attend is not known, or the zones' own schools are not.",
    ),
    Annex(
        "school_changes",
        "Changes of schools, declared and seen in the counts",
        "public_school_changes",
        (
            Field("year", "From school year", "year", ("fall_year",)),
            Field("school", "School", "text", ("unit_name",)),
            Field("change", "Change", "word", ("change_kind",)),
            Field("grades", "Grades", "text", ("grade_names",)),
            Field("declared", "Declared", "word", ("is_declared",)),
            Field("reason", "Known from", "text", ("reason",)),
        ),
        empty="No school opened, closed or changed its grades in the years compared.",
    ),
    Annex(
        "state_projection",
        "The state's own projection",
        "public_state_projection",
        (
            Field("grade", "Grade", "text", ("grade_name",)),
            Field("first", "Next year", "whole", ("form_1",)),
            Field("last", "In 5 years", "whole", ("form_5",)),
            Field("homes", "Of new homes, more", "whole", ("pupils_of_homes",)),
            Field("with", "In 5 years, with new homes", "whole", ("pupils_with_homes",)),
            Field("outlook", "This outlook, in 5 years", "whole", ("outlook_total",), explain="Kindergarten with transitional kindergarten, as on the form"),
        ),
        empty="No state's rules for such a projection are named in this study.",
    ),
)  # fmt: skip

_SIZE = Field("size", "Forecast of", "word", ("size_class",))
_HORIZON = Field("horizon", "Years ahead", "whole", ("horizon_years",))
_CASES = Field("cases", "Forecasts tried", "whole", ("cases",))
_STARTS = Field("starts", "From falls", "text", ("start_text",))
_TOLD = (
    Field("error", "Mean error", "share", ("mean_absolute_error_share",), absent="hidden_text", explain="Mean absolute percentage error"),
    Field("no_change", "Against no change", "index", ("against_no_change_ratio",), explain="Mean error over that of no change: below 1 is better"),
    Field("last_change", "Against last year's change", "index", ("against_last_change_ratio",), explain="Mean error over that of last year's change: below 1 is better"),
    Field("bias", "Too high or low by", "share_change", ("mean_error_change",), explain="Mean signed error: above zero, forecasts were too high"),
    Field("weighted", "Pupils missed, of all", "share", ("weighted_error_share",), explain="Pupils that forecasts were off by, over the pupils there were"),
    Field("median", "Median error", "share", ("median_error_share",)),
    Field("held", "80% interval held", "chance", ("interval_held",), explain="Of the forecasts that had an interval by what was known then"),
    Field("interval_cases", "Of forecasts", "whole", ("interval_cases",)),
)  # fmt: skip

ERROR_ANNEXES = (
    Annex(
        "errors_in_force",
        "The method used here, and the rule that chose it",
        "public_backtest",
        (Field("method", "Method", "text", ("method_name",)), _SIZE, _HORIZON, _CASES, _STARTS, *_TOLD),
        empty="No forecast could be tested against what happened: the study has too few years.",
    ),
    Annex(
        "errors",
        "Mean error of every method, beside the two naive forecasts",
        "public_backtest",
        (
            _SIZE,
            _HORIZON,
            _CASES,
            Field("gone", "Schools gone by then", "whole", ("left_cases",), explain="Schools that did not report the later fall: they are no cases"),
            *(Field(name, sentence(words), "share", (f"error_{name}",), absent="hidden_text") for name, words in METHODS.items()),
        ),
        empty="No forecast could be tested against what happened: the study has too few years.",
    ),
    Annex(
        "errors_in_full",
        "The whole table of the test",
        "public_backtest",
        (Field("method", "Method", "text", ("method_name",)), _SIZE, _HORIZON, _CASES, _STARTS, *_TOLD),
        empty="No forecast could be tested against what happened: the study has too few years.",
    ),
)  # fmt: skip
