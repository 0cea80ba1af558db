"""The projection of one fall's pupils by cohort survival, all methods at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipeline.analysis.entry import TK, entry_grades
from pipeline.analysis.methods import METHODS, SUMMARIES, Method
from pipeline.analysis.progression import (
    ENTRY_RATIO,
    KG,
    PRIORS,
    SMALLEST_COHORT,
    Settings,
    YearSteps,
    best_prior,
    district_ratio,
    own_ratio,
    prior_errors,
    shrunk,
    without_mixed,
    year_steps,
)
from pipeline.columns import GRADES

CHAIN = tuple(range(KG + 1, GRADES.index("12") + 1))  # 01 to 12: each comes out of the grade below
_CHAINED = np.isin(np.arange(1, len(GRADES)), CHAIN)

Array = np.ndarray


@dataclass(frozen=True)
class Whole:
    """What the schools of a district share: counts (fall x grade), sums of its steps, errors of priors (base x prior)."""

    counts: Array
    kept_before: Array
    kept_after: Array
    prior_errors: Array


@dataclass(frozen=True)
class Projector:
    """Schools, or the district as one, ready to be projected from any fall."""

    pupils: Array  # fall x school x grade
    years: Array
    settings: Settings
    step: YearSteps
    whole: Whole
    is_district: bool = False
    carried: Array | None = None  # the counts, unreported falls carried from the latest ones

    def survival_weight(self, method: Method) -> float:
        """Weight of cohort survival in a method's forecast of these schools, or of the district."""
        return method.survival_of_district if self.is_district else method.survival

    def begins(self, base: int) -> Array:
        """Counts that a forecast from a fall begins with, school x grade; NaN of schools that are not there."""
        return np.asarray((self.pupils if self.carried is None else self.carried)[base])

    def unreported(self, fall: int) -> Array:
        """Schools that were there in a fall and did not report it."""
        return np.asarray(np.isnan(self.pupils[fall]).any(axis=1) & ~np.isnan(self.begins(fall)).any(axis=1))

    @cached_property
    def unmixed(self) -> tuple[YearSteps, Whole]:
        """The steps, the school's and the district's, without those out of counts that held another grade's pupils."""
        step, whole = self.step, self.whole
        shared = replace(step, kept_before=whole.kept_before, kept_after=whole.kept_after)
        step = without_mixed(shared, self.years, self.settings.mixed)
        return step, replace(whole, kept_before=step.kept_before, kept_after=step.kept_after)

    def learned(self, base: int) -> tuple[YearSteps, Whole]:
        """What a forecast from a fall learns from."""
        after = any(int(self.years[base]) > last for last in self.settings.mixed.values())
        return self.unmixed if after else (self.step, self.whole)

    def ratios(self, base: int, moved: Array, summaries: Sequence[str]) -> Array:
        """Ratios by way of summing up, summary x school x grade below; the district's where a school has none."""
        found = []
        step, whole = self.learned(base)
        for summary in summaries:
            recent = summary in ("recent", "shrunk")
            of_all = district_ratio(whole.kept_before, whole.kept_after, moved, recent=recent)
            own = own_ratio("recent" if recent else summary, step, moved)
            if summary == "shrunk" and not self.is_district:  # which would be drawn to itself
                prior = best_prior(whole.prior_errors[:base])
                found.append(shrunk(own, step.before[moved].sum(axis=0), of_all, prior))
            else:
                found.append(np.where(np.isnan(own), of_all, own))
        return np.array(found)

    def parts(self, base: int, summaries: Sequence[str]) -> tuple[Array, Array, Array]:
        """The last count, ratios (`ratios`) and mean shares of the district's grade below, by school and grade."""
        moved = self.settings.steps(self.years, base)
        step, _ = self.learned(base)
        count = step.came[moved].sum(axis=0)
        share = np.divide(step.share[moved].sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0)
        return np.nan_to_num(self.begins(base)), self.ratios(base, moved, summaries), share

    def chained_rules(self, base: int, method: Method) -> Array:
        """By which rule a method finds grades 01 to 12 that have pupils, school x grade: values of the column ``rule``."""
        if method.trend or not self.survival_weight(method):
            return np.full((self.pupils.shape[1], len(CHAIN)), "last_change" if method.trend else "held", dtype=object)
        now, ratio, share = self.parts(base, [method.summary])
        up, entry, _ = _rules(now, ratio, share, ())
        moved = self.settings.steps(self.years, base)
        own = np.where(self.learned(base)[0].valid[moved].any(axis=0), "own_ratio", "district_ratio").astype(object)
        below = slice(CHAIN[0] - 1, CHAIN[-1])
        return np.where(entry[0] > 0, "entry_share", np.where(up[0] > 0, own, "held"))[:, below]

    def survival(self, base: int, horizon: int, summaries: Sequence[str], totals: Array | None) -> Array:
        """Pupils by cohort survival, year ahead x summary x school x grade.

        ``totals`` is what entries are a share of: the district's pupils, year (from the base's) x
        summary x grade; None for the district itself.
        """
        moved = self.settings.steps(self.years, base)
        now, ratio, share = self.parts(base, summaries)
        by_school = np.moveaxis(self.pupils[: base + 1], 0, 2)
        entering = entry_grades(by_school, self.years[: base + 1], base, horizon, moved, self.settings)
        state = np.repeat(now[None], len(summaries), axis=0)
        up, entry, held = _rules(now, ratio, share, tuple(entering))
        found, part = np.empty((horizon, *state.shape)), np.empty_like(up)
        for ahead, following in enumerate(found):
            total = state.sum(axis=1) if totals is None else totals[ahead]
            following[:] = held
            following[:, :, 1:] += np.multiply(up, state[:, :, :-1], out=part)
            following[:, :, 1:] += np.multiply(entry, total[:, None, :-1], out=part)
            for grade, expected in entering.items():
                following[:, :, grade] = np.where(now[:, grade] > 0, np.nan_to_num(expected[:, ahead]), 0.0)
            state = following
        return found

    def last_change(self, base: int) -> Array:
        """Change of the latest step that counts for a trend, school x grade; zero without one.

        None into or out of a fall left out, none into a declared change, and of kindergarten and
        transitional kindergarten none out of counts in which one held the other.
        """
        counts = self.pupils if self.carried is None else self.carried
        moved = self.settings.steps(self.years, base)
        found = np.full(counts.shape[1:], np.nan)
        for t in moved:
            change = counts[t + 1] - counts[t]
            if self.settings.declared is not None:
                change[self.settings.declared[:, t + 1]] = np.nan
            for grade, until in self.settings.mixed.items():
                if int(self.years[t]) <= until < int(self.years[base]):
                    change[:, sorted({TK, GRADES.index(grade)})] = np.nan
            found = np.where(np.isnan(change), found, change)
        return np.asarray(np.nan_to_num(found))

    def projected(self, base: int, ahead: Sequence[int], methods: Sequence[str], totals: Array | None) -> Array:
        """Pupils by method before schools are held to the district, year of ``ahead`` x method x school x grade.

        ``totals`` as in `survival`, of all ``SUMMARIES``. Schools that are not there have zeros.
        """
        used = [s for s in SUMMARIES if any(METHODS[m].summary == s for m in methods)]
        of_used = None if totals is None else totals[:, [SUMMARIES.index(s) for s in used]]
        grown = self.survival(base, max(ahead), used, of_used) if used else None
        now = np.nan_to_num(self.begins(base))
        last = self.last_change(base) if any(METHODS[m].trend for m in methods) else np.zeros_like(now)
        found = np.empty((len(ahead), len(methods), *now.shape))
        for place, years_ahead in enumerate(ahead):
            for row, name in enumerate(methods):
                method = METHODS[name]
                weight = self.survival_weight(method)
                if method.trend:
                    found[place, row] = np.maximum(now + last * years_ahead, 0.0)
                elif weight == 0 or grown is None:
                    found[place, row] = now
                else:
                    state = grown[years_ahead - 1, used.index(method.summary)]
                    found[place, row] = state if weight == 1 else weight * state + (1 - weight) * now
        return found


