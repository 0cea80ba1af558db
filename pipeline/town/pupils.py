"""Pupils by group: race, gender and the groups the state counts, drawn from where pupils live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.areas import Ints
from pipeline.town.choice import FALLS, GRADES
from pipeline.town.schools import Schools

# state code: (letter of the census-day files, share at deprivation 0, change up to deprivation 1)
RACES = {
    "5": ("H", 0.21, 0.46), "7": ("W", 0.55, -0.44), "2": ("A", 0.085, -0.005), "6": ("B", 0.02, 0.055), "9": ("T", 0.075, -0.025),
    "4": ("F", 0.022, -0.012), "1": ("I", 0.011, 0.010), "3": ("P", 0.006, 0.004), "0": ("D", 0.021, -0.008),
}  # fmt: skip
GROUPS = {
    "SG_SD": (0.16, 0.80),
    "SG_EL": (0.03, 0.36),
    "SG_DS": (0.115, 0.055),
    "SG_HM": (0.004, 0.045),
    "SG_FS": (0.002, 0.008),
    "SG_MG": (0.001, 0.012),
}
NAMES = [f"GR_{grade if grade == 'TK' else 'KN' if grade == 'KG' else grade}" for grade in GRADES]


@dataclass(frozen=True)
class Pupils:
    """Counts by race and gender (school x fall x grade x race x gender) and by group (school x fall x grade)."""

    race: Ints
    group: dict[str, Ints]


def pupils(schools: Schools, rng: np.random.Generator) -> Pupils:
    """Divide each school's pupils by race and gender, and count its student groups."""
    d = schools.hardship
    share = np.column_stack([np.clip(base + change * d, 0.002, None) for _, base, change in RACES.values()])
    flavor = rng.gamma(60, 1 / 60, share.shape)
    share = share * flavor
    share = share / share.sum(axis=1, keepdims=True)
    both = np.stack([share * 0.513, share * 0.487], axis=-1).reshape(len(d), -1)
    drawn = rng.multinomial(schools.pupils, both[:, None, None, :])
    race = drawn.reshape(*schools.pupils.shape, len(RACES), 2)
    group = {}
    for name, (base, change) in GROUPS.items():
        at = np.clip(base + change * d + rng.normal(0, 0.012, len(d)) * (base > 0.02), 0.0005, 0.97)[:, None, None]
        fade = np.linspace(1.25, 0.55, len(GRADES))[None, None, :] if name == "SG_EL" else 1.0
        group[name] = rng.binomial(schools.pupils, np.clip(at * fade, 0, 0.97))
    return Pupils(race, group)


def write_enrollment(schools: Schools, pupils_: Pupils, folder: files.Out) -> None:
    """The state's combined enrollment file, 2017-18 to 2022-23: school x race x gender x grade."""
    rows = []
    public = np.flatnonzero(schools.table["sector"] != "private")
    head = ["ACADEMIC_YEAR", "CDS_CODE", "COUNTY", "DISTRICT", "SCHOOL", "RACE_ETHNICITY", "GENDER", "GR_KN", *(f"GR_{n}" for n in range(1, 9)),
            "UNGR_ELM", *(f"GR_{n}" for n in range(9, 13)), "UNGR_SEC", "ENR_TOTAL", "ADULT"]  # fmt: skip
    for at, fall in enumerate(FALLS[:6]):
        for school in public:
            about = [
                f"{fall}-{(fall + 1) % 100:02d}",
                schools.table["school_id"].iloc[school],
                "Millbrook",
                "Millbrook Unified",
                schools.table["name"].iloc[school],
            ]
            for r, code in enumerate(RACES):
                for g, gender in enumerate(("F", "M")):
                    by_grade = pupils_.race[school, at, :, r, g]
                    if by_grade.sum():
                        kindergarten = int(
                            by_grade[0] + by_grade[1]
                        )  # transitional kindergarten had no column of its own
                        rows.append(
                            [
                                *about,
                                code,
                                gender,
                                kindergarten,
                                *by_grade[2:10],
                                0,
                                *by_grade[10:14],
                                0,
                                by_grade.sum(),
                                0,
                            ]
                        )
    frame = pd.DataFrame(rows, columns=head)
    folder.text("enr201718-v1.txt", frame, delimiter="\t", encoding="latin-1", end="\r\n")


