"""The published outlook of the hexagon town: ten years, a hidden school, five methods tried on past years."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.tables import BY_TABLE

USED = "shrunk cohort survival"
TRIED = ("no change", "last year's change", "pooled cohort survival", USED, "as chosen then")
ERRORS = (0.030, 0.036, 0.028, 0.024, 0.026)  # one year ahead, in the order of TRIED
FALL = 2024


def outlook_tables(zones: Any, schools: list[str]) -> dict[str, Any]:
    """All published tables of the outlook; the first zone and the first school grow beyond their interval."""
    places = [
        ("zone", f"{zone['level']} {zone['zone_id']}", zone["resident_pupils"]) for zone in zones.to_dict("records")
    ]
    units = [("district", "9999999", 14000.0), *places, *(("school", i, 400.0) for i in schools[:4])]
    rows = [_row(kind, unit, now, year, schools[1]) for kind, unit, now in units for year in range(1, 11)]
    outlook = pd.DataFrame(rows)
    tables = {
        "public_outlook": outlook,
        "public_outlook_change": _changes(outlook, units),
        "public_outlook_grades": _grades(),
        "public_state_projection": _form(),
        "public_scenarios": _scenarios(outlook, schools[2]),
        "public_capture": zones[["level", "zone_id"]].assign(
            fall_year=FALL, capture_ratio=[np.nan, *([0.8] * (len(zones) - 1))]
        ),
        "public_school_changes": pd.DataFrame(
            {
                "school_id": schools[:2],
                "fall_year": [2019, 2022],
                "change_kind": ["opened", "grades_gained"],
                "grade_codes": ["", "06 07"],
                "is_declared": [True, False],
                "reason": ["board resolution", "seen in the counts alone"],
            }
        ),
        "public_backtest": _backtest(),
    }
    return {name: frame.reindex(columns=BY_TABLE[name].names) for name, frame in tables.items()}


def _row(kind: str, unit: str, now: float, year: int, hidden: str) -> dict[str, Any]:
    quiet = unit == hidden
    step, wide = (40.0, 400.0) if kind == "district" else (12.0, 8.0 + year if unit.endswith(" e0") else 150.0)
    pupils = now + step * year
    return {
        "unit_kind": kind,
        "unit_id": unit,
        "fall_year": FALL + year,
        "value_text": "*" if quiet else f"{pupils:.0f}",
        "pupils_projected": np.nan if quiet else pupils,
        "pupils_projected_low": np.nan if quiet else pupils - wide,
        "pupils_projected_high": np.nan if quiet else pupils + wide,
        "pupils_by_residence": pupils - 30.0 if kind == "school" and not quiet else np.nan,
        "method": USED,
        "interval_basis": "own_size" if year <= 5 else "beyond_tested",
        "rules": None if quiet else "births own_ratio",
        "caution": "new_school untested" if kind == "school" and not quiet else None,
    }


def _changes(outlook: pd.DataFrame, units: list[tuple[str, str, float]]) -> pd.DataFrame:
    now = {(kind, unit): pupils for kind, unit, pupils in units}
    rows = outlook[outlook["fall_year"].isin([FALL + 5, FALL + 10]) & outlook["pupils_projected"].notna()]
    rows = rows[rows["unit_kind"].ne("district")]
    pupils = pd.Series([now[key] for key in zip(rows["unit_kind"], rows["unit_id"], strict=True)], index=rows.index)
    ends = {name: rows[f"pupils_projected{name}"] - pupils for name in ("", "_low", "_high")}
    beyond = rows["interval_basis"].eq("beyond_tested")
    evidence = np.where(ends["_low"] > 0, np.where(beyond, "beyond_tested", "beyond_chance"), "may_be_none")
    return rows.assign(
        horizon_years=rows["fall_year"] - FALL,
        pupils=pupils,
        **{f"expected_change{name}": values for name, values in ends.items()},
        outlook_evidence=evidence,
    ).dropna(subset=["pupils"])


def _grades() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"fall_year": FALL + year, "grade": grade, "value_text": f"{900 + year}", "pupils_projected": 900.0 + year}
            | {
                "pupils_projected_low": 850.0,
                "pupils_projected_high": 950.0,
                "method": USED,
                "interval_basis": "own_size",
            }
            | {"rule": "births" if grade == "KG" else "own_ratio", "caution": None}
            for year in range(1, 11)
            for grade in ("01", "KG", "TK")
        ]
    )


def _form() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"fall_year": FALL + year, "grade": grade, "pupils_projected": pupils + 10 * year}
            | {"pupils_of_homes": 20.0 if year == 5 else np.nan}
            | {"pupils_with_homes": pupils + 70.0 if year == 5 else np.nan}
            for year in range(1, 6)
            for grade, pupils in (("01", 880.0), ("KG", 1700.0))
        ]
    )


def _scenarios(outlook: pd.DataFrame, moved: str) -> pd.DataFrame:
    shown = outlook[outlook["unit_kind"].eq("district") | outlook["fall_year"].isin([FALL + 1, FALL + 5, FALL + 10])]
    parts = []
    for slot, change in (("as_planned", 0.0), ("no_new_homes", -60.0), ("lower_capture", 0.0)):
        here = shown["unit_kind"].eq("district") & (slot == "no_new_homes") | shown["unit_id"].eq(moved) & (change < 0)
        more = np.where(here, change, 0.0)
        parts.append(
            shown.assign(
                scenario=slot,
                pupils_projected=shown["pupils_projected"] + more,
                pupils_projected_change=np.where(shown["pupils_projected"].notna(), more, np.nan),
            )
        )
    return pd.concat(parts, ignore_index=True)


def _backtest() -> pd.DataFrame:
    sizes = {"under_200": 40.0, "200_to_499": 30.0, "500_and_over": 4.0, "200_and_over": 34.0, "district": 3.0}
    hidden = ("200_to_499", "500_and_over")
    rows = []
    for method, error in zip(TRIED, ERRORS, strict=True):
        for horizon in (1, 3, 5):
            for size, cases in sizes.items():
                shown = np.nan if size in hidden else 1.0
                rows.append(
                    {"method": method, "horizon_years": horizon, "size_class": size, "cases": cases, "left_cases": 1.0}
                    | {"first_start": 2015, "last_start": 2023 - horizon}
                    | {"mean_absolute_error_share": shown * error * horizon}
                    | {"mean_error_change": shown * -0.004 * horizon, "weighted_error_share": shown * error * horizon}
                    | {"median_error_share": shown * 0.02, "against_no_change_ratio": shown * error / ERRORS[0]}
                    | {"against_last_change_ratio": shown * error / ERRORS[1], "interval_share": shown * 0.79}
                    | {"interval_cases": cases, "is_chosen": method in (USED, "as chosen then")}
                    | {"is_judged": horizon < 5 and size in ("under_200", *hidden)}
                )
    return pd.DataFrame(rows)
