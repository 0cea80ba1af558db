"""California results: Smarter Balanced tests (CAASPP), graduation and the former API."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.columns import GRADES
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import Faults
from pipeline.sources.states.cde_layout import cds_codes, district_of, read_cde_rows, record_loss
from pipeline.sources.values import parse_number, places, subject_of

_TESTS = {
    "cds": ("cdscode",),
    "county": ("countycode",),
    "district": ("districtcode",),
    "school": ("schoolcode",),
    "year": ("testyear", "endyear"),
    "type": ("testtype",),
    "test": ("testid",),
    "group": ("studentgroupid", "subgroupid"),
    "grade": ("grade",),
    "tested": ("totalstudentstestedwithscores", "studentswithscores", "ntested"),
    "met": ("countstandardmetandabove", "nmetandabove"),
    "nearly": ("countstandardnearlymet", "nnearlymet"),
    "below": ("countstandardnotmet", "nnotmet"),
    "share": ("percentagestandardmetandabove", "pctmetandabove"),
    "score": ("meanscalescore",),
}
_GRADUATION = {
    "cds": ("cds", "schoolid"),
    "kind": ("rtype", "type"),
    "group": ("studentgroup", "subgroup"),
    "year": ("reportingyear", "endyear"),
    "cohort": ("currdenom", "cohortcount"),
    "graduates": ("currnumer", "graduatecount"),
}
_API = {"cds": ("cds",), "now": ("api00",), "before": ("api99",), "tested": ("apistu",)}
_API_FALLS = {"now": 1999, "before": 1998}
_API_LOW, _API_HIGH = 200.0, 1000.0
_SUBJECTS = {"1": "ela", "2": "math"}
_ALL_GRADES = "13"
_HIDDEN = {"suppressed": ("*", "")}
# Counts of levels that together are all pupils with a score.
_LEVELS = 3
# So many percentages, all of them 1 or less, are shares.
_FEW_ROWS = 4
_NOISE = 1e-6


def read_ca_caaspp(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Pupils tested and meeting the standard by school in English and math, all grades together or each.

    Grain: school x fall_year x subject (``results``), or by grade too, with the mean scale score
    (``grade_results``); the spring 2024 test belongs to fall 2023.
    Layout: the Smarter Balanced research files of any year (``^`` between fields, before 2019 also
    commas) and wide conversions. Only rows of all students (group 1) and of schools are used: those
    of all grades (grade 13) for ``results``, those of single grades for ``grade_results``. Where the file gives no count (before 2024), pupils meeting the standard are
    the published percentage times the pupils with scores, rounded to whole pupils; where it gives
    the counts of all levels, pupils with scores are their sum. ``*`` is
    suppressed: ten pupils or fewer. Option: ``district`` (7 digits).

    Raises
    ------
    SourceError
        With all faults: columns missing, cells that are no numbers, more meeting than tested, rows
        twice, percentages beyond 100, shares in place of percentages, counts that the percentages belie.

    References
    ----------
    CAASPP and ELPAC research files, layouts by year (caaspp-elpac.ets.org).
    """
    chosen = options(entry, district="")
    district = district_of(entry, chosen["district"])
    return pd.concat([_tests(entry, folder, file.name, district) for file in entry.files], ignore_index=True)


