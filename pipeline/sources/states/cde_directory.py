"""California's directory of public schools (CDE "Public Schools and Districts" text file)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.columns import GRADES
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import Faults
from pipeline.sources.states.cde_layout import NO_PLACE, cds_codes, district_of, read_cde_rows, record_loss
from pipeline.sources.states.cde_pupils import census_day_rows
from pipeline.sources.values import parse_number, places, subject_of

if TYPE_CHECKING:
    import geopandas as gpd

_COLUMNS = {
    "cds": ("cdscode",),
    "nces_district": ("ncesdist",),
    "nces_school": ("ncesschool",),
    "federal_district": ("federaldfcdistrictid",),
    "status": ("statustype", "stattyp"),
    "name": ("school",),
    "opened": ("opendate",),
    "closed": ("closeddate",),
    "charter": ("charter",),
    "kind": ("soc",),
    "offered": ("gsoffered",),
    "served": ("gsserved",),
    "virtual": ("virtual",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
}
_REQUIRED = ("cds", "status", "name", "charter", "latitude", "longitude")
_STATUS = {"Active": "open", "Closed": "closed", "Merged": "closed", "Pending": "planned"}
_NOTHING = ("", "No Data")
# Special education, county community, opportunity, juvenile court, state special, alternative,
# continuation, community day: schools that take pupils from the whole district.
_CITYWIDE = ("09", "10", "11", "13", "14", "15", "31", "63", "68", "69", "70")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_ORDER = {grade: at for at, grade in enumerate(GRADES)}


def read_ca_directory(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Public schools of a district, with sector, grades, status and place.

    Grain: school (``directory``). All layouts since 2011 are read by header: semicolons or tabs,
    with or without ``Virtual``, ``FundingType`` and the contact columns, ``No Data`` for empty. Rows
    of districts (codes ending in 0000000) are no schools. Grades come from ``GSserved``, and where
    that is empty from ``GSoffered``. Only *exclusively* virtual schools (F) count as virtual.
    Charters and schools of special kinds (continuation, special education ...) are citywide: they
    have no zone. Schools without coordinates keep an empty place.

    Options: ``district`` (7 digits) and ``enrollment_file`` (a Census Day file listed among the
    source's files). With it, codes that have pupils but no row in the directory are added, without
    coordinates, the codes 0000000 and 0000001 as no place. The roll is newer than the directory: a
    school with pupils is open and a charter if the roll says so; a school that the directory calls
    active, that serves K-12 and has nobody on the roll is taken as closed since. Each is recorded.

    Raises
    ------
    SourceError
        With all faults: damaged codes, unknown status, grades turned into dates, swapped coordinates.

    References
    ----------
    California Department of Education, Public Schools and Districts Data Files, file structure and
    its changes (pages fspubschls, pubschchanges).
    """
    chosen = options(entry, district="", enrollment_file=None)
    district, roll_file = district_of(entry, chosen["district"]), chosen["enrollment_file"]
    parts = [_schools(entry, folder, file.name, district) for file in entry.files if file.name != roll_file]
    schools = pd.concat(parts, ignore_index=True)
    if roll_file is not None:
        schools = _with_roll(schools, entry, folder, str(roll_file), district)
    return _located(schools, entry, folder)


