"""Rows of the tables under the sheets of the outlook and of its errors, from the published tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.atlas.words import grade, say, sentence
from pipeline.columns import HIDDEN, JUDGED_HORIZONS, SCENARIOS

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]

AHEAD = (1, 5, 10)
NAIVE = ("no change", "last year's change")
AS_CHOSEN = "as chosen then"
# The methods as columns, the naive ones first; "in force" is whichever the study uses.
METHODS = {
    "no_change": NAIVE[0],
    "last_change": NAIVE[1],
    "pooled": "pooled cohort survival",
    "mean": "mean cohort survival",
    "median": "median cohort survival",
    "recent": "recent-weighted cohort survival",
    "shrunk": "shrunk cohort survival",
    "held": "last count held to the district's cohorts",
    "half_way": "half-way from shrunk survival to no change",
    "as_chosen": AS_CHOSEN,
}
SIZES = (
    *("district", "district_grade", "200_and_over", "same_grades", "500_and_over", "200_to_499", "under_200"),
    *("school_grade", "grade_100_and_over", "grade_25_to_99", "grade_under_25"),
)
_ENDS = ("", "_low", "_high")
MADE = (
    *(f"error_{name}" for name in METHODS),
    *(f"expected_{years}{end}" for years in AHEAD for end in _ENDS),
    *(f"pupils_{name}" for name in SCENARIOS),
    *("unit_name", "cautions", "rules_text", "homes_5", "grade_name", "grade_names", "outlook_total", "form_1", "form_5"),
    *("change_5", "change_10", "scenario_note", "start_text", "hidden_text", "interval_held"),
)  # fmt: skip


def method_in_force(tables: Tables) -> str:
    """The method that the study forecasts by, where the back-test says so."""
    tested = tables["public_backtest"]
    used = tested.loc[tested["is_chosen"].astype("bool") & tested["method"].ne(AS_CHOSEN), "method"]
    return str(used.iloc[0]) if len(used) else ""


def judged_years(tables: Tables) -> tuple[list[int], list[int]]:
    """Of the years ahead that a method is chosen by, those that decided here, and those of too few cases.

    None decided where the study names its method, or where its past is too short.
    """
    tested = tables["public_backtest"]
    known = set(tested.loc[tested["is_judged"].astype("bool"), "horizon_years"])
    return [year for year in JUDGED_HORIZONS if year in known], [year for year in JUDGED_HORIZONS if year not in known]


def words(column: str, codes: object) -> str:
    """Several codes of one column in words.

    >>> words("caution", "new_school untested")
    'too new for a ratio of its own; too few years to test it'
    """
    return "; ".join(say(column, code) for code in codes.split()) if isinstance(codes, str) else ""


def first_fall(tables: Tables, about: About) -> int:
    """The last fall that was counted: the outlook starts in the next."""
    years = tables["public_outlook"]["fall_year"]
    return int(years.min()) - 1 if len(years) else about.fall_year


def called(frame: pd.DataFrame, names: Names, about: About) -> pd.Series:
    """What the units of a table are called."""
    pairs = zip(frame["unit_kind"], frame["unit_id"], strict=True)
    return frame["unit_id"].map(
        dict(zip(frame["unit_id"], (about.title if k == "district" else names.get(k, {}).get(i, i) for k, i in pairs), strict=True))
    ).astype("str")  # fmt: skip


def district(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The district year by year, with what its interval rests on."""
    rows = tables["public_outlook"].query("unit_kind == 'district'").sort_values("fall_year")
    return rows.assign(cautions=[words("caution", codes) for codes in rows["caution"]])