def _rules(now: Array, ratio: Array, share: Array, entering: tuple[int, ...]) -> tuple[Array, ...]:
    """How much of the grade below, of the district's grade below and of the last count makes each grade.

    ``now`` is the last count, school x grade; all others are summary x school x grade (the first two
    from the second grade on).
    """
    small = now[:, :-1] < SMALLEST_COHORT
    chained = _CHAINED & (now[:, 1:] > 0)
    with np.errstate(invalid="ignore"):
        entry = (small | (ratio > ENTRY_RATIO)) & ~np.isnan(share)
    up = np.where(chained & ~entry & ~small, np.where(np.isnan(ratio), 1.0, ratio), 0.0)
    held = np.repeat(now[None], len(ratio), axis=0)
    held[:, :, 1:] = np.where(chained & (entry | ~small), 0.0, held[:, :, 1:])
    held[:, :, list(entering)] = 0.0
    return up, np.where(chained & entry, share, 0.0), held


def whole_of(
    parts: Sequence[tuple[Array, Settings]], years: Array, counts: Array, *, priors: bool = True
) -> tuple[Whole, list[YearSteps]]:
    """What parts of a district's schools (fall x school x grade) have in common, and the steps of each part."""
    found = [year_steps(pupils, years, counts, settings) for pupils, settings in parts]
    before = np.sum([step.kept_before for step in found], axis=0)
    after = np.sum([step.kept_after for step in found], axis=0)
    errors = np.zeros((max(len(years) - 1, 0), len(PRIORS)))
    settings = parts[0][1]
    for base in range(1, len(years) - 1) if priors else ():
        moved = settings.steps(years, base)
        if len(moved) and not {int(years[base]), int(years[base + 1])} & set(settings.leave_out):
            of_all = district_ratio(before, after, moved, recent=True)
            errors[base] = np.sum([prior_errors(step, moved, base, of_all) for step in found], axis=0)
    return Whole(counts, before, after, errors), found