def _schools(entry: SourceEntry, folder: Folder, name: str, district: str) -> pd.DataFrame:
    rows = read_cde_rows(entry, folder, name, _COLUMNS, _REQUIRED)
    faults, subject = Faults(), subject_of(entry, name)
    codes = cds_codes(rows, faults)
    own = codes.str.startswith(district)
    faults.add(
        "E-DISTRICT",
        f"the file has no school of district {district}",
        [] if own.any() else ["row 2"],
        "Check the option `district`: the first 7 digits of CDSCode.",
    )
    faults.raise_if_any(subject)
    record_loss(folder, name, "rows of other districts", ~own)
    offices = own & codes.str.endswith("0000000")
    record_loss(folder, name, "rows of the district itself are no schools", offices)
    rows = rows[own & ~offices].assign(school_id=codes[own & ~offices]).reset_index(drop=True)
    for column in _COLUMNS:
        if column not in rows.columns:
            rows[column] = ""
        rows[column] = rows[column].mask(rows[column].isin(_NOTHING), "")
    faults.add(
        "E-KEY-DUP",
        "CDSCode stands twice",
        places(rows["school_id"].duplicated(keep=False), rows["school_id"], "CDSCode", rows["__row__"]),
        "Delete one row in a copy of the file.",
    )
    faults.add(
        "E-CATEGORY",
        "StatusType must be Active, Closed, Merged or Pending",
        places(~rows["status"].isin(list(_STATUS)), rows["status"], "StatusType", rows["__row__"]),
        "A new value: tell what it means.",
    )
    faults.add(
        "E-NULL",
        "a school has no name",
        places(rows["name"] == "", rows["school_id"], "CDSCode", rows["__row__"]),
        "Correct the row in a copy of the file.",
    )
    span = rows["served"].where(rows["served"] != "", rows["offered"])
    grades = span.map({text: grade_span(text) for text in span.unique()})
    dates = span.str.fullmatch(rf"\d{{1,2}}-({_MONTHS})|({_MONTHS})-\d{{2}}|\d{{4}}-\d{{2}}-\d{{2}}.*")
    faults.add(
        "E-GRADE-DATE",
        "a span of grades was turned into a date (6-8 into 8-Jun)",
        places(dates, span, "GSserved", rows["__row__"]),
        "Fetch the text file, not one that a spreadsheet has saved.",
    )
    faults.add(
        "E-GRADE",
        "grades must look like K-5, P-12 or 9",
        places(grades.isna() & ~dates, span, "GSserved", rows["__row__"]),
        "Correct the cell.",
    )
    faults.raise_if_any(subject)
    leading = rows["federal_district"].where(rows["federal_district"] != "", rows["nces_district"])
    nces = leading.str.zfill(7) + rows["nces_school"].str.zfill(5)
    out = pd.DataFrame({"school_id": rows["school_id"], "name": rows["name"]})
    out["sector"] = rows["charter"].map({"Y": "charter"}).fillna("district").astype("str")
    out["school_status"] = rows["status"].map(_STATUS).astype("str")
    out["grade_low"] = pd.Series([low for low, _ in grades], dtype="str")
    out["grade_high"] = pd.Series([high for _, high in grades], dtype="str")
    out["is_virtual"] = rows["virtual"] == "F"
    out["is_place"] = ~out["school_id"].str[7:].isin(NO_PLACE)
    out["is_citywide"] = (rows["charter"] == "Y") | rows["kind"].isin(_CITYWIDE) | ~out["is_place"]
    out["nces_id"] = nces.where((leading != "") & (rows["nces_school"] != "") & nces.str.fullmatch(r"\d{12}"))
    out["opened_fall"] = _falls(rows["opened"], first_month=6, later=0)
    out["closed_fall"] = _falls(rows["closed"], first_month=10, later=1)
    return out.assign(latitude=rows["latitude"], longitude=rows["longitude"], __row__=rows["__row__"])


def grade_span(text: str) -> tuple[str | None, str | None] | None:
    """Lowest and highest grade of a span as CDE writes it; (None, None) for adults or nothing.

    >>> grade_span("K-5"), grade_span("P-Adult"), grade_span("9"), grade_span("8-Jun")
    (('KG', '05'), ('PK', '12'), ('09', '09'), None)
    """
    if text in ("", "Adult", "Post Secondary"):
        return None, None
    ends = [part.strip() for part in text.split("-")]
    ends[-1] = "12" if ends[-1] in ("Adult", "Post Secondary") else ends[-1]
    grades = [
        {"P": "PK", "K": "KG", "TK": "TK"}.get(end, f"{int(end):02d}" if re.fullmatch(r"\d{1,2}", end) else "")
        for end in ends
    ]
    if len(grades) > 2 or any(grade not in _ORDER for grade in grades) or _ORDER[grades[0]] > _ORDER[grades[-1]]:
        return None
    return grades[0], grades[-1]


def _falls(dates: pd.Series, *, first_month: int, later: int) -> pd.Series:
    """First fall of a date: of the same year from ``first_month`` on plus ``later``, else one less."""
    iso = dates.str.extract(r"^(\d{4})-(\d{2})-\d{2}$")
    american = dates.str.extract(r"^(\d{1,2})/\d{1,2}/(\d{4})$")
    year = pd.to_numeric(iso[0].fillna(american[1])).astype("Int64")
    month = pd.to_numeric(iso[1].fillna(american[0])).astype("Int64")
    return year + later - (month < first_month).astype("Int64")