def _tests(entry: SourceEntry, folder: Folder, name: str, district: str) -> pd.DataFrame:
    rows = read_cde_rows(entry, folder, name, _TESTS, ("year", "test", "grade", "tested", "share"), delimiters="^,")
    faults, subject = Faults(), subject_of(entry, name)
    if "cds" not in rows.columns:
        lacking = [part for part in ("county", "district", "school") if part not in rows.columns]
        faults.add(
            "E-COLUMNS",
            f"codes are missing: {', '.join(lacking)}",
            lacking,
            "The research file has County Code, District Code and School Code.",
        )
        faults.raise_if_any(subject)
    rows = _own_schools(rows, cds_codes(rows, faults), district, folder, name, faults, subject)
    everyone = rows["group"].str.lstrip("0") == "1" if "group" in rows.columns else pd.Series(True, index=rows.index)
    balanced = rows["type"] == "B" if "type" in rows.columns else pd.Series(True, index=rows.index)
    by_grade = entry.feeds == "grade_results"
    whole = rows["grade"] == _ALL_GRADES
    used = everyone & balanced & whole.ne(by_grade) & rows["test"].str.lstrip("0").isin(list(_SUBJECTS))
    others = "all grades together" if by_grade else "single grades"
    record_loss(folder, name, f"rows of student groups, {others} and other tests", ~used)
    rows = rows[used].reset_index(drop=True)
    tested, _ = parse_number(
        rows["tested"], entry=entry, what="pupils with scores", absent=_HIDDEN, rows=rows["__row__"], faults=faults
    )
    share, _ = parse_number(
        rows["share"], entry=entry, what="percentage met and above", absent=_HIDDEN, rows=rows["__row__"], faults=faults
    )
    tested, percent = tested.astype("float64"), share.astype("float64")
    _refuse_shares(rows, percent, tested, faults)
    meeting = np.round(percent / 100 * tested)
    counts = {}
    for column in ("met", "nearly", "below"):
        if column in rows.columns:
            given, _ = parse_number(
                rows[column], entry=entry, what=f"count {column}", absent=_HIDDEN, rows=rows["__row__"], faults=faults
            )
            counts[column] = given.astype("float64")
    if "met" in counts:
        levels = counts["met"] + counts["nearly"] + counts["below"] if len(counts) == _LEVELS else None
        _hold_counts(rows, percent, tested, counts["met"], levels, faults)
        meeting = counts["met"].fillna(meeting)
        if levels is not None:
            # conversions print all pupils tested; those with a score are the sum of the levels
            tested = levels.fillna(tested)
    subjects = rows["test"].str.lstrip("0").map(_SUBJECTS)
    falls = _springs(rows["year"], rows["__row__"], faults)
    extra = _grades(rows, entry, faults) if by_grade else None
    return _results(rows, subjects, falls, tested, meeting, folder, faults, subject, name, extra)


def _grades(rows: pd.DataFrame, entry: SourceEntry, faults: Faults) -> pd.DataFrame:
    """Grade and mean scale score of rows of single grades."""
    grade = rows["grade"].str.zfill(2)
    faults.add(
        "E-CODE",
        "the grade is none that is tested",
        places(~grade.isin(GRADES), rows["grade"], "grade", rows["__row__"]),
        "The research files have grades 3 to 8, 11 and 13 (all): get the file again.",
    )
    score = pd.Series(float("nan"), index=rows.index)
    if "score" in rows.columns:
        score = parse_number(
            rows["score"], entry=entry, what="mean scale score", absent=_HIDDEN, rows=rows["__row__"], faults=faults
        )[0].astype("float64")
    # older files print 0 where nobody has a score
    return pd.DataFrame({"grade": grade, "mean_score": score.mask(score == 0)})


def _refuse_shares(rows: pd.DataFrame, percent: pd.Series, tested: pd.Series, faults: Faults) -> None:
    """Refuse percentages beyond 100, and a file whose percentages are shares: all of them 1 at most."""
    faults.add(
        "E-PERCENT",
        "a percentage must lie between 0 and 100",
        places((percent < 0) | (percent > 100), rows["share"], "percentage met and above", rows["__row__"]),
        "A column may have shifted: get the file again.",
    )
    some = percent > 0
    # one percent of fewer than fifty pupils is nobody, and four schools of one percent each are no district
    if some.any() and percent.max() <= 1 and (some.sum() >= _FEW_ROWS or (some & (percent * tested < 50)).any()):
        faults.add(
            "E-PERCENT",
            "every percentage of the file is 1 or less: shares stand in place of percentages",
            places(some, rows["share"], "percentage met and above", rows["__row__"]),
            "Multiply the column by 100 in a copy of the file (and take out percent signs), or get the publisher's file.",
        )


def _hold_counts(
    rows: pd.DataFrame,
    percent: pd.Series,
    tested: pd.Series,
    met: pd.Series,
    levels: pd.Series | None,
    faults: Faults,
) -> None:
    """Refuse counts of levels that exceed the pupils tested, or that are not what the percentage says.

    The percentage is of the pupils with a score, the sum of the ``levels``. Where only the count
    above the standard is given, pupils with a score may be fewer than the tested, so that it can
    be too high for the percentage and never too low.
    """
    over = met > tested if levels is None else (met > tested) | (levels > tested)
    base = tested if levels is None else levels
    if levels is not None:  # without the other levels `_results` finds it
        faults.add(
            "E-MORE-THAN-ALL",
            "more pupils stand in the levels than were tested",
            _told(rows[over], tested),
            "A column may have shifted: get the file again.",
        )
    # published figures are rounded: half a unit of the last digit that the file prints
    digits = rows["share"].str.extract(r"\.(\d+)$")[0].str.len().max()
    slack = (0.5 * 10.0 ** -(0 if pd.isna(digits) else digits) + _NOISE) / 100 * base + _NOISE
    off = met - percent / 100 * base
    wrong = off > slack if levels is None else off.abs() > slack
    faults.add(
        "E-PERCENT",
        "count and percentage of pupils meeting the standard disagree by more than rounding",
        _told(rows[wrong & ~over], base),
        "One of the columns has shifted or was changed: get the file again.",
    )


