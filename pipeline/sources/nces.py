"""National Center for Education Statistics: private schools (PSS) and public school membership (CCD)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import parse_number, places, subject_of, text_id

if TYPE_CHECKING:
    import geopandas as gpd

# PSS: 1 ungraded, 2 prekindergarten, 3 kindergarten, 4 transitional kindergarten, 5 transitional
# first grade, 6-17 grades 1 to 12.
_PSS_GRADES = {
    "1": "UG",
    "2": "PK",
    "3": "KG",
    "4": "KG",
    "5": "01",
    **{str(code): f"{code - 5:02d}" for code in range(6, 18)},
}
_PSS = {
    "id": "PPIN",
    "name": "PINST",
    "pupils": "NUMSTUDS",
    "low": r"LOGR(\d{4})?",
    "high": r"HIGR(\d{4})?",
    "latitude": r"LATITUDE(\d\d)?",
    "longitude": r"LONGITUDE(\d\d)?",
}
_CCD_GRADES = {
    "Pre-Kindergarten": "PK", "Kindergarten": "KG", "Ungraded": "UG", **{f"Grade {g}": f"{g:02d}" for g in range(1, 13)},
}  # fmt: skip
_BY_GRADE = "Subtotal 4 - By Grade"
_FLAGS = {
    "Reported": "reported",
    "Derived": "reported",
    "Suppressed": "suppressed",
    "Missing": "not_reported",
    "Not reported": "not_reported",
    "Not applicable": "not_applicable",
}
_CCD_ABSENT = {"not_reported": ("", "-1", "-9", "M"), "not_applicable": ("-2", "N")}
_CCD_LEVELS = {
    "Regular school": False,
    "Special education school": True,
    "Career and technical school": True,
    "Alternative/other": True,
    "Alternative school": True,
}
_CCD_STATUS = {
    "1": "open",
    "2": "closed",
    "3": "open",
    "4": "open",
    "5": "open",
    "6": "closed",
    "7": "planned",
    "8": "open",
}


def read_nces_private(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Private schools near the study, and their pupils.

    Feeds ``directory`` (grain: school) or ``group_counts`` (school x fall_year, all pupils from
    kindergarten on: PSS counts no prekindergarten pupils in ``NUMSTUDS``). Layout: ``pssYYYY_pu.csv`` of
    any survey year; the year in the names of columns may differ. Schools more than 25 km from the
    study's box are left out and counted. Option: ``fall_year`` (by default from ``vintage``, 2021-22).
    Private schools take pupils from everywhere: they are citywide.

    Raises
    ------
    SourceError
        With all faults: columns missing, schools twice, unknown grades, coordinates that are none.

    References
    ----------
    NCES, Private School Universe Survey (PSS), public-use data file documentation.
    """
    chosen = options(entry, fall_year=None)
    parts = []
    for position, file in enumerate(entry.files):
        rows = _named(
            read_rows(folder.file(entry, position), entry_id=entry.id, ledger=folder.ledger), entry, file.name, _PSS
        )
        faults, subject = Faults(), subject_of(entry, file.name)
        ids = text_id(rows["id"], what="PPIN", rows=rows["__row__"], faults=faults)
        faults.add(
            "E-KEY-DUP",
            "PPIN stands twice or is empty",
            places(ids.duplicated(keep=False) | (ids == ""), ids, "PPIN", rows["__row__"]),
            "Do not append surveys.",
        )
        x, y = _degrees(rows, entry, faults)
        faults.raise_if_any(subject)
        near = _near(x, y, folder.box)
        if (~near).any():
            folder.ledger.loss(
                file.name,
                "private schools more than 25 km from the study's box",
                count=int((~near).sum()),
                unit="schools",
            )
        parts.append(rows.assign(school_id=ids, x=x, y=y)[near])
    rows = pd.concat(parts, ignore_index=True)
    faults, subject = Faults(), subject_of(entry)
    if entry.feeds == "group_counts":
        pupils, status = parse_number(
            rows["pupils"],
            entry=entry,
            what="NUMSTUDS",
            absent={"not_reported": ("", "-9", "-1")},
            rows=rows["__row__"],
            faults=faults,
        )
        faults.raise_if_any(subject)
        fall = chosen["fall_year"] if chosen["fall_year"] is not None else _fall_of(entry)
        out = rows[["school_id"]].assign(
            fall_year=int(fall), student_group="all", pupils=pupils.astype("float64"), value_status=status
        )
        return out.assign(pupils_low=out["pupils"], pupils_high=out["pupils"])
    for end in ("low", "high"):
        bad = ~rows[end].isin([*_PSS_GRADES, ""])
        faults.add(
            "E-GRADE",
            f"{end}est grade is no code of 1-17",
            places(bad, rows[end], end, rows["__row__"]),
            "See LOGR and HIGR in the survey's documentation.",
        )
    faults.raise_if_any(subject)
    out = pd.DataFrame(
        {"school_id": rows["school_id"], "name": rows["name"], "sector": "private", "school_status": "open"}
    )
    out["grade_low"] = rows["low"].map(_PSS_GRADES).astype("str")
    out["grade_high"] = rows["high"].map(_PSS_GRADES).astype("str")
    return _points(out.assign(is_virtual=False, is_place=True, is_citywide=True), rows["x"], rows["y"], folder)