def grades(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The district's grades in one, five and ten years, side by side."""
    rows = tables["public_outlook_grades"].assign(unit_kind="grade", unit_id=lambda frame: frame["grade"])
    frame = _ahead(rows, tables, about)
    return _by_grade(frame.assign(rules_text=[words("rule", code) for code in frame["rule"]]))


def schools(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Schools in one, five and ten years, and in five as the residents of their zones would come."""
    rows = tables["public_outlook"].query("unit_kind == 'school'")
    frame = _ahead(rows, tables, about)
    base = first_fall(tables, about)
    homes = rows[rows["fall_year"] == base + 5].set_index("unit_id")["pupils_by_residence"]
    frame = frame.assign(
        unit_name=called(frame, names, about),
        homes_5=frame["unit_id"].map(homes).astype("float64"),
        rules_text=[words("rule", codes).lower() for codes in frame["rules"]],
    )
    return frame.sort_values(["unit_name", "unit_id"], kind="stable")


def _ahead(rows: pd.DataFrame, tables: Tables, about: About) -> pd.DataFrame:
    """One row for each unit with its numbers 1, 5 and 10 years ahead, and cautions of the first of these years."""
    base = first_fall(tables, about)
    frame = rows[rows["fall_year"] == base + 1].reset_index(drop=True)
    for years in AHEAD:
        then = rows[rows["fall_year"] == base + years].set_index("unit_id")
        for end in _ENDS:
            frame[f"expected_{years}{end}"] = frame["unit_id"].map(then[f"pupils_projected{end}"]).astype("float64")
    hidden = frame["value_text"].map({HIDDEN: HIDDEN}).astype("object")
    return frame.assign(hidden_text=hidden, cautions=[words("caution", codes) for codes in frame["caution"]])


def state_projection(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The state's own projection of each grade beside the outlook's; there kindergarten holds the transitional too."""
    form = tables["public_state_projection"]
    if form.empty:
        return form.assign(grade_name="", form_1=0.0, form_5=0.0, outlook_total=0.0)
    first, last = form["fall_year"].min(), form["fall_year"].max()
    frame = form[form["fall_year"] == last].reset_index(drop=True)
    own = tables["public_outlook_grades"]
    own = own[own["fall_year"] == last].set_index("grade")["pupils_projected"]
    if "TK" in own.index and "TK" not in set(form["grade"]):
        own = own.copy()
        own["KG"] = own.get("KG", float("nan")) + own["TK"]
    start = form[form["fall_year"] == first].set_index("grade")["pupils_projected"]
    return _by_grade(
        frame.assign(
            form_1=frame["grade"].map(start),
            form_5=frame["pupils_projected"],
            outlook_total=frame["grade"].map(own).astype("float64"),
        )
    )


_YOUNGEST = ("PK", "TK", "KG")


def _by_grade(frame: pd.DataFrame) -> pd.DataFrame:
    place = [(_YOUNGEST.index(code) if code in _YOUNGEST else 3, code) for code in frame["grade"]]
    frame = frame.assign(grade_name=frame["grade"].map(grade).astype("str"), place=place)
    return frame.sort_values("place", kind="stable")


def what_if(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The district under every scenario in five and ten years, against the plan."""
    rows = tables["public_scenarios"].query("unit_kind == 'district'")
    base = int(rows["fall_year"].min()) - 1 if len(rows) else about.fall_year
    frame = rows[rows["fall_year"] == base + 1].reset_index(drop=True)
    for years in AHEAD[1:]:
        then = rows[rows["fall_year"] == base + years].set_index("scenario")
        for end in _ENDS:
            frame[f"expected_{years}{end}"] = frame["scenario"].map(then[f"pupils_projected{end}"]).astype("float64")
        frame[f"change_{years}"] = frame["scenario"].map(then["pupils_projected_change"]).astype("float64")
    place = frame["scenario"].map(SCENARIOS.index) if len(frame) else []
    notes = frame["scenario"].map(dict(about.rules.scenarios)).astype("object")
    return frame.assign(place=place, scenario_note=notes).sort_values("place", kind="stable")


def what_if_units(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Schools and zones whose number differs by ten pupils or more under a scenario, in five years."""
    rows = tables["public_scenarios"].query("unit_kind != 'district'")
    if rows.empty:
        return rows.assign(unit_name="", **{f"pupils_{name}": 0.0 for name in SCENARIOS})
    base = int(tables["public_scenarios"]["fall_year"].min()) - 1
    rows = rows[rows["fall_year"] == base + 5]
    new = rows["pupils_projected_change"].isna() & rows["pupils_projected"].notna()
    differs = rows.loc[rows["pupils_projected_change"].abs().ge(10) | new, "unit_id"]
    rows = rows[rows["unit_id"].isin(differs)]
    wide = rows.pivot(index=["unit_kind", "unit_id"], columns="scenario", values="pupils_projected")  # noqa: PD010
    frame = (
        wide.reindex(columns=list(SCENARIOS)).set_axis([f"pupils_{name}" for name in SCENARIOS], axis=1).reset_index()
    )
    # a school that only a scenario has is in no directory
    is_new = frame["pupils_as_planned"].isna() & ~frame["unit_id"].isin(names["school"])
    frame = frame.assign(unit_name=called(frame, names, about).mask(is_new, "A new school"))
    return frame.sort_values(["unit_kind", "unit_name", "unit_id"], kind="stable")


def capture(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Zones by level with the share of their pupils at their own school."""
    frame = tables["public_capture"]
    keys = frame["level"] + " " + frame["zone_id"]
    frame = frame.assign(
        unit_name=[names["zone"].get(key, key) for key in keys],
        hidden_text=frame["capture_ratio"].map(lambda ratio: HIDDEN if ratio != ratio else None).astype("object"),
    )
    return frame.sort_values(["level", "zone_id"], kind="stable")


def school_changes(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Changes of schools, the latest first, with the names of schools and grades."""
    frame = tables["public_school_changes"]
    schools = frame["school_id"].map(lambda i: names["school"].get(i, i)).astype("str")
    grades = [", ".join(grade(code) for code in codes.split()) for codes in frame["grade_codes"].fillna("")]
    frame = frame.assign(unit_name=schools, grade_names=grades)
    return frame.sort_values(["fall_year", "unit_name"], ascending=[False, True], kind="stable")


def errors(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The mean error of every method side by side, one row for each size and horizon."""
    tested = tables["public_backtest"]
    key = ["size_class", "horizon_years"]
    wide = tested.pivot(index=key, columns="method", values="mean_absolute_error_share")  # noqa: PD010
    wide = wide.reindex(columns=list(METHODS.values())).set_axis([f"error_{name}" for name in METHODS], axis=1)
    counts = tested[tested["method"].isin([NAIVE[0]])].set_index(key)[
        ["cases", "left_cases", "first_start", "last_start"]
    ]
    frame = wide.join(counts).reset_index()
    few = frame["error_no_change"].map(lambda value: "few cases" if value != value else None).astype("object")
    return _by_size(_started(frame.assign(hidden_text=few)))


def errors_in_force(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """All that is known of the errors of the method used, and of the rule that chose it."""
    tested = tables["public_backtest"]
    frame = _told(tested[tested["is_chosen"].astype("bool")])
    return _by_size(frame.assign(is_rule=frame["method"].eq(AS_CHOSEN)), "is_rule")


def errors_in_full(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The whole table of the back-test, the method used first, then the naive ones."""
    used = method_in_force(tables)
    order = {name: place for place, name in enumerate((used, AS_CHOSEN, *METHODS.values()))} | {used: -1}
    frame = _told(tables["public_backtest"])
    return _by_size(frame.assign(method_place=frame["method"].map(order).fillna(99)), "method_place")


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    marks = frame["is_chosen"].astype("bool") & frame["method"].ne(AS_CHOSEN)
    names = [sentence(name) + (" (used here)" if own else "") for name, own in zip(frame["method"], marks, strict=True)]
    few = frame["mean_absolute_error_share"].map(lambda value: "few cases" if value != value else None).astype("object")
    return _started(frame.assign(method_name=names, hidden_text=few, interval_held=frame["interval_share"]))


def _started(frame: pd.DataFrame) -> pd.DataFrame:
    """From which falls it was forecast, in words."""
    texts = [
        f"{int(first)}" if first == last else f"{int(first)} to {int(last)}"
        for first, last in zip(frame["first_start"], frame["last_start"], strict=True)
    ]
    return frame.assign(start_text=texts)


def _by_size(frame: pd.DataFrame, first: str = "") -> pd.DataFrame:
    frame = frame.assign(size_place=frame["size_class"].map(SIZES.index) if len(frame) else [])
    keys = [*([first] if first else []), "size_place", "horizon_years"]
    return frame.sort_values(keys, kind="stable")


# How the rows of a further table are made, by its key.
FRAMES: Mapping[str, Callable[[Tables, Names, About], pd.DataFrame]] = {
    "outlook_district": district,
    "outlook_grades": grades,
    "outlook_schools": schools,
    "state_projection": state_projection,
    "what_if": what_if,
    "what_if_units": what_if_units,
    "capture": capture,
    "school_changes": school_changes,
    "errors": errors,
    "errors_in_force": errors_in_force,
    "errors_in_full": errors_in_full,
}
