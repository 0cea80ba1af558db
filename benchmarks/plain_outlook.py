"""The outlook's rules as a plain loop over schools, grades and years: slow, and what the fast one must agree with."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np

from pipeline.columns import GRADES

KG, TOP = GRADES.index("KG"), GRADES.index("12")
SUMMARY = {
    "pooled cohort survival": "pooled",
    "mean cohort survival": "mean",
    "median cohort survival": "median",
    "recent-weighted cohort survival": "recent",
    "shrunk cohort survival": "shrunk",
    "last count held to the district's cohorts": "recent",
    "half-way from shrunk survival to no change": "shrunk",
}
PRIORS = (0.0, 50.0, 200.0, 1000.0)
Cells = dict[tuple[int, int], float]


def plain_forecast(
    method: str, pupils: Any, years: Any, base: int, horizon: int, survival_years: int = 4, leave_out: Any = ()
) -> tuple[Any, Any]:
    """Schools (school x grade x year ahead) and district (grade x year ahead), by the rules of `cohorts.forecast`."""
    roll = [[[float(v) for v in fall] for fall in zip(*school, strict=True)] for school in pupils[:, :, : base + 1]]
    gap = [[_is_gap(school, t) for t in range(base + 1)] for school in roll]
    whole = [[[0.0] * len(GRADES) for _ in range(base + 1)]]
    of_whole = [[([0.0] * len(GRADES), [0.0] * len(GRADES)) for _ in range(base)]]
    for s, school in enumerate(roll):
        latest = school[0]
        for t in range(base + 1):
            latest = latest if gap[s][t] else school[t]
            for g in range(len(GRADES)):
                whole[0][t][g] += latest[g] if latest[g] == latest[g] else 0.0
                for side, at in enumerate((t, t + 1)):
                    if t < base and not gap[s][t] and not gap[s][t + 1] and school[at][g] == school[at][g]:
                        of_whole[0][t][side][g] += school[at][g]
    moves = [[(school[t], school[t + 1]) for t in range(base)] for school in roll]
    of_district = _alone(method, whole, of_whole, whole, years, base, horizon, survival_years, leave_out, None)
    survival = _survival(
        SUMMARY.get(method, ""), whole, of_whole, whole, years, base, horizon, survival_years, leave_out, None
    )
    schools = _alone(method, roll, moves, whole, years, base, horizon, survival_years, leave_out, survival)
    if method not in ("no change", "last year's change"):
        for h in range(horizon):
            for g in range(len(GRADES)):
                together = sum(schools[s, g, h] for s in range(len(roll)) if schools[s, g, h] == schools[s, g, h])
                if together > 0:
                    schools[:, g, h] *= of_district[0, g, h] / together
    return schools, of_district[0]


def _latest(school: Any, t: int, g: int) -> float:
    while _is_gap(school, t):
        t -= 1
    return float(school[t][g])


def _is_gap(school: Any, t: int) -> bool:
    known = [fall[0] == fall[0] for fall in school]
    return not known[t] and any(known[:t]) and any(known[t:])


def _alone(
    method: str,
    roll: Any,
    moves: Any,
    whole: Any,
    years: Any,
    base: int,
    horizon: int,
    window: int,
    out: Any,
    district: Any,
) -> Any:
    found = np.empty((len(roll), len(GRADES), horizon))
    survival = _survival(SUMMARY.get(method, ""), roll, moves, whole, years, base, horizon, window, out, district)
    for s, school in enumerate(roll):
        for g in range(len(GRADES)):
            now = school[base][g]
            change = 0.0
            for t in _moved(years, base, window, out):
                before, after = (_latest(school, at, g) for at in (t, t + 1))
                change = after - before if before == before and after == after else change
            for h in range(horizon):
                if now != now:
                    found[s, g, h] = np.nan
                elif method == "last year's change":
                    found[s, g, h] = max(now + (h + 1) * change, 0.0)
                elif method == "no change" or (method.startswith("last count") and district is not None):
                    found[s, g, h] = now
                elif method.startswith("half-way"):
                    found[s, g, h] = (survival[s, g, h] + now) / 2
                else:
                    found[s, g, h] = survival[s, g, h]
    return found


def _moved(years: Any, base: int, window: int, out: Any) -> list[int]:
    return [t for t in range(base) if years[t] not in out and years[t + 1] not in out][-window:]


def _own(summary: str, moves: Any, g: int, moved: list[int]) -> tuple[float | None, float]:
    """A school's own ratio from grade g up, and the pupils it rests on."""
    pairs = [(place + 1, moves[t][0][g], moves[t][1][g + 1]) for place, t in enumerate(moved)]
    pairs = [(w, b, a) for w, b, a in pairs if b == b and a == a and b >= 10]
    if not pairs:
        return None, 0.0
    number = sum(b for _, b, _ in pairs)
    if summary == "mean":
        return statistics.fmean(a / b for _, b, a in pairs), number
    if summary == "median":
        return statistics.median(a / b for _, b, a in pairs), number
    if summary == "pooled":
        return sum(a for _, _, a in pairs) / number, number
    return sum(w * a for w, _, a in pairs) / sum(w * b for w, b, _ in pairs), number


