"""The state's school directory, the national private-school survey and the district's flow table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj

from pipeline.town import files, names
from pipeline.town.ground import CRS
from pipeline.town.schools import Schools

HEAD = [
    "CDSCode",
    "NCESDist",
    "NCESSchool",
    "StatusType",
    "County",
    "District",
    "School",
    "Street",
    "StreetAbr",
    "City",
    "Zip",
    "State",
    "MailStreet",
    "MailStrAbr",
    "MailCity",
    "MailZip",
    "MailState",
    "Phone",
    "Ext",
    "FaxNumber",
    "WebSite",
    "OpenDate",
    "ClosedDate",
    "Charter",
    "CharterNum",
    "FundingType",
    "DOC",
    "DOCType",
    "SOC",
    "SOCType",
    "EdOpsCode",
    "EdOpsName",
    "EILCode",
    "EILName",
    "GSoffered",
    "GSserved",
    "Virtual",
    "Magnet",
    "YearRoundYN",
    "FederalDFCDistrictID",
    "Latitude",
    "Longitude",
    "AdmFName",
    "AdmLName",
    "LastUpDate",
    "Multilingual",
]
_SOC = {
    "elementary": ("60", "Elementary Schools (Public)"),
    "middle": ("62", "Intermediate/Middle Schools (Public)"),
    "high": ("66", "High Schools (Public)"),
}
# the survey's codes: 2 prekindergarten, 3 kindergarten, 6 first grade .. 17 twelfth
PSS_GRADES = {"PK": "2", "KG": "3", "TK": "4", **{f"{g:02d}": str(g + 5) for g in range(1, 13)}}


def lonlat(x: object, y: object) -> tuple[np.ndarray, np.ndarray]:
    """Metres to longitude and latitude, as the directory rounds them."""
    east, north = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(
        np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    )
    return np.round(east, 6), np.round(north, 6)


def address(number: int) -> str:
    """A street address that stays the same for the same place."""
    return f"{120 + 37 * number % 2400} {names.STREETS[number * 7 % len(names.STREETS)]} Street"


def write_directory(schools: Schools, folder: files.Out) -> None:
    """Public schools, open and closed, and the district's own row; absent values read 'No Data'."""
    public = schools.table[schools.table["sector"] != "private"]
    longitude, latitude = lonlat(public["x"], public["y"])
    rows = [_district()]
    for at, row in enumerate(public.itertuples(index=False)):
        rows.append(_row(at, row, longitude[at], latitude[at]))
    frame = pd.DataFrame([{**dict.fromkeys(HEAD, ""), **row} for row in rows])
    frame = frame.replace("", "No Data")
    folder.text("pubschls.txt", frame.sort_values("CDSCode"), delimiter="\t", encoding="latin-1", end="\r\n")