def write_census_day(schools: Schools, pupils_: Pupils, folder: files.Out) -> None:
    """Census Day files of 2023-24 and 2024-25: state, county, district and school rows by reporting category."""
    for fall, name in ((2023, "cdenroll2324-v2.txt"), (2024, "cdenroll2425.txt")):
        folder.text(name, _census_day(schools, pupils_, fall), delimiter="\t", encoding="latin-1", end="\r\n")


def _census_day(schools: Schools, pupils_: Pupils, fall: int) -> pd.DataFrame:
    at = FALLS.index(fall)
    categories = {"TA": schools.pupils[:, at]}
    categories |= {
        f"RE_{letter}": pupils_.race[:, at, :, r].sum(axis=-1) for r, (letter, _, _) in enumerate(RACES.values())
    }
    categories |= {f"GN_{gender}": pupils_.race[:, at, :, :, g].sum(axis=-1) for g, gender in enumerate("FM")}
    categories |= {name: values[:, at] for name, values in pupils_.group.items()}
    table = schools.table
    there = np.flatnonzero((table["sector"] != "private") & (schools.pupils[:, at].sum(axis=1) > 0))
    charter = (table["sector"] == "charter").to_numpy()
    year = f"{fall}-{(fall + 1) % 100:02d}"
    office = _no_place(fall)
    rows = []
    for level, codes, title in (
        ("T", ("00", "000NA", "00000NA"), ("State", "", "")),
        ("C", ("99", "000NA", "00000NA"), ("Millbrook", "", "")),
        ("D", ("99", "99999", "00000NA"), ("Millbrook", "Millbrook Unified", "")),
    ):
        for flag, chosen in (("All", there), ("Y", there[charter[there]]), ("N", there[~charter[there]])):
            for name, values in categories.items():
                counts = values[chosen].sum(axis=0) * (437 if level == "T" else 1)
                if flag != "Y":
                    counts = counts + office.get(name, 0)
                rows.append([year, level, *codes, *title, flag, name, *_shown(counts, name)])
    about = [year, "S", "99", "99999"]
    for school in there:
        row = table.iloc[school]
        for name, values in categories.items():
            rows.append(
                [
                    *about,
                    row["school_id"][7:],
                    "Millbrook",
                    "Millbrook Unified",
                    row["name"],
                    "Y" if charter[school] else "N",
                    name,
                    *_shown(values[school], name),
                ]
            )
    for code, place, part in (
        ("0000000", "District Office", 0.35),
        ("0000001", "Nonpublic, Nonsectarian Schools", 0.65),
    ):
        for name, counts in office.items():
            rows.append(
                [*about, code, "Millbrook", "Millbrook Unified", place, "N", name, *_shown(_part(counts, part), name)]
            )
    head = ["Academic Year", "Aggregate Level", "County Code", "District Code", "School Code", "County Name", "District Name", "School Name",
            "Charter", "Reporting Category", "TOTAL_ENR", *NAMES]  # fmt: skip
    return pd.DataFrame(rows, columns=head)


def _no_place(fall: int) -> dict[str, Ints]:
    """Pupils under codes that are no school: placed by the district office or at nonpublic schools."""
    rng = np.random.default_rng(fall)
    total = rng.integers(1, 5, len(GRADES))
    disabled = rng.binomial(total, 0.9)
    return {
        "TA": total,
        "GN_F": total // 3,
        "GN_M": total - total // 3,
        "SG_DS": disabled,
        "SG_SD": rng.binomial(total, 0.5),
    }


def _part(counts: Ints, share: float) -> Ints:
    first: Ints = np.floor(counts * 0.35 + 0.5).astype(np.int64)
    return first if share < 0.5 else counts - first


def _shown(counts: Ints, category: str) -> list[object]:
    """Total and grades; the state hides student groups of ten pupils or fewer, and their grades likewise."""
    total = int(counts.sum())
    if not category.startswith("SG_"):
        return [total, *counts.tolist()]
    if total <= 10:
        return ["*"] * (1 + len(counts))
    return [total, *("*" if 0 < n <= 10 else n for n in counts.tolist())]