def read_nces_membership(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Public-school pupils by grade from the Common Core of Data (CCD), long form since 2016-17.

    Grain: school x fall_year x grade, all pupils (``grade_counts``). Layout: file 052 with one row per
    school, grade, race and sex; only the rows of one subtotal (by grade) are used. Option: ``leaid``
    (district, 7 digits, or a list). ``DMS_FLAG`` tells suppressed from missing; a suppressed count may be
    anything the source's ``suppressed_range`` says, or nothing is said of it.
    Adult education, grade 13 and grades not specified are left out and counted.

    Raises
    ------
    SourceError
        With all faults: columns missing, unknown grades or flags, schools and grades twice.

    References
    ----------
    NCES, Common Core of Data, Public Elementary/Secondary School Universe Survey, membership (052).
    """
    chosen = options(entry, leaid=[])
    districts = [chosen["leaid"]] if isinstance(chosen["leaid"], str) else [str(code) for code in chosen["leaid"]]
    parts = []
    for position, file in enumerate(entry.files):
        names = {
            "id": "NCESSCH",
            "leaid": "LEAID",
            "year": "SCHOOL_YEAR",
            "grade": "GRADE",
            "pupils": "STUDENT_COUNT",
            "total": "TOTAL_INDICATOR",
            "flag": "DMS_FLAG",
        }
        rows = _named(
            read_rows(
                folder.file(entry, position),
                entry_id=entry.id,
                delimiter="\t" if file.name.lower().endswith(".txt") else ",",
            ),
            entry,
            file.name,
            names,
        )
        faults, subject = Faults(), subject_of(entry, file.name)
        own = rows["leaid"].isin(districts) if districts else pd.Series(True, index=rows.index)
        faults.add(
            "E-DISTRICT",
            "the file has no school of the district",
            [] if own.any() else [", ".join(districts)],
            "Give `leaid` as the 7 quoted digits.",
        )
        used = own & (rows["total"] == _BY_GRADE)
        left = used & ~rows["grade"].isin(list(_CCD_GRADES))
        folder.ledger.loss(
            file.name, "rows of other districts and of other subtotals", count=int((~used).sum()), unit="rows"
        )
        if left.any():
            folder.ledger.loss(
                file.name,
                "grades that are not used",
                count=int(left.sum()),
                unit="rows",
                item=", ".join(sorted(rows.loc[left, "grade"].unique())),
            )
        rows = rows[used & ~left].reset_index(drop=True)
        ids = text_id(rows["id"], length=12, what="NCESSCH", rows=rows["__row__"], faults=faults)
        faults.add(
            "E-CATEGORY",
            "DMS_FLAG is unknown",
            places(~rows["flag"].isin(list(_FLAGS)), rows["flag"], "DMS_FLAG", rows["__row__"]),
            "A new flag: tell what it means.",
        )
        years = rows["year"].str.extract(r"^(\d{4})-(\d{4})$")
        faults.add(
            "E-YEAR",
            "SCHOOL_YEAR must look like 2018-2019",
            places(years[0].isna(), rows["year"], "SCHOOL_YEAR", rows["__row__"]),
            "Correct the cell.",
        )
        pupils, status = parse_number(
            rows["pupils"], entry=entry, what="STUDENT_COUNT", absent=_CCD_ABSENT, rows=rows["__row__"], faults=faults
        )
        faults.raise_if_any(subject)
        status = (
            status.where(pupils.notna(), rows["flag"].map(_FLAGS))
            .replace({"reported": "not_reported"})
            .where(pupils.isna(), "reported")
        )
        values = pupils.astype("float64")
        low, high = entry.suppressed_range or (float("nan"), float("nan"))
        out = pd.DataFrame(
            {
                "school_id": ids,
                "fall_year": years[0].astype("int64"),
                "grade": rows["grade"].map(_CCD_GRADES),
                "student_group": "all",
                "pupils": values,
                "value_status": status,
            }
        )
        hidden = status == "suppressed"
        parts.append(out.assign(pupils_low=values.mask(hidden, low), pupils_high=values.mask(hidden, high)))
        absent = int(values.isna().sum())
        if absent:
            folder.ledger.absence(file.name, "suppressed, missing or not applicable (DMS_FLAG)", count=absent)
    return pd.concat(parts, ignore_index=True)


def read_nces_directory(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Public schools of a district from the Common Core of Data.

    Grain: school (``directory``). Files: CCD 029 (directory) and, where listed, an EDGE geocode file
    with ``NCESSCH``, ``LAT`` and ``LON``; without it schools have no coordinates. Option: ``leaid``
    (district, 7 digits, or a list). Schools that are not regular and charters are citywide.

    Raises
    ------
    SourceError
        With all faults: columns missing, unknown grades or status, schools twice.

    References
    ----------
    NCES, Common Core of Data, school universe directory (029); NCES EDGE, public school geocodes.
    """
    chosen = options(entry, leaid=[])
    districts = [chosen["leaid"]] if isinstance(chosen["leaid"], str) else [str(code) for code in chosen["leaid"]]
    if not districts:
        raise ConfigError(f"source {entry.id}: give the option leaid, the 7 quoted digits of the district.")
    names = {
        "id": "NCESSCH",
        "leaid": "LEAID",
        "name": "SCH_NAME",
        "status": "SY_STATUS",
        "kind": "SCH_TYPE_TEXT",
        "charter": "CHARTER_TEXT",
        "virtual": r"VIRTUAL(_TEXT)?",
        "low": "GSLO",
        "high": "GSHI",
    }
    rows = _named(
        read_rows(
            folder.file(entry, 0),
            entry_id=entry.id,
            delimiter="\t" if entry.files[0].name.lower().endswith(".txt") else ",",
        ),
        entry,
        entry.files[0].name,
        names,
    )
    faults, subject = Faults(), subject_of(entry)
    own = rows["leaid"].isin(districts)
    faults.add(
        "E-DISTRICT",
        "the file has no school of the district",
        [] if own.any() else [", ".join(districts)],
        "Give `leaid` as the 7 quoted digits.",
    )
    if (~own).any():
        folder.ledger.loss(entry.files[0].name, "schools of other districts", count=int((~own).sum()), unit="schools")
    rows = rows[own].reset_index(drop=True)
    ids = text_id(rows["id"], length=12, what="NCESSCH", rows=rows["__row__"], faults=faults)
    grades = {
        "KG": "KG",
        "PK": "PK",
        "UG": "UG",
        "N": None,
        "M": None,
        "AE": "12",
        "13": "12",
        **{f"{g:02d}": f"{g:02d}" for g in range(1, 13)},
    }
    for end in ("low", "high"):
        faults.add(
            "E-GRADE",
            f"grade is unknown in {names[end]}",
            places(~rows[end].isin(list(grades)), rows[end], names[end], rows["__row__"]),
            "See GSLO and GSHI in the documentation.",
        )
    faults.add(
        "E-CATEGORY",
        "SY_STATUS is unknown",
        places(~rows["status"].isin(list(_CCD_STATUS)), rows["status"], "SY_STATUS", rows["__row__"]),
        "See SY_STATUS in the documentation.",
    )
    faults.add(
        "E-KEY-DUP",
        "NCESSCH stands twice",
        places(ids.duplicated(keep=False), ids, "NCESSCH", rows["__row__"]),
        "Use one year's file.",
    )
    faults.raise_if_any(subject)
    out = pd.DataFrame(
        {"school_id": ids, "name": rows["name"], "nces_id": ids, "school_status": rows["status"].map(_CCD_STATUS)}
    )
    out["sector"] = rows["charter"].str.lower().eq("yes").map({True: "charter", False: "district"})
    out["grade_low"] = rows["low"].map(grades).astype("str")
    out["grade_high"] = rows["high"].map(grades).astype("str")
    out["is_virtual"] = rows["virtual"].str.lower().isin(["fullvirtual", "exclusively virtual", "full virtual"])
    out["is_place"] = True
    out["is_citywide"] = (out["sector"] == "charter") | rows["kind"].map(_CCD_LEVELS).fillna(True).astype("bool")
    return _with_geocodes(out, entry, folder)


def _with_geocodes(schools: pd.DataFrame, entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    nothing = pd.Series(float("nan"), index=schools.index)
    if len(entry.files) == 1:
        folder.ledger.missing_input(
            f"coordinates of {entry.id}",
            "no EDGE geocode file is listed, so schools have no place; to be had from nces.ed.gov/programs/edge",
        )
        return _points(schools, nothing, nothing, folder)
    name = entry.files[1].name
    codes = _named(
        read_rows(folder.file(entry, 1), entry_id=entry.id, delimiter="|" if name.lower().endswith(".txt") else ","),
        entry,
        name,
        {"id": "NCESSCH", "latitude": "LAT", "longitude": "LON"},
    )
    faults = Faults()
    x, y = _degrees(codes, entry, faults)
    faults.add(
        "E-KEY-DUP",
        "NCESSCH stands twice",
        places(codes["id"].duplicated(keep=False), codes["id"], "NCESSCH", codes["__row__"]),
        "Use one year's file.",
    )
    faults.raise_if_any(subject_of(entry, name))
    found = schools[["school_id"]].merge(
        pd.DataFrame({"school_id": codes["id"], "x": x, "y": y}), on="school_id", how="left", validate="1:1"
    )
    folder.ledger.match(
        f"schools of {entry.id} with a geocode", total=len(found), matched=int(found["x"].notna().sum()), unit="schools"
    )
    return _points(schools, found["x"].set_axis(schools.index), found["y"].set_axis(schools.index), folder)


def _named(rows: pd.DataFrame, entry: SourceEntry, file: str, names: Mapping[str, str]) -> pd.DataFrame:
    """The wanted columns under our names; ``names`` are patterns of theirs, without regard to case."""
    found: dict[str, str] = {}
    faults = Faults()
    for ours, pattern in names.items():
        fitting = [column for column in rows.columns if re.fullmatch(pattern, column, re.IGNORECASE)]
        if len(fitting) == 1:
            found[fitting[0]] = ours
        else:
            plain = re.sub(r"\(.*", "", pattern)
            faults.add(
                "E-COLUMNS",
                f"the file must have one column {plain}",
                [", ".join(fitting) or f"it has {', '.join(map(str, rows.columns[:6]))} ..."],
                "Is this the public-use file the reader is for?",
            )
    faults.raise_if_any(subject_of(entry, file))
    return rows.rename(columns=found)[[*found.values(), "__row__"]]


def _degrees(rows: pd.DataFrame, entry: SourceEntry, faults: Faults) -> tuple[pd.Series, pd.Series]:
    out = []
    for axis, limit in (("longitude", 180.0), ("latitude", 90.0)):
        values, _ = parse_number(
            rows[axis],
            entry=entry,
            what=axis,
            absent={"not_reported": ("", "M", "N", "-9")},
            rows=rows["__row__"],
            faults=faults,
        )
        numbers = values.astype("float64").replace(0.0, float("nan"))
        faults.add(
            "E-COORD",
            f"{axis} must lie between -{limit:g} and {limit:g}",
            places(numbers.abs() > limit, rows[axis], axis, rows["__row__"]),
            "Latitude and longitude may be swapped.",
        )
        out.append(numbers)
    return out[0], out[1]


def _near(x: pd.Series, y: pd.Series, box: tuple[float, float, float, float]) -> pd.Series:
    margin = 0.25
    return x.between(box[0] - margin, box[2] + margin) & y.between(box[1] - margin, box[3] + margin)


def _points(schools: pd.DataFrame, x: pd.Series, y: pd.Series, folder: Folder) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    points = (
        gpd.GeoSeries(shapely.points(x.to_numpy(), y.to_numpy()), crs="EPSG:4326")
        .mask((x.isna() | y.isna()).to_numpy())
        .to_crs(folder.crs)
    )
    return gpd.GeoDataFrame(schools.reset_index(drop=True), geometry=points.to_numpy(), crs=folder.crs)


def _fall_of(entry: SourceEntry) -> int:
    match = re.fullmatch(r"(\d{4})-(\d{2}|\d{4})", entry.vintage)
    if not match:
        raise ConfigError(
            f"source {entry.id}: vintage must be a school year such as 2021-22, or give the option fall_year."
        )
    return int(match[1])


SOURCES: tuple[Source, ...] = (
    Source(
        "nces_private",
        ("directory", "group_counts"),
        "NCES Private School Universe Survey (pssYYYY_pu.csv)",
        read_nces_private,
    ),
    Source(
        "nces_membership", ("grade_counts",), "NCES CCD membership 052, long form since 2016-17", read_nces_membership
    ),
    Source("nces_directory", ("directory",), "NCES CCD directory 029, with EDGE geocodes", read_nces_directory),
)