def _told(rows: pd.DataFrame, pupils: pd.Series) -> list[str]:
    """Rows with their count, percentage and the pupils they are of."""
    return [
        f"row {row} ({met} meet the standard, {share}% of {pupils[at]:.0f} pupils)"
        for at, row, met, share in rows[["__row__", "met", "share"]].itertuples(name=None)
    ]


def read_ca_graduation(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Graduates of the four- and five-year cohort by school.

    Grain: school x fall_year (``results``, subject ``graduation``): ``pupils_tested`` is the cohort
    and ``pupils_meeting`` its graduates; the class of 2024 belongs to fall 2023. Layout: the
    Dashboard's ``graddownloadYYYY`` and conversions of it. Only schools and all students are used.
    Empty cells are suppressed (fewer than eleven). Options: ``district`` (7 digits) and
    ``reported_under`` (another district's code, where an elementary and a high-school district under
    one roof are reported as one: the schools get their own district's code back, recorded).

    Raises
    ------
    SourceError
        As `read_ca_caaspp`.

    References
    ----------
    California School Dashboard, graduation rate data files, record layout.
    """
    chosen = options(entry, district="", reported_under=None)
    district = district_of(entry, chosen["district"])
    reported = district if chosen["reported_under"] is None else district_of(entry, chosen["reported_under"])
    parts = []
    for file in entry.files:
        rows = read_cde_rows(entry, folder, file.name, _GRADUATION, tuple(_GRADUATION), delimiters="\t,")
        faults, subject = Faults(), subject_of(entry, file.name)
        schools = rows["kind"].str.upper().isin(["S", "SCHOOL"]) & (rows["group"].str.upper() == "ALL")
        record_loss(folder, file.name, "rows of the state, districts and student groups", ~schools)
        rows = rows[schools].reset_index(drop=True)
        rows = _own_schools(rows, cds_codes(rows, faults), reported, folder, file.name, faults, subject)
        if reported != district:
            rows["school_id"] = district + rows["school_id"].str[7:]
            folder.ledger.repair(
                file.name,
                f"schools reported under {reported} get the code of their district {district}",
                before=len(rows),
                after=len(rows),
                unit="rows",
            )
        cohort, _ = parse_number(
            rows["cohort"], entry=entry, what="cohort", absent=_HIDDEN, rows=rows["__row__"], faults=faults
        )
        graduates, _ = parse_number(
            rows["graduates"], entry=entry, what="graduates", absent=_HIDDEN, rows=rows["__row__"], faults=faults
        )
        subjects = pd.Series("graduation", index=rows.index)
        parts.append(
            _results(
                rows,
                subjects,
                _springs(rows["year"], rows["__row__"], faults),
                cohort.astype("float64"),
                graduates.astype("float64"),
                folder,
                faults,
                subject,
                file.name,
            )
        )
    return pd.concat(parts, ignore_index=True)


def read_ca_api(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """The former Academic Performance Index of 1999 and 2000 by school, as a share of its scale.

    Grain: school x fall_year (``results``, subject ``rating``). The index runs from 200 to 1000;
    ``points_share`` is (index - 200) / 800. Spring 2000 belongs to fall 1999. Pupils tested are known
    for 2000 only. Option: ``district`` (7 digits).

    Raises
    ------
    SourceError
        As `read_ca_caaspp`, and for an index off its scale.

    References
    ----------
    California Department of Education, Academic Performance Index base and growth files (pages reclayout).
    """
    chosen = options(entry, district="")
    district = district_of(entry, chosen["district"])
    parts = []
    for file in entry.files:
        rows = read_cde_rows(entry, folder, file.name, _API, tuple(_API), delimiters="\t,")
        faults, subject = Faults(), subject_of(entry, file.name)
        rows = _own_schools(rows, cds_codes(rows, faults), district, folder, file.name, faults, subject)
        for column, fall in _API_FALLS.items():
            points, status = parse_number(
                rows[column],
                entry=entry,
                what=column,
                absent={"suppressed": ("*",), "not_applicable": ("I", "B", "C"), "not_reported": ("", "-999")},
                rows=rows["__row__"],
                faults=faults,
            )
            points = points.astype("float64")
            faults.add(
                "E-RANGE",
                "the index runs from 200 to 1000",
                places((points < _API_LOW) | (points > _API_HIGH), rows[column], column, rows["__row__"]),
                "A column may have shifted: get the file again.",
            )
            out = rows[["school_id"]].assign(
                fall_year=fall, subject="rating", pupils_tested=float("nan"), pupils_meeting=float("nan")
            )
            if column == "now":
                out["pupils_tested"] = parse_number(
                    rows["tested"], entry=entry, what="tested", absent={}, rows=rows["__row__"], faults=faults
                )[0].astype("float64")
            parts.append(out.assign(points_share=(points - _API_LOW) / (_API_HIGH - _API_LOW), value_status=status))
        faults.raise_if_any(subject)
    return pd.concat(parts, ignore_index=True)


def _own_schools(
    rows: pd.DataFrame, codes: pd.Series, district: str, folder: Folder, name: str, faults: Faults, subject: str
) -> pd.DataFrame:
    """Rows of the district's schools (not of the district itself), with ``school_id``."""
    faults.raise_if_any(subject)
    own = codes.str.startswith(district) & ~codes.str.endswith("0000000")
    faults.add(
        "E-DISTRICT",
        f"the file has no school of district {district}",
        [] if own.any() else ["row 2"],
        "Check the option `district`: 7 digits, county and district.",
    )
    faults.raise_if_any(subject)
    record_loss(folder, name, "rows of other districts and of districts themselves", ~own)
    return rows[own].assign(school_id=codes[own]).reset_index(drop=True)


def _springs(years: pd.Series, rows: pd.Series, faults: Faults) -> pd.Series:
    """Spring of the year a result is named by, as the fall its school year began."""
    number = pd.to_numeric(years.str.extract(r"^(\d{4})(?:\.0)?$")[0])
    faults.add("E-YEAR", "year must have four digits", places(number.isna(), years, "year", rows), "Correct the cell.")
    return (number.fillna(1.0) - 1).astype("int64")


def _results(
    rows: pd.DataFrame,
    subjects: pd.Series,
    falls: pd.Series,
    tested: pd.Series,
    meeting: pd.Series,
    folder: Folder,
    faults: Faults,
    subject: str,
    name: str,
    by_grade: pd.DataFrame | None = None,
) -> pd.DataFrame:
    out = rows[["school_id"]].assign(
        fall_year=falls, subject=subjects, pupils_tested=tested, pupils_meeting=meeting, points_share=float("nan")
    )
    if by_grade is not None:
        out = out.drop(columns="points_share").assign(**{c: by_grade[c] for c in by_grade.columns})
    out["value_status"] = "reported"
    out["value_status"] = out["value_status"].mask(meeting.isna(), "suppressed").mask(tested == 0, "not_applicable")
    out["pupils_meeting"] = out["pupils_meeting"].mask(tested == 0)
    faults.add(
        "E-NEGATIVE",
        "a count is negative",
        places((tested < 0) | (meeting < 0), rows["school_id"], "school", rows["__row__"]),
        "Get the file again.",
    )
    faults.add(
        "E-MORE-THAN-ALL",
        "more pupils meet the standard than were tested",
        places(meeting > tested, rows["school_id"], "school", rows["__row__"]),
        "A column may have shifted: get the file again.",
    )
    key = ["school_id", "fall_year", "subject", *(["grade"] if by_grade is not None else [])]
    faults.add(
        "E-KEY-DUP",
        f"school, year{', subject and grade' if by_grade is not None else ' and subject'} stand twice",
        places(out.duplicated(key, keep=False), rows["school_id"], "school", rows["__row__"]),
        "List each year once; use the file of all students.",
    )
    faults.raise_if_any(subject)
    hidden = int((out["value_status"] == "suppressed").sum())
    if hidden:
        folder.ledger.absence(name, "suppressed by the department: ten pupils or fewer", count=hidden)
    return out


SOURCES: tuple[Source, ...] = (
    Source(
        "ca_caaspp",
        ("results", "grade_results"),
        "CAASPP Smarter Balanced research file (sb_caYYYY_..._csv)",
        read_ca_caaspp,
    ),
    Source(
        "ca_graduation", ("results",), "California Dashboard graduation rate (graddownloadYYYY)", read_ca_graduation
    ),
    Source("ca_api", ("results",), "California Academic Performance Index 1999 and 2000", read_ca_api),
)
