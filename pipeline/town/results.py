"""Results of the state's tests (CAASPP research files), by grade, of three spring testings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.areas import Floats
from pipeline.town.choice import FALLS, GRADES
from pipeline.town.schools import Schools

YEARS = (2022, 2023, 2024)
TESTED = ("03", "04", "05", "06", "07", "08", "11")
# Scale scores at which the standard is met, English and mathematics (Smarter Balanced).
STANDARDS = (
    dict(zip(TESTED, (2432, 2473, 2502, 2531, 2552, 2567, 2583), strict=True)),
    dict(zip(TESTED, (2436, 2485, 2528, 2552, 2567, 2586, 2628), strict=True)),
)
_AREAS = [f"Area {n} Percentage {where} Standard" for n in (1, 2, 3, 4) for where in ("Above", "Near", "Below")]


def meeting_share(schools: Schools, subject: int, year: int) -> Floats:
    """True share of pupils meeting the standard, by school: hardship, the school itself, and recovery."""
    start = 0.71 if subject == 1 else 0.60
    recovery = 0.013 * (year - 2022) * (1 + 6 * schools.table["effect"].to_numpy())
    met = start - 0.62 * schools.hardship + schools.table["effect"].to_numpy() + recovery
    return np.asarray(np.clip(met, 0.04, 0.95))


def write_results(schools: Schools, folder: files.Out, rng: np.random.Generator) -> None:
    """One file for each year, '^' between fields, all groups of ten or fewer starred."""
    for year in YEARS:
        rows = _rows(schools, year, rng)
        frame = pd.DataFrame(rows)
        frame = frame[_layout(year)]
        folder.text(f"sb_ca{year}_all_csv_v1.txt", frame, delimiter="^", end="\r\n")


def _rows(schools: Schools, year: int, rng: np.random.Generator) -> list[dict[str, object]]:
    table = schools.table
    at = FALLS.index(year - 1)
    rows: list[dict[str, object]] = []
    district: dict[tuple[int, str], np.ndarray] = {}
    for subject in (1, 2):
        share = meeting_share(schools, subject, year)
        for school in np.flatnonzero((table["sector"] != "private") & (schools.pupils[:, at].sum(axis=1) > 0)).tolist():
            whole = np.zeros(6, dtype=np.int64)
            for grade in TESTED:
                enrolled = int(schools.pupils[school, at, GRADES.index(grade)])
                if not enrolled:
                    continue
                tested = int(rng.binomial(enrolled, 0.962 if year > 2022 else 0.945))
                slope = -0.012 * (int(grade) - 5) * (subject == 2)
                met = float(np.clip(share[school] + slope, 0.03, 0.96))
                levels = rng.multinomial(
                    tested, [met * (0.25 + 0.4 * met), met * (0.75 - 0.4 * met), (1 - met) * 0.42, (1 - met) * 0.58]
                )
                counts = np.array([enrolled, tested, *levels])
                whole += counts
                rows.append(_row(table, school, year, subject, grade, "1", counts))
                for key in ((subject, grade), (subject, "13")):
                    district[key] = district.get(key, np.zeros(6, dtype=np.int64)) + counts
            if whole.sum():
                rows.append(_row(table, school, year, subject, "13", "1", whole))
                for group, part in (("31", 0.16 + 0.8 * schools.hardship[school]), ("128", 0.13)):
                    rows.append(_row(table, school, year, subject, "13", group, _some(whole, part, rng)))
    rows.extend(
        _row(table, None, year, subject, grade, "1", counts) for (subject, grade), counts in sorted(district.items())
    )
    return rows


def _some(counts: np.ndarray, part: float, rng: np.random.Generator) -> np.ndarray:
    levels = rng.binomial(counts[2:], np.clip(np.array([0.75, 0.9, 1.0, 1.1]) * part, 0, 1))
    tested = int(levels.sum())
    return np.array([tested + rng.integers(0, 3), tested, *levels])


def _row(
    table: pd.DataFrame, school: int | None, year: int, subject: int, grade: str, group: str, counts: np.ndarray
) -> dict[str, object]:
    enrolled, tested, *levels = (int(n) for n in counts)
    small = tested <= 10
    number = len(_AREAS)
    exceeded, met, nearly, below = levels
    values = {"Exceeded": exceeded, "Met": met, "Met and Above": exceeded + met, "Nearly Met": nearly, "Not Met": below}
    # a school in which half of the pupils meet the standard has its mean there; a standard deviation is some 95 points
    mean = STANDARDS[subject - 1].get(grade, 0) + 240 * ((exceeded + met) / max(tested, 1) - 0.5)
    row: dict[str, object] = {
        "County Code": "99", "District Code": "99999", "School Code": "0000000" if school is None else table["school_id"].iloc[school][7:],
        "Filler": "", "Test Year": str(year), "Test Type": "B", "Test ID": str(subject), "Student Group ID": group, "Grade": grade,
        "District Name": "Millbrook Unified", "School Name": "" if school is None else table["name"].iloc[school],
        "Type ID": "06" if school is None else "09" if table["sector"].iloc[school] == "charter" else "07",
        "Mean Scale Score": "*" if small else "" if grade == "13" else f"{mean:.1f}",
    }  # fmt: skip
    for title, count in (("Enrolled", enrolled), ("Tested", tested), ("Scores", tested)):
        row[title] = "*" if small and title != "Enrolled" else str(count)
    for title, count in values.items():
        row[f"Percentage Standard {title}"] = "*" if small else f"{100 * count / tested:.2f}"
        row[f"Count Standard {title}"] = "*" if small else str(count)
    for n, title in enumerate(_AREAS):
        row[title] = "*" if small else f"{(22.0, 51.0, 27.0)[n % 3] + (number - n) * 0.11:.2f}"
    if year < 2024:
        row["Students Enrolled"] = row["Enrolled"]
        row["Students Tested"] = row["Total Tested at Reporting Level"] = row["Tested"]
        row["Students with Scores"] = row["Total Tested with Scores at Reporting Level"] = row["Scores"]
    else:
        row["Total Students Enrolled"] = row["Enrolled"]
        row["Total Students Tested"] = row["Tested"]
        row["Total Students Tested with Scores"] = row["Scores"]
    return row


def _layout(year: int) -> list[str]:
    standards = ("Exceeded", "Met", "Met and Above", "Nearly Met", "Not Met")
    places = ["County Code", "District Code", "School Code", "Filler", "Test Year"]
    if year < 2024:
        return [*places, "Student Group ID", "Test Type", "Total Tested at Reporting Level", "Total Tested with Scores at Reporting Level", "Grade", "Test ID",
                "Students Enrolled", "Students Tested", "Mean Scale Score", *(f"Percentage Standard {s}" for s in standards), "Students with Scores",
                *_AREAS, "Type ID"]  # fmt: skip
    both = [title for s in standards for title in (f"Percentage Standard {s}", f"Count Standard {s}")]
    return [*places, "District Name", "School Name", "Type ID", "Test Type", "Test ID", "Student Group ID", "Grade",
            "Total Students Enrolled", "Total Students Tested", "Total Students Tested with Scores", "Mean Scale Score", *both, *_AREAS]  # fmt: skip
