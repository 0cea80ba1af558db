"""California pupils on roll: the yearly enrollment files to 2022-23 and Census Day from 2023-24."""

from __future__ import annotations

import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import Faults
from pipeline.sources.states.cde_layout import cds_codes, district_of, fall_years, read_cde_rows, record_loss
from pipeline.sources.values import parse_number, places, subject_of

_OLD_GRADES = {"KG": ("grkn", "kdgn"), **{f"{g:02d}": (f"gr{g}", f"gr{g:02d}") for g in range(1, 13)}}
_OLD = {
    "year": ("academicyear",),
    "cds": ("cdscode",),
    "race": ("raceethnicity", "ethnic"),
    "gender": ("gender",),
    "ungraded_low": ("ungrelm",),
    "ungraded_high": ("ungrsec",),
    "total": ("enrtotal",),
    "adult": ("adult",),
    **_OLD_GRADES,
}
_RACES = {
    "1": "native_american", "2": "asian", "3": "pacific_islander", "4": "filipino", "5": "hispanic", "6": "black",
    "7": "white", "8": "race_not_reported", "9": "two_or_more", "0": "race_not_reported", "": "race_not_reported",
}  # fmt: skip

_DAY_GRADES = {
    "TK": ("grtk", "gradetk"),
    "KG": ("grkn", "gradekn", "gradek"),
    **{f"{g:02d}": (f"gr{g:02d}", f"grade{g:02d}", f"gr{g}") for g in range(1, 13)},
}
_DAY = {
    "year": ("academicyear",),
    "level": ("aggregatelevel", "agglevel"),
    "county": ("countycode",),
    "district": ("districtcode",),
    "school": ("schoolcode",),
    "name": ("schoolname",),
    "charter": ("charter", "charterstatus", "charterschool"),
    "category": ("reportingcategory",),
    "total": ("totalenr", "totalenrollment"),
    **_DAY_GRADES,
}
CATEGORIES = {
    "TA": "all", "SG_EL": "english_learner", "SG_SD": "low_income", "SG_DS": "disability", "SG_HM": "homeless", "SG_FS": "foster", "SG_MG": "migrant",
    "RE_A": "asian", "RE_B": "black", "RE_D": "race_not_reported", "RE_F": "filipino", "RE_H": "hispanic", "RE_I": "native_american",
    "RE_P": "pacific_islander", "RE_T": "two_or_more", "RE_W": "white",
}  # fmt: skip
# Groups of ten or fewer are not shown. A grade of a hidden group may also have nobody in it.
_HIDDEN_TOTAL = (1.0, 10.0)
_HIDDEN_GRADE = (0.0, 10.0)
# So far may the schools be from the district's own total: late corrections reach one before the other.
MOST_APART_SHARE = 0.02


