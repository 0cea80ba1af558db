"""The service gap counted in other ways beside the study's own, so that each choice can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import pupils_by_level
from pipeline.analysis.schools import Bands
from pipeline.ledger import Ledger
from pipeline.numerals import number

KEY = ["level", "zone_id"]
RESIDENTS = ["resident_pupils", "resident_pupils_low", "resident_pupils_high"]
YEARS_AHEAD = 5
# What each variant counts as a zone's seats, in the ledger's words.
WORDS = {
    "study": "the study's own count",
    "contained": "every school's seats in the zone it lies in, those of citywide schools too",
    "citywide_out": "no seats of citywide schools",
    "by_access": "seats by floating catchments, shared by all children who reach them",
    "in_five_years": "the same seats against the pupils to expect",
}
_COLUMNS = ["level", "zone_id", "variant", "fall_year", *RESIDENTS, "quality_seats", "service_gap_seats", "unmet_seats", "service_gap_rank", "method"]  # fmt: skip


def gap_variants(
    gap: pd.DataFrame,
    placed: pd.DataFrame,
    membership: pd.DataFrame,
    reached: pd.DataFrame,
    ahead: pd.DataFrame,
    *,
    rated: Sequence[str],
    now: int,
) -> pd.DataFrame:
    """The gap of each zone by five counts; in none is a surplus netted against a gap.

    ``study`` is the table ``service_gap``: seats of citywide schools where their pupils live.
    ``contained`` counts every school where it lies, citywide ones too; ``citywide_out`` leaves
    their seats out (their pupils stay: they live in the zone and need a seat). ``by_access``
    counts the seats that the zone's children reach, each shared by all who reach it.
    ``in_five_years`` sets the study's seats against the pupils to expect.

    Parameters
    ----------
    gap
        The table ``service_gap``.
    placed
        `zone_seats.placed_seats` of the quality schools.
    membership
        The table ``membership``.
    reached
        ``level zone_id reached_seats`` (`access_places.reached_by_zone`); a level that is not
        there has no such variant.
    ahead
        `pupils_ahead`; likewise.
    rated, now
        Levels with rated schools, and the study's fall.

    Returns
    -------
    pandas.DataFrame
        The table ``service_gap_variants``. A gap is empty where the pupils or the seats of a
        level are not known.

    References
    ----------
    IFF (2012), Quality Schools, counts seats where schools lie and leaves schools without
    neighborhood pupils out of the analysis; Luo & Wang (2003) for access.

    >>> gap = pd.DataFrame({"level": "high", "zone_id": ["east", "west"], "resident_pupils": [100.0, 60.0],
    ...     "resident_pupils_low": [100.0, 60.0], "resident_pupils_high": [100.0, 60.0], "quality_seats": [100.0, 30.0], "method": "residents counted; seats: given"})
    >>> placed = pd.DataFrame({"school_id": ["a", "w", "w"], "level": "high", "zone_id": ["east", "east", "west"],
    ...     "quality_seats": [90.0, 10.0, 30.0], "citywide_seats": [0.0, 10.0, 30.0]})
    >>> lies = pd.DataFrame({"school_id": ["a", "w"], "level": "high", "zone_id": ["east", "east"]})
    >>> table = gap_variants(gap, placed, lies, pd.DataFrame(columns=["level", "zone_id", "reached_seats"]),
    ...     pd.DataFrame(columns=["level", "zone_id", "fall_year", *RESIDENTS, "method"]), rated=["high"], now=2024)
    >>> table.pivot(index="variant", columns="zone_id", values="unmet_seats").T.to_dict("list")
    {'citywide_out': [10.0, 60.0], 'contained': [0.0, 60.0], 'study': [0.0, 30.0]}
    """
    base = gap[[*KEY, *RESIDENTS, "quality_seats", "method"]].assign(fall_year=now)
    own = placed.groupby(["school_id", "level"], as_index=False, sort=True)["quality_seats"].sum()
    lying = own.merge(membership[["school_id", *KEY]], on=["school_id", "level"], how="left", validate="1:1")
    is_zoned = placed["citywide_seats"].eq(0)
    variants = {
        "study": base,
        "contained": _with_seats(base, _sums(lying, "quality_seats"), rated),
        "citywide_out": _with_seats(base, _sums(placed[is_zoned], "quality_seats"), rated),
        "by_access": _with_seats(
            base[base["level"].isin(reached["level"])], _sums(reached, "reached_seats"), rated
        ).assign(method=lambda rows: rows["method"] + " by access"),
        "in_five_years": base.drop(columns=[*RESIDENTS, "fall_year", "method"]).merge(
            ahead, on=KEY, how="inner", validate="1:1"
        ),
    }
    table = pd.concat([rows.assign(variant=name) for name, rows in variants.items()], ignore_index=True)
    table = table.astype(dict.fromkeys([*RESIDENTS, "quality_seats"], "float64"))  # a variant without rows has no types
    short = table["resident_pupils"] - table["quality_seats"]
    table = table.assign(service_gap_seats=short, unmet_seats=short.clip(lower=0))
    table["service_gap_rank"] = table.groupby(["level", "variant"])["service_gap_seats"].rank(
        method="min", ascending=False
    )
    return table[_COLUMNS]


def _sums(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows.groupby(KEY, sort=True)[column].sum()


def _with_seats(base: pd.DataFrame, seats: pd.Series, rated: Sequence[str]) -> pd.DataFrame:
    """The same pupils with other seats: none where a zone is not listed, not known where nothing is rated."""
    found = seats.reindex(pd.MultiIndex.from_frame(base[KEY])).fillna(0.0).to_numpy(dtype="float64")
    return base.assign(quality_seats=np.where(base["level"].isin(rated), found, np.nan))


def pupils_ahead(
    gap: pd.DataFrame,
    totals: pd.DataFrame,
    grades: pd.DataFrame,
    enrollment: pd.DataFrame,
    facts: pd.DataFrame,
    bands: Bands,
    now: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """Pupils to expect in each zone five years on, or in the last fall of a shorter outlook.

    Parameters
    ----------
    gap
        The table ``service_gap``: the zones, and the pupils who live there now.
    totals, grades
        The tables ``outlook_totals`` and ``enrollment_outlook``.
    enrollment, facts
        The tables of these names, for the public schools' pupils now.
    bands, now
        level: grades, and the study's fall.

    Returns
    -------
    pandas.DataFrame
        ``level zone_id fall_year``, the pupils with their 80% interval, and ``method``. A zone
        with an outlook of its own has that. Elsewhere, zone by zone, today's pupils change as
        the district's pupils in the grades of the level do: no interval is known then.
        Without an outlook there is no row.
    """
    falls = grades.loc[grades["fall_year"] <= now + YEARS_AHEAD, "fall_year"]
    columns = [*KEY, "fall_year", *RESIDENTS, "method"]
    if falls.empty and len(gap):
        ledger.missing_input(
            "outlook of pupils",
            "No outlook: the service gap in five years is not known. To be had from enrollment by grade of several falls.",
        )
    if gap.empty or falls.empty:
        return pd.DataFrame(columns=columns)
    horizon = int(falls.max())
    zones = totals[totals["unit_kind"].eq("zone") & totals["fall_year"].eq(horizon)]
    numbers = zones.set_index("unit_id")[["pupils_projected", "pupils_projected_low", "pupils_projected_high"]]
    of_zone = numbers.reindex(gap["level"] + " " + gap["zone_id"]).set_axis(RESIDENTS, axis=1).reset_index(drop=True)
    ratio = gap["level"].map(_growth_by_level(grades, enrollment, facts, bands, horizon, now)).astype("float64")
    has_own = of_zone["resident_pupils"].notna()
    as_district = gap["resident_pupils"].reset_index(drop=True) * ratio.reset_index(drop=True)
    found = gap[KEY].reset_index(drop=True).join(of_zone)
    found["resident_pupils"] = found["resident_pupils"].fillna(as_district)
    found["fall_year"] = horizon
    found["method"] = np.where(has_own, "outlook of the zone", "today's pupils, changing as the district's in these grades")  # fmt: skip
    ledger.note(
        "service gap in five years",
        f"fall {horizon}: {int(has_own.sum())} of {len(found)} zones have an outlook of their own; in the others today's pupils change as the district's in the same grades, without an interval",
    )
    return found[columns]


def _growth_by_level(
    grades: pd.DataFrame, enrollment: pd.DataFrame, facts: pd.DataFrame, bands: Bands, horizon: int, now: int
) -> Mapping[str, float]:
    """The district's pupils to expect in the grades of each level over its pupils there now."""
    private = facts.loc[facts["sector"].eq("private"), "school_id"]
    today = pupils_by_level(enrollment[~enrollment["school_id"].isin(private)], bands, now)
    base = today.groupby("level")["pupils"].sum(min_count=1)
    ahead = grades[grades["unit_kind"].eq("district") & grades["fall_year"].eq(horizon)]
    then = {level: ahead.loc[ahead["grade"].isin(named), "pupils_projected"].sum() for level, named in bands.items()}
    return {level: pupils / base[level] for level, pupils in then.items() if base.get(level, 0) > 0}


def record_variants(table: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, the unmet seats of every variant, each summed over its deficits alone."""
    known = table[table["service_gap_seats"].notna()]
    for level, rows in known.groupby("level", sort=True):
        unmet = rows.groupby("variant")["unmet_seats"].sum()
        ledger.note(
            f"service gap counted otherwise, {level}",
            "; ".join(f"{text}: {number(unmet[name])} unmet" for name, text in WORDS.items() if name in unmet.index),
        )