def _with_roll(schools: pd.DataFrame, entry: SourceEntry, folder: Folder, name: str, district: str) -> pd.DataFrame:
    """The directory completed and dated by the codes that have pupils on a Census Day."""
    roll = census_day_rows(entry, folder, name, district)
    latest = roll["fall_year"].max()
    roll = roll[(roll["category"] == "TA") & (roll["fall_year"] == latest)].sort_values("school_id")
    known = roll["school_id"].isin(schools["school_id"])
    folder.ledger.match(
        f"codes with pupils in {name} and in the directory",
        total=len(roll),
        matched=int(known.sum()),
        unit="schools",
        reason="the rest opened later or are no schools; added without coordinates",
    )
    new = roll[~known]
    grade_columns = [grade for grade in GRADES if grade in roll.columns]
    taught = new[grade_columns].apply(pd.to_numeric, errors="coerce") > 0
    added = pd.DataFrame({"school_id": new["school_id"], "name": new["name"]})
    added["sector"] = new["charter"].map({"Y": "charter"}).fillna("district").astype("str")
    added["school_status"] = "open"
    added["grade_low"] = taught.idxmax(axis=1).where(taught.any(axis=1))
    added["grade_high"] = taught[grade_columns[::-1]].idxmax(axis=1).where(taught.any(axis=1))
    added["is_virtual"] = False
    added["is_place"] = ~new["school_id"].str[7:].isin(NO_PLACE)
    added["is_citywide"] = (added["sector"] == "charter") | ~added["is_place"]
    added["latitude"] = added["longitude"] = ""
    for code, label, is_place in added[["school_id", "name", "is_place"]].itertuples(index=False):
        folder.ledger.note(
            f"{label} has pupils and no row in the directory",
            "added without coordinates" if is_place else "pupils under a code that is no place",
            item=str(code),
        )
    has_pupils = schools["school_id"].isin(roll["school_id"])
    flag = schools["school_id"].map(roll.set_index("school_id")["charter"])
    serves = schools["grade_high"].map(_ORDER) >= _ORDER["TK"]
    changes = (
        (
            "school_status",
            "open",
            has_pupils & (schools["school_status"] != "open"),
            "not active in the directory but on the roll: taken as open",
        ),
        (
            "school_status",
            "closed",
            ~has_pupils & serves & (schools["school_status"] == "open"),
            "active in the directory but nobody on the roll: taken as closed since",
        ),
        (
            "sector",
            "charter",
            (flag == "Y") & (schools["sector"] != "charter"),
            "no charter in the directory but on the roll: taken as a charter",
        ),
        (
            "sector",
            "district",
            (flag == "N") & (schools["sector"] == "charter"),
            "a charter in the directory but not on the roll: taken as a district school",
        ),
    )
    for column, value, changed, reason in changes:
        for code, label in schools.loc[changed, ["school_id", "name"]].itertuples(index=False):
            folder.ledger.note(f"{label}, fall {latest}", reason, item=str(code))
        schools = schools.assign(**{column: schools[column].mask(changed, value)})
    schools["is_citywide"] |= schools["sector"] == "charter"
    return pd.concat([schools, added], ignore_index=True)


def _located(schools: pd.DataFrame, entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Schools as points in the study's CRS; a school without coordinates has no shape."""
    import geopandas as gpd
    import shapely

    faults = Faults()
    number = {}
    rows = schools["__row__"].astype("Int64").astype("str").where(schools["__row__"].notna(), "added")
    for axis, limit in (("latitude", 90), ("longitude", 180)):
        values, _ = parse_number(schools[axis], entry=entry, what=axis, absent={}, rows=rows, faults=faults)
        number[axis] = values.astype("float64").replace(0.0, float("nan"))
        faults.add(
            "E-COORD",
            f"{axis} must lie between -{limit} and {limit}",
            places(number[axis].abs() > limit, schools[axis], axis, rows),
            "Latitude and longitude may be swapped; get the file again.",
        )
    west, south, east, north = folder.box
    inside = number["latitude"].between(south, north) & number["longitude"].between(west, east)
    swapped = ~inside & number["longitude"].between(south, north) & number["latitude"].between(west, east)
    faults.add(
        "E-AXES-SWAPPED",
        "latitude and longitude are swapped",
        places(swapped, schools["school_id"], "CDSCode", rows),
        "Swap the two columns in a copy of the file: swapped, the school lies in the study's box.",
    )
    faults.raise_if_any(subject_of(entry))
    points = gpd.GeoSeries(
        shapely.points(number["longitude"].to_numpy(), number["latitude"].to_numpy()), crs="EPSG:4326"
    )
    unknown = number["latitude"].isna() | number["longitude"].isna()
    points = points.mask(unknown).to_crs(folder.crs)
    lacking = unknown & schools["is_place"]
    if lacking.any():
        folder.ledger.absence(
            entry.files[0].name, "the school has no coordinates", count=int(lacking.sum()), unit="schools"
        )
    return gpd.GeoDataFrame(
        schools.drop(columns=["latitude", "longitude", "__row__"]), geometry=points.to_numpy(), crs=folder.crs
    )


SOURCES: tuple[Source, ...] = (
    Source(
        "ca_directory",
        ("directory",),
        "CDE public schools and districts (pubschls.txt), all layouts since 2011",
        read_ca_directory,
    ),
)