def _row(at: int, row: object, longitude: float, latitude: float) -> dict[str, object]:
    r = row._asdict()  # type: ignore[attr-defined]  # itertuples yields named tuples
    charter = r["sector"] == "charter"
    code, kind = _SOC[r["level"]]
    if r["name"] == names.CONTINUATION:
        code, kind = "68", "Continuation High Schools"
    if r["is_virtual"]:
        code, kind = "65", "K-12 Schools (Public)"
    span = "-".join("K" if g in ("TK", "KG") else str(int(g)) for g in (r["low"], r["high"]))
    street = address(at)
    eil = {
        "elementary": ("ELEM", "Elementary"),
        "middle": ("INTMIDJR", "Intermediate/Middle/Junior High"),
        "high": ("HS", "High School"),
    }[r["level"]]
    if r["is_virtual"]:
        eil = ("ELEMHIGH", "Elementary-High Combination")
    return {
        "CDSCode": r["school_id"], "NCESDist": "0699999", "NCESSchool": f"{10500 + at:05d}", "StatusType": "Closed" if r["closed"] else "Active",
        "County": "Millbrook", "District": "Millbrook Unified", "School": r["name"], "Street": street, "StreetAbr": street.replace("Street", "St."),
        "City": "Millbrook", "Zip": f"9599{at % 3}-{1100 + 13 * at}", "State": "CA", "MailStreet": street, "MailStrAbr": street.replace("Street", "St."),
        "MailCity": "Millbrook", "MailZip": f"9599{at % 3}", "MailState": "CA", "Phone": f"(530) 555-0{100 + at}", "WebSite": "www.millbrookusd.example",
        "OpenDate": f"{max(r['opened'], 1980)}-{'07-01' if r['opened'] <= 1980 else '08-20'}", "ClosedDate": f"{r['closed']}-06-30" if r["closed"] else "",
        "Charter": "Y" if charter else "N", "CharterNum": f"{1200 + at * 17:04d}" if charter else "", "FundingType": "Directly funded" if charter else "",
        "DOC": "54", "DOCType": "Unified School District", "SOC": code, "SOCType": kind, "EdOpsCode": "CON" if code == "68" else "TRAD",
        "EdOpsName": "Continuation School" if code == "68" else "Traditional", "EILCode": eil[0], "EILName": eil[1], "GSoffered": span, "GSserved": span,
        "Virtual": "F" if r["is_virtual"] else "N", "Magnet": "N", "YearRoundYN": "N", "FederalDFCDistrictID": f"06{2000 + at:05d}" if charter else "",
        "Latitude": f"{latitude:.6f}", "Longitude": f"{longitude:.6f}", "AdmFName": "", "AdmLName": "", "LastUpDate": "2026-10-15", "Multilingual": "Y" if "Dual" in r["name"] else "N",
    }  # fmt: skip


def _district() -> dict[str, object]:
    return {
        "CDSCode": "99999990000000", "NCESDist": "0699999", "StatusType": "Active", "County": "Millbrook", "District": "Millbrook Unified",
        "Street": "1200 Main Street", "StreetAbr": "1200 Main St.", "City": "Millbrook", "Zip": "95990-1200", "State": "CA", "MailStreet": "1200 Main Street",
        "MailStrAbr": "1200 Main St.", "MailCity": "Millbrook", "MailZip": "95990", "MailState": "CA", "Phone": "(530) 555-0100", "DOC": "54",
        "DOCType": "Unified School District", "Latitude": "40.125000", "Longitude": "-122.200000", "LastUpDate": "2026-10-15",
    }  # fmt: skip


def write_private(schools: Schools, folder: files.Out) -> None:
    """The Private School Survey of 2021-22: four schools."""
    table = schools.table
    private = np.flatnonzero(table["sector"] == "private")
    rows = []
    for at, school in enumerate(private):
        row = table.iloc[school]
        longitude, latitude = lonlat([row["x"]], [row["y"]])
        rows.append(
            {
                "PPIN": row["school_id"],
                "PINST": row["name"].upper(),
                "PADDRS": address(61 + at).upper(),
                "PCITY": "MILLBROOK",
                "PSTABB": "CA",
                "PZIP": f"9599{at % 3}",
                "LATITUDE22": f"{latitude[0]:.6f}",
                "LONGITUDE22": f"{longitude[0]:.6f}",
                "LOGR2022": PSS_GRADES[row["low"]],
                "HIGR2022": PSS_GRADES[row["high"]],
                "NUMSTUDS": int(schools.pupils[school, 4].sum()) + (18 if row["low"] == "PK" else 0),
            }
        )
    folder.text("pss2122_pu.csv", pd.DataFrame(rows))


def write_flows(schools: Schools, folder: files.Out) -> None:
    """Where pupils live and which school they attend, as the district's student system exports it."""
    flows = schools.flows.rename(
        columns={"level": "LEVEL", "zone": "ZONE_OF_RESIDENCE", "school": "SCHOOL_ATTENDED_CDS", "pupils": "STUDENTS"}
    )
    flows["LEVEL"] = flows["LEVEL"].map({"elementary": "ES", "middle": "MS", "high": "HS"})
    folder.text("attendance_flows_2024_25.csv", flows)