def _of_all(summary: str, moves: Any, g: int, moved: list[int]) -> float | None:
    recent = summary in ("recent", "shrunk")
    above = below = 0.0
    for place, t in enumerate(moved):
        for school in moves:
            b, a = school[t][0][g], school[t][1][g + 1]
            if b == b and a == a and a > 0:
                above, below = above + (place + 1 if recent else 1) * a, below + (place + 1 if recent else 1) * b
    return above / below if below > 0 else None


def _shrunk(own: float | None, number: float, of_all: float | None, prior: float) -> float | None:
    if own is None or of_all is None:
        return of_all if own is None else own
    return (number * own + prior * of_all) / (number + prior)


def _prior(moves: Any, years: Any, base: int, window: int, out: Any) -> float:
    off = [0.0] * len(PRIORS)
    for b in range(1, base):
        moved = _moved(years, b, window, out)
        if not moved or years[b] in out or years[b + 1] in out:
            continue
        for g in range(KG, len(GRADES) - 1):
            of_all = _of_all("recent", moves, g, moved)
            for school in moves:
                before, after = school[b][0][g], school[b][1][g + 1]
                if of_all is None or not (before >= 10 and after > 0):
                    continue
                own, number = _own("recent", school, g, moved)
                for place, prior in enumerate(PRIORS):
                    ratio = _shrunk(own, number, of_all, prior)
                    if ratio is not None and ratio <= 2:
                        off[place] += abs(ratio * before - after)
    return PRIORS[off.index(min(off))] if any(off) else 200.0


def _survival(
    summary: str,
    roll: Any,
    moves: Any,
    whole: Any,
    years: Any,
    base: int,
    horizon: int,
    window: int,
    out: Any,
    district: Any,
) -> Any:
    found = np.full((len(roll), len(GRADES), horizon), np.nan)
    if not summary:
        return found
    if district is None and summary == "shrunk":  # the district is not drawn to itself
        summary = "recent"
    moved = _moved(years, base, window, out)
    below = [step[0] for step in moves[0]] if district is None else whole[0]
    prior = _prior(moves, years, base, window, out) if summary == "shrunk" else 0.0
    of_all = [_of_all(summary, moves, g, moved) for g in range(len(GRADES) - 1)]
    for s, school in enumerate(roll):
        if school[base][0] != school[base][0]:
            continue
        counted = sorted({*(t + 1 for t in moved), base})
        entered = [school[t][KG] for t in counted if school[t][KG] == school[t][KG] and school[t][KG] > 0]
        state = list(school[base])
        for h in range(horizon):
            total = whole[0][base] if h == 0 else (state if district is None else list(district[0, :, h - 1]))
            following = list(school[base])
            if school[base][KG] > 0:
                following[KG] = statistics.fmean(entered)
            for g in range(KG + 1, TOP + 1):
                if school[base][g] <= 0:
                    continue
                own, number = _own(summary, moves[s], g - 1, moved)
                ratio = _shrunk(own, number, of_all[g - 1], prior) if summary == "shrunk" else own
                ratio = of_all[g - 1] if ratio is None else ratio
                shares = [
                    moves[s][t][1][g] / below[t][g - 1]
                    for t in moved
                    if moves[s][t][0][g - 1] == moves[s][t][0][g - 1] and moves[s][t][1][g] > 0 and below[t][g - 1] > 0
                ]
                small = school[base][g - 1] < 10
                if (small or (ratio is not None and ratio > 2)) and shares:
                    following[g] = statistics.fmean(shares) * total[g - 1]
                elif not small:
                    following[g] = (1.0 if ratio is None else ratio) * state[g - 1]
            state = following
            found[s, :, h] = state
    return found