def read_ca_enrollment(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Pupils by school and grade (or by race) from CDE's enrollment files up to 2022-23.

    Grain: school x fall_year x grade for all pupils (``grade_counts``), or school x fall_year x
    race (``group_counts``). The files have one row per school, race and gender: rows are summed.
    Both the yearly files (``ETHNIC``, ``KDGN``) and the reissued ones of several years
    (``RACE_ETHNICITY``, ``GR_KN``, ``ACADEMIC_YEAR``) are read. Nothing is suppressed; zero is zero.
    Transitional kindergarten is counted as kindergarten; adults are not counted. Ungraded pupils
    stay ungraded (``UG``). Option: ``district`` (7 digits). A yearly file has no year inside: the
    source's ``vintage`` says it (2016-17).

    Raises
    ------
    SourceError
        With all faults: columns missing, codes damaged, grades that do not add up to ``ENR_TOTAL``.

    References
    ----------
    California Department of Education, Enrollment by School, file structure (pages fsenr, fsenr81to92).
    """
    chosen = options(entry, district="")
    district = district_of(entry, chosen["district"])
    parts = [_old_file(entry, folder, file.name, district) for file in entry.files]
    counts = pd.concat(parts, ignore_index=True)
    grades = [*_OLD_GRADES, "UG"]
    if entry.feeds == "group_counts":
        everyone = counts.groupby(["school_id", "fall_year"], as_index=False)["total"].sum().assign(student_group="all")
        races = counts.groupby(["school_id", "fall_year", "student_group"], as_index=False)["total"].sum()
        out = pd.concat([everyone, races], ignore_index=True).rename(columns={"total": "pupils"})
    else:
        sums = counts.groupby(["school_id", "fall_year"], as_index=False)[grades].sum()
        out = sums.melt(["school_id", "fall_year"], grades, "grade", "pupils").assign(student_group="all")
    return out.assign(pupils_low=out["pupils"], pupils_high=out["pupils"], value_status="reported")


def _old_file(entry: SourceEntry, folder: Folder, name: str, district: str) -> pd.DataFrame:
    rows = read_cde_rows(
        entry, folder, name, _OLD, ("cds", "race", "gender", "total", "ungraded_low", "ungraded_high", *_OLD_GRADES)
    )
    faults, subject = Faults(), subject_of(entry, name)
    if "year" not in rows.columns:
        rows["year"] = entry.vintage
    rows = _of_district(rows, cds_codes(rows, faults), district, folder, name, faults, subject)
    rows["fall_year"] = fall_years(rows["year"], rows["__row__"], faults)
    columns = [*_OLD_GRADES, "ungraded_low", "ungraded_high", "total", *(["adult"] if "adult" in rows.columns else [])]
    for column in columns:
        rows[column] = _whole(rows, column, entry, faults)
    unknown = ~rows["race"].isin(list(_RACES))
    faults.add(
        "E-CATEGORY",
        "race code is not 0-9",
        places(unknown, rows["race"], "race", rows["__row__"]),
        "The layout of 1981-92 writes letters: map them in the reader before use.",
    )
    doubled = rows.duplicated(["school_id", "fall_year", "race", "gender"], keep=False)
    faults.add(
        "E-KEY-DUP",
        "school, race and gender stand twice",
        places(doubled, rows["school_id"], "CDS_CODE", rows["__row__"]),
        "Do not append files that overlap.",
    )
    rows["UG"] = rows["ungraded_low"] + rows["ungraded_high"]
    off = rows[[*_OLD_GRADES, "UG"]].sum(axis=1) != rows["total"]
    faults.add(
        "E-TOTAL",
        "grades do not add up to ENR_TOTAL",
        places(off, rows["school_id"], "CDS_CODE", rows["__row__"]),
        "A column may have shifted: get the file again.",
    )
    faults.raise_if_any(subject)
    if "adult" in rows.columns and rows["adult"].sum():
        folder.ledger.loss(
            name, "adults in school-age programs are not pupils", count=float(rows["adult"].sum()), unit="pupils"
        )
    return rows.assign(student_group=rows["race"].map(_RACES))


def _whole(rows: pd.DataFrame, column: str, entry: SourceEntry, faults: Faults) -> pd.Series:
    values, status = parse_number(
        rows[column], entry=entry, what=column, absent={}, rows=rows["__row__"], faults=faults
    )
    numbers = values.astype("float64")
    faults.add(
        "E-EMPTY-CELL",
        f"{column} is empty",
        places((status == "not_reported") & (rows[column] == ""), rows[column], column, rows["__row__"]),
        "These files have a number in each cell: get the file again.",
    )
    faults.add(
        "E-NEGATIVE",
        f"{column} is negative",
        places(numbers < 0, rows[column], column, rows["__row__"]),
        "Get the file again.",
    )
    return numbers


def _of_district(
    rows: pd.DataFrame, codes: pd.Series, district: str, folder: Folder, name: str, faults: Faults, subject: str
) -> pd.DataFrame:
    """Rows of one district, with ``school_id``; refused where there is none."""
    faults.raise_if_any(subject)
    own = codes.str.startswith(district)
    faults.add(
        "E-DISTRICT",
        f"the file has no row of district {district}",
        [] if own.any() else ["row 2"],
        "Check the option `district`: 7 digits, county and district.",
    )
    faults.raise_if_any(subject)
    record_loss(folder, name, "rows of other districts, counties and the state", ~own)
    return rows[own].assign(school_id=codes[own]).reset_index(drop=True)


def census_day_rows(entry: SourceEntry, folder: Folder, name: str, district: str) -> pd.DataFrame:
    """School rows of one district in a Census Day file: one per school and reporting category.

    The aggregate level is S and every reporting category stands once per school: where a school
    has an ``All`` row beside its charter row, ``All`` is taken. The district's own total, where the
    file has it, must be what its schools add up to, or the ledger says by how much it is not; by
    more than ``MOST_APART_SHARE`` the file is refused.
    """
    rows = read_cde_rows(
        entry,
        folder,
        name,
        _DAY,
        ("year", "level", "county", "district", "school", "name", "charter", "category", "total", *_DAY_GRADES),
    )
    faults, subject = Faults(), subject_of(entry, name)
    rows = _of_district(rows, cds_codes(rows, faults), district, folder, name, faults, subject)
    rows["fall_year"] = fall_years(rows["year"], rows["__row__"], faults)
    rows["charter"] = rows["charter"].str.upper().replace({"YES": "Y", "NO": "N"})
    totals = rows[(rows["level"] == "D") & (rows["charter"] == "ALL") & (rows["category"] == "TA")]
    schools = rows[rows["level"] == "S"].copy()
    key = ["school_id", "fall_year", "category"]
    whole = schools["charter"] == "ALL"
    both = schools.assign(whole=whole).groupby(key)["whole"].transform("any")
    flags = schools[~whole].groupby("school_id")["charter"].first()
    schools = schools[whole | ~both].copy()
    schools["charter"] = schools["school_id"].map(flags).fillna("")
    doubled = schools.duplicated(key, keep=False)
    faults.add(
        "E-KEY-DUP",
        "school and reporting category stand twice",
        places(doubled, schools["school_id"], "school", schools["__row__"]),
        "Do not append files of the same year.",
    )
    faults.raise_if_any(subject)
    _hold_to_district(schools[schools["category"] == "TA"], totals, district, folder, subject)
    return schools.reset_index(drop=True)


def _hold_to_district(schools: pd.DataFrame, totals: pd.DataFrame, district: str, folder: Folder, subject: str) -> None:
    """Compare the schools' pupils with the district's own row of each year: far apart is refused.

    A hidden school has any number that is hidden; cells that are no numbers at all are left to
    the reading of the counts.
    """
    faults = Faults()
    pupils = pd.to_numeric(schools["total"], errors="coerce")
    for fall, total, row in zip(
        totals["fall_year"], pd.to_numeric(totals["total"], errors="coerce"), totals["__row__"], strict=True
    ):
        own = schools["fall_year"] == fall
        added, hidden = float(pupils[own].sum()), int(pupils[own].isna().sum())
        most = added + hidden * _HIDDEN_TOTAL[1]
        apart = max(added - total, total - most, 0.0)
        if pd.isna(total):
            continue
        text = f"the schools add up to {added:,.0f}, the district's own row says {total:,.0f}"
        if apart > MOST_APART_SHARE * total:
            faults.add(
                "E-TOTAL",
                f"the schools' pupils differ from the district's own total of fall {fall} by more than {MOST_APART_SHARE:.0%}",
                [f"row {row}, district {district}: {text}"],
                "A school's row was changed, doubled or lost: get the file again.",
            )
        elif added == total:
            folder.ledger.match(
                f"pupils of district {district} in fall {fall}, schools against the district's own total",
                total=float(total),
                matched=added,
                unit="pupils",
            )
        else:
            folder.ledger.note(f"pupils of district {district} in fall {fall}", text)
    faults.raise_if_any(subject)


def _record_names(names: pd.DataFrame, folder: Folder, subject: str) -> None:
    """Count the schools whose name is another in another year: by their id they are one school."""
    plain = names["name"].str.casefold().str.replace(r"[^a-z0-9]+", " ", regex=True).str.strip()
    named = names.assign(plain=plain)[plain != ""].drop_duplicates(["school_id", "plain"])
    renamed = named[named.duplicated("school_id", keep=False)].sort_values(["school_id", "fall_year"], kind="stable")
    if len(renamed):
        first = renamed[renamed["school_id"] == renamed["school_id"].iloc[0]]
        told = ", then ".join(f"{n} ({y})" for n, y in zip(first["name"], first["fall_year"], strict=True))
        folder.ledger.note(
            f"names of schools in {subject}",
            f"{renamed['school_id'].nunique()} schools have another name in another year and are taken for one by their code; first: {told}",
            item=str(renamed["school_id"].iloc[0]),
        )


def read_ca_census_day(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Pupils by school and grade, or by school and student group, from CDE's Census Day files.

    Grain: school x fall_year x grade for all pupils (``grade_counts``), or school x fall_year x
    group in all grades (``group_counts``). Layout: ``cdenroll2425.txt`` and its conversions. Only
    rows of schools (aggregate level S) and one reporting category each are used. Pupils under the
    codes 0000000 (district office) and 0000001 (nonpublic schools) are kept: they are pupils, though
    the codes are no place. ``*`` (an empty cell in conversions) is suppressed: 1 to 10 pupils in a
    group, 0 to 10 in a grade, never more than the group's total; ``suppressed_range`` of the source
    overrides that. Option: ``district`` (7 digits).

    Raises
    ------
    SourceError
        With all faults: columns missing, numbers that are none, grades that do not add up, schools
        that are far from the district's own total.

    References
    ----------
    California Department of Education, Census Day Enrollment Data, file structure (page fsenrcensus).
    """
    chosen = options(entry, district="")
    district = district_of(entry, chosen["district"])
    parts, named = [], []
    for file in entry.files:
        rows = census_day_rows(entry, folder, file.name, district)
        parts.append(_day_file(entry, folder, file.name, rows))
        named.append(rows[["school_id", "fall_year", "name"]])
    if entry.feeds == "grade_counts":
        _record_names(pd.concat(named, ignore_index=True), folder, f"source {entry.id}")
    return pd.concat(parts, ignore_index=True)


def _day_file(entry: SourceEntry, folder: Folder, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    faults = Faults()
    used = rows["category"].isin(["TA"] if entry.feeds == "grade_counts" else list(CATEGORIES))
    if (~used).any():
        folder.ledger.loss(
            name,
            "rows of reporting categories that are not used",
            count=int((~used).sum()),
            unit="rows",
            item=" ".join(sorted(rows.loc[~used, "category"].unique())),
        )
    rows = rows[used].reset_index(drop=True)
    rows["student_group"] = rows["category"].map(CATEGORIES)
    total, total_status = _cells(rows, "total", entry, faults)
    grades = {grade: _cells(rows, grade, entry, faults) for grade in _DAY_GRADES}
    shown = pd.DataFrame({grade: values for grade, (values, _) in grades.items()})
    off = total.notna() & shown.notna().all(axis=1) & (shown.sum(axis=1) != total)
    faults.add(
        "E-TOTAL",
        "grades do not add up to the total",
        places(off, rows["school_id"], "school", rows["__row__"]),
        "A column may have shifted: get the file again.",
    )
    faults.raise_if_any(subject_of(entry, name))
    if entry.feeds == "group_counts":
        low, high = entry.suppressed_range or _HIDDEN_TOTAL
        out = _interval(rows, total, total_status, low, high)
    else:
        low, high = entry.suppressed_range or _HIDDEN_GRADE
        out = pd.concat(
            [_interval(rows, *grades[grade], low, high, total).assign(grade=grade) for grade in _DAY_GRADES],
            ignore_index=True,
        )
    hidden = int((out["value_status"] == "suppressed").sum())
    if hidden:
        folder.ledger.absence(name, "suppressed by the department: ten pupils or fewer", count=hidden)
    return out


def _cells(rows: pd.DataFrame, column: str, entry: SourceEntry, faults: Faults) -> tuple[pd.Series, pd.Series]:
    values, status = parse_number(
        rows[column], entry=entry, what=column, absent={"suppressed": ("*", "")}, rows=rows["__row__"], faults=faults
    )
    numbers = values.astype("float64")
    faults.add(
        "E-NEGATIVE",
        f"{column} is negative",
        places(numbers < 0, rows[column], column, rows["__row__"]),
        "Get the file again.",
    )
    return numbers, status


def _interval(
    rows: pd.DataFrame, values: pd.Series, status: pd.Series, low: float, high: float, total: pd.Series | None = None
) -> pd.DataFrame:
    hidden = status == "suppressed"
    most = values.where(~hidden, high)
    if total is not None:
        most = most.where(~hidden | total.isna(), pd.concat([most, total], axis=1).min(axis=1))
    out = rows[["school_id", "fall_year", "student_group"]].copy()
    return out.assign(pupils=values, pupils_low=values.where(~hidden, low), pupils_high=most, value_status=status)


SOURCES: tuple[Source, ...] = (
    Source(
        "ca_enrollment",
        ("grade_counts", "group_counts"),
        "CDE enrollment by school, race and gender, to 2022-23 (enrYY.txt, enr2017-19-v2.txt ...)",
        read_ca_enrollment,
    ),
    Source(
        "ca_census_day",
        ("grade_counts", "group_counts"),
        "CDE Census Day enrollment from 2023-24 (cdenroll2425.txt)",
        read_ca_census_day,
    ),
)
