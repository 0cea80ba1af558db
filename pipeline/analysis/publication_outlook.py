"""What may be told of the pupils expected: by unit, grade and scenario, and of what the outlook rests on.

One set of hidden units holds for all tables, years and scenarios (`hidden_outlook`), and one set of
hidden grades for both projections of the district.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import Published, as_text, blank, is_small, report_line
from pipeline.analysis.hidden_outlook import UNIT, hidden_of
from pipeline.analysis.publication_quality import in_five_points
from pipeline.columns import HIDDEN
from pipeline.numerals import number

NUMBERS = ["pupils_projected", "pupils_projected_low", "pupils_projected_high"]
AHEAD = (1, 5, 10)  # years of which schools and zones are shown side by side
RESIDENTS = 10  # a zone's capture is told from this many times the smallest cell on


def outlook(totals: pd.DataFrame, by_grade: pd.DataFrame, hidden: pd.DataFrame, smallest: float) -> Published:
    """Expected pupils by unit and year, whole, with the rules by which the grades of a unit were found.

    Parameters
    ----------
    totals, by_grade : the tables ``outlook_totals`` and ``enrollment_outlook``.
    hidden : of `hidden_outlook.hidden_units`.
    smallest : the least count that may be shown, for the reason given.
    """
    rules = by_grade.groupby([*UNIT, "fall_year"])["rule"].agg(lambda codes: " ".join(sorted(set(codes))))
    rows = totals.merge(rules.rename("rules").reset_index(), on=[*UNIT, "fall_year"], how="left", validate="1:1")
    rows, primary, extra = _marked(rows, hidden)
    quiet = primary | extra
    public = _whole(rows).assign(value_text=as_text(rows["pupils_projected"], quiet))
    public = blank(public, quiet, [*NUMBERS, "pupils_by_residence", "rules", "caution"])
    columns = [*UNIT, "fall_year", "value_text", *NUMBERS, "pupils_by_residence", "method", "interval_basis"]
    reason = f"in all years and scenarios: units with fewer than {number(smallest)} pupils expected in one of them, or whose present count is hidden, and the next smallest where a total would give them away"
    line = report_line("public_outlook", int((~quiet).sum()), int(primary.sum()), int(extra.sum()), reason)
    return public[[*columns, "rules", "caution"]], line


def changes(
    totals: pd.DataFrame, hidden: pd.DataFrame, public_enrollment: pd.DataFrame, public_zones: pd.DataFrame
) -> Published:
    """Pupils more or fewer than now in five and ten years, of schools and zones, from published numbers alone.

    Returns
    -------
    ``public_outlook_change``. ``outlook_evidence`` says whether the interval holds today's number,
    rests on fewer years than are forecast, or is one of schools that stands in for a zone's. Units without a published present number are left out.
    """
    base = int(totals["fall_year"].min()) - 1 if len(totals) else 0
    rows, primary, extra = _marked(totals, hidden)
    rows = _whole(rows[~primary & ~extra])
    rows = rows.assign(horizon_years=rows["fall_year"] - base, pupils=rows["unit_kind"] + " " + rows["unit_id"])
    rows = rows[rows["horizon_years"].isin(AHEAD[1:])]
    known = public_enrollment[public_enrollment["fall_year"] == base]
    counts = pd.to_numeric(known["value_text"].mask(known["value_text"].isin([HIDDEN, ""])))
    now = dict(zip("school " + known["school_id"], counts, strict=True))
    now |= dict(
        zip(
            "zone " + public_zones["level"] + " " + public_zones["zone_id"],
            public_zones["resident_pupils"],
            strict=True,
        )
    )
    rows = rows.assign(pupils=rows["pupils"].map(now).astype("float64"))
    rows = rows[rows["pupils"].notna()]
    low, high = rows["pupils_projected_low"], rows["pupils_projected_high"]
    evidence = np.select(
        [
            low.isna() | high.isna(),
            (low <= rows["pupils"]) & (rows["pupils"] <= high),
            rows["interval_basis"].eq("beyond_tested"),
            rows["interval_basis"].eq("borrowed_from_schools"),
        ],
        ["untested", "may_be_none", "beyond_tested", "borrowed"],
        "beyond_chance",
    )  # fmt: skip
    public = rows.assign(
        expected_change=rows["pupils_projected"] - rows["pupils"],
        expected_change_low=low - rows["pupils"],
        expected_change_high=high - rows["pupils"],
        outlook_evidence=evidence,
    ).sort_values([*UNIT, "horizon_years"])
    columns = [*UNIT, "horizon_years", "fall_year", "pupils", "pupils_projected"]
    columns += ["expected_change", "expected_change_low", "expected_change_high", "outlook_evidence"]
    reason = "computed from public_outlook, public_enrollment and public_zones"
    return public[columns].reset_index(drop=True), report_line("public_outlook_change", len(public), reason=reason)


def grades(
    by_grade: pd.DataFrame, form: pd.DataFrame, bands: Mapping[str, tuple[str, ...]], smallest: float
) -> tuple[Published, Published]:
    """The district's outlook by grade, and the state's own projection, whole; a grade hidden in one is hidden in both.

    Parameters
    ----------
    by_grade, form : the tables ``enrollment_outlook`` and ``state_projection``.
    bands : grades of each level, whose sum may be known.
    smallest : the least count that may be shown.
    """
    rows = by_grade[by_grade["unit_kind"] == "district"].reset_index(drop=True)
    views = pd.concat(
        [
            rows.pivot(index="grade", columns="fall_year", values="pupils_projected"),  # noqa: PD010
            form.pivot(index="grade", columns="fall_year", values="pupils_projected").add_prefix("form "),  # noqa: PD010
        ],
        axis=1,
    ).astype("float64")
    band_of = {grade: level for level, members in bands.items() for grade in members}
    groups = pd.Series([band_of.get(str(grade), "other") for grade in views.index], index=views.index)
    nobody = pd.Series(False, index=views.index, dtype="bool")
    primary, extra = hidden_of(views, groups, nobody, smallest)
    extra |= hidden_of(views, pd.Series("all", index=views.index), primary | extra, smallest)[1]
    few, more = rows["grade"].isin(primary[primary].index), rows["grade"].isin(extra[extra].index)
    quiet = few | more
    public = _whole(rows).assign(value_text=as_text(rows["pupils_projected"], quiet))
    public = blank(public, quiet, [*NUMBERS, "caution"])
    columns = ["fall_year", "grade", "value_text", *NUMBERS, "method", "interval_basis", "rule", "caution"]
    reason = f"grades with fewer than {number(smallest)} pupils expected in one of the years, and the next smallest of the level"
    line = report_line("public_outlook_grades", int((~quiet).sum()), int(few.sum()), int(more.sum()), reason)
    return (public[columns], line), _form(form, primary, extra, smallest)


def _form(form: pd.DataFrame, primary: pd.Series, extra: pd.Series, smallest: float) -> Published:
    few = form["grade"].isin(primary[primary].index) | is_small(form["pupils_of_homes"], smallest)
    quiet = form["grade"].isin(primary[primary | extra].index)
    public = form.assign(
        **{name: form[name].round() for name in ("pupils_projected", "pupils_of_homes", "pupils_with_homes")}
    )
    public = blank(public, quiet, ["pupils_projected"])
    public = blank(public, quiet | few, ["pupils_of_homes", "pupils_with_homes"])
    reason = f"as public_outlook_grades; pupils of homes from {number(smallest)} on"
    line = report_line(
        "public_state_projection", int((~quiet).sum()), int(few.sum()), int((quiet & ~few).sum()), reason
    )
    return public, line


def scenarios(table: pd.DataFrame, hidden: pd.DataFrame) -> Published:
    """All scenarios side by side, in tens: the district in every year, schools and zones 1, 5 and 10 years ahead.

    The plan and the change against it are each to the nearest ten, and a scenario's number is their
    sum: of a change of a few pupils, which could be those of one cell of the flows, nothing is told.
    """
    base = int(table["fall_year"].min()) - 1 if len(table) else 0
    shown = table["unit_kind"].eq("district") | (table["fall_year"] - base).isin(AHEAD)
    rows, primary, extra = _marked(table[shown], hidden)
    change = _nearest_ten(rows["pupils_projected_change"])
    plan = _nearest_ten(rows["pupils_projected"] - rows["pupils_projected_change"].fillna(0.0))
    rows = rows.assign(
        pupils_projected_low=_nearest_ten(rows["pupils_projected_low"]),
        pupils_projected_high=_nearest_ten(rows["pupils_projected_high"]),
        pupils_projected=plan + change.fillna(0.0),
        pupils_projected_change=change,
    )
    quiet = primary | extra
    public = blank(rows, quiet, [*NUMBERS, "pupils_projected_change"])
    columns = ["scenario", *UNIT, "fall_year", *NUMBERS, "pupils_projected_change"]
    reason = "as public_outlook, the same units in every scenario; in tens"
    return public[columns], report_line(
        "public_scenarios", int((~quiet).sum()), int(primary.sum()), int(extra.sum()), reason
    )


def capture(ratios: pd.DataFrame, public_zones: pd.DataFrame, smallest: float) -> Published:
    """Share of each zone's pupils at the zone's own school, in steps of five points.

    More closely told, the pupils of the school who come from elsewhere would follow. Not told of
    zones with few residents, few of them at the school or few elsewhere, nor where hidden cells
    leave more than a step open.
    """
    told = public_zones.loc[public_zones["resident_pupils"].notna(), ["level", "zone_id"]]
    known = ratios["capture_ratio"].notna()
    elsewhere = ratios["resident_pupils"] - ratios["home_pupils"]
    few = is_small(ratios["home_pupils"], smallest) | is_small(elsewhere, smallest)
    few |= ratios["resident_pupils"] < RESIDENTS * smallest
    few |= ~pd.MultiIndex.from_frame(ratios[["level", "zone_id"]]).isin(pd.MultiIndex.from_frame(told))
    few |= (ratios["capture_high_ratio"] - ratios["capture_low_ratio"]) > 0.05
    quiet = known & few
    public = ratios.assign(capture_ratio=in_five_points(ratios["capture_ratio"]).mask(few))
    reason = f"in steps of five points, of zones with at least {number(RESIDENTS * smallest)} resident pupils, none where fewer than {number(smallest)} are at the school or elsewhere"
    columns = ["level", "zone_id", "fall_year", "capture_ratio"]
    return public[columns], report_line("public_capture", int((known & ~few).sum()), int(quiet.sum()), 0, reason)


def _marked(rows: pd.DataFrame, hidden: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Rows with a fresh index, and which of them are hidden, for few pupils and beside them."""
    joined = rows.merge(hidden, on=UNIT, how="left", validate="m:1")
    return joined, joined["is_primary"].eq(True), joined["is_extra"].eq(True)


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Whole pupils; an interval never becomes narrower."""
    whole = {
        "pupils_projected": rows["pupils_projected"].round(),
        "pupils_projected_low": np.floor(rows["pupils_projected_low"]),
        "pupils_projected_high": np.ceil(rows["pupils_projected_high"]),
    }
    if "pupils_by_residence" in rows:
        whole["pupils_by_residence"] = rows["pupils_by_residence"].round()
    return rows.assign(**whole)


def _nearest_ten(counts: pd.Series) -> pd.Series:
    return (counts / 10).round() * 10 + 0.0
