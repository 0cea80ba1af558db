"""Why no plan obeys the rules: the rule that binds, and the smallest change that would make it possible."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.analysis.location import Flags, NoPlan, Question, fewest_sites, most_covered
from pipeline.numerals import number, trimmed

# Less than this many seats short is rounding.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Explanation:
    """``rule`` that binds, ``least`` value of it at which a plan exists (none: no value helps), and a sentence for a reader."""

    rule: str
    least: float | None
    sentence: str


def explain(question: Question, *, limit_m: float, count: int, required: Flags | None = None) -> list[Explanation]:
    """Why not everyone can be served by so many further sites within the limit, and what would do.

    Rules that contradict each other are told alone. Otherwise each line names one change that is enough by itself.

    Parameters
    ----------
    question : Question
        All pairs known, those beyond the limit too.
    limit_m : float
        Longest trip, metres.
    count : int
        Sites that may be chosen beside the fixed ones.
    required : bool array, optional
        Sites that must be among those chosen.

    Returns
    -------
    list of Explanation
        Empty where a plan exists.

    References
    ----------
    Chinneck (2008), Feasibility and Infeasibility in Optimization (smallest repairs); Minieka (1970), SIAM
    Review 12 (shortest limit by a series of coverings).

    Examples
    --------
    Two neighborhoods, one site near each: one site is too few within 1 km, and reaches both within 3.

    >>> row = Question(np.array([30.0, 40.0]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([500.0, 3000.0, 3100.0, 900.0]), np.zeros(2, bool), np.ones(2, bool))
    >>> [line.sentence for line in explain(row, limit_m=1000.0, count=1)]
    ['1 site is too few: within 1 km the smallest number of sites is 2.', 'With 1 site the shortest travel limit at which all are covered is 3 km.']
    """
    free = question.candidate & ~question.fixed
    must = np.zeros(len(free), dtype=bool) if required is None else required & ~question.fixed
    if (must & ~free).any():
        lost = int((must & ~free).sum())
        return [Explanation("candidates", float(lost), f"{_sites(lost, 'required')} and not among the candidates.")]
    if must.sum() > count:
        least = int(must.sum())
        return [
            Explanation(
                "sites",
                float(least),
                f"{_sites(least, 'required')} and {count} may be chosen: the smallest number is {least}.",
            )
        ]
    if free.sum() < count:
        there = int(free.sum())
        return [
            Explanation(
                "candidates",
                float(count),
                f"{count} sites are asked for and there are {there} candidates: {count - there} more are needed.",
            )
        ]
    question = replace(question, fixed=question.fixed | must)
    usable = (question.fixed | question.candidate)[question.site]
    alone = (question.weight > 0) & ~np.isin(np.arange(len(question.weight)), question.client[usable])
    if alone.any():
        lost = int(alone.sum())
        sentence = f"No travel limit helps: {lost} {'place has' if lost == 1 else 'places have'} no site in the list of trips at all."
        others = replace(question, weight=np.where(alone, 0.0, question.weight), fixed=question.fixed & ~must)
        rest = explain(others, limit_m=limit_m, count=count, required=required)
        return [
            Explanation("limit", None, sentence),
            *(
                replace(
                    line,
                    sentence=f"Without {'it' if lost == 1 else 'them'}: {line.sentence[:1].lower()}{line.sentence[1:]}",
                )
                for line in rest
            ),
        ]
    left = count - int(must.sum())
    within = at_most(question, limit_m)
    if (needed := _fewest(within)) is not None and needed <= left:
        return []
    found = []
    km = f"{trimmed(limit_m / 1000)} km"
    if needed is not None:
        least = needed + int(must.sum())
        found.append(
            Explanation(
                "sites",
                float(least),
                f"{_sites(count, 'too few')}: within {km} the smallest number of sites is {least}.",
            )
        )
    elif question.room is not None and _fewest(replace(within, room=None)) is not None:
        short = seats_short(within)
        found.append(
            Explanation(
                "room",
                short,
                f"All candidates together are {number(_up(short))} seats short of what is needed within {km}.",
            )
        )
    if (shortest := shortest_limit(question, left)) is not None:
        found.append(
            Explanation(
                "limit",
                shortest,
                f"With {_sites(count, '')} the shortest travel limit at which all are covered is {trimmed(_up(shortest / 100) / 10)} km.",
            )
        )
    if not found:
        found.append(
            Explanation(
                "limit",
                None,
                f"No travel limit helps: there is not room for all at {_sites(count)}.",
            )
        )
    return found


def at_most(question: Question, limit_m: float) -> Question:
    """The question with pairs no farther apart than the limit."""
    near = question.distance <= limit_m
    return replace(question, client=question.client[near], site=question.site[near], distance=question.distance[near])


def shortest_limit(question: Question, count: int) -> float | None:
    """The shortest travel limit at which so many sites beside the fixed ones serve everyone, or none.

    Examples
    --------
    >>> row = Question(np.ones(2), np.array([0, 1]), np.array([0, 0]), np.array([500.0, 900.0]), np.zeros(1, bool), np.ones(1, bool))
    >>> shortest_limit(row, 1)
    900.0
    """
    limits = np.unique(question.distance)
    low, high = 0, len(limits)
    while low < high:
        middle = (low + high) // 2
        needed = _fewest(at_most(question, float(limits[middle])))
        if needed is not None and needed <= count:
            high = middle
        else:
            low = middle + 1
    return float(limits[low]) if low < len(limits) else None


def seats_short(within: Question) -> float:
    """People left without a seat when every candidate is opened."""
    everywhere = most_covered(within, int((within.candidate & ~within.fixed).sum()))
    return max(float(within.weight.sum()) - everywhere.covered, 0.0)


def _fewest(within: Question) -> int | None:
    try:
        return int(fewest_sites(within).objective)
    except NoPlan:
        return None


def _up(number: float) -> int:
    return int(np.ceil(number - ROUNDING))


def _sites(count: int, what: str = "") -> str:
    one = f"{count} site{'' if count == 1 else 's'}"
    if what:
        return f"{one} {'is' if count == 1 else 'are'} {what}"
    return one
