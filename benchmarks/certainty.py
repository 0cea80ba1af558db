"""Drawing the ranks of many areas again: seconds for a thousand draws of everything that is varied."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness import Result, seconds, within
from pipeline.analysis import rank_kernel
from pipeline.analysis.certainty import Varied, certainty
from pipeline.analysis.drawn_scores import Frame
from pipeline.analysis.draws import FACTORS, Spread, choices, draw_ranks
from pipeline.analysis.families import area_weights, combine, normalise
from pipeline.analysis.ranks import descending_rank

DOMAINS = ("income", "language", "schooling", "family", "home", "work")
SECONDS_OF_A_STATE, SECONDS_OF_A_DISTRICT = 10.0, 1.2


def draws(small: bool) -> list[Result]:
    """Measure a state's draws, and a district's with the indices of sensitivity.

    Full: 9,000 areas of 15 indicators, and 1,200 of 9 in three placings; small: 300 and 60. A
    thousand draws each of margins, weights, scale, mean, an indicator left out, and placing. The
    error is the share of ranks of 20 draws that are not those of the index families (`families`)
    in double precision, one draw after the other.
    """
    state, district, times = (300, 60, 100) if small else (9_000, 1_200, 1_000)
    spent, wrong = of_state(state, 15, times)
    rows = [
        within(
            "certainty: draws",
            f"{state:,} areas x 15 indicators x {times:,} draws",
            spent,
            SECONDS_OF_A_STATE,
            max_error=wrong,
            most_error=1e-3,
        )
    ]
    spent = of_district(district, 9, times)
    size = f"{district:,} areas x 9 indicators x {times:,} draws, with sensitivity"
    return [*rows, within("certainty: district", size, spent, SECONDS_OF_A_DISTRICT)]


def of_state(areas: int, indicators: int, times: int) -> tuple[float, float]:
    """Seconds of the draws alone with the compiler warm, and the share of ranks that differ from the families'."""
    shares, margins, weights, domain = town(areas, indicators, 1)
    full = np.ones((indicators, areas), dtype=bool)
    frame = Frame(full, full, domain, 3.0, rank_kernel.lowest_ranks)
    spread = Spread(shares.astype("float32"), (margins / 1.645).astype("float32"))
    reference = descending_rank(np.tensordot(weights, shares[0], 1))
    rank_kernel.lowest_ranks(shares[0].astype("float32"))

    def run() -> Any:
        rng = np.random.default_rng(1)
        two = [_choices(times // 2, rng, weights, 1) for _ in range(2)]
        return two, draw_ranks(spread, frame, *two, reference, FACTORS, rng, mixtures=False).ranks

    spent, _ = seconds(run)
    return spent, _wrong(shares[0], weights, domain, frame)


def _wrong(shares: Any, weights: Any, domain: Any, frame: Frame) -> float:
    """Share of ranks that are not the families', of 20 draws that vary everything but the margins."""
    rng = np.random.default_rng(2)
    made = _choices(20, rng, weights, 1)
    exact = Spread(shares[None].astype("float32"), np.zeros((1, *shares.shape), dtype="float32"))
    own = exact.shares[0].astype("float64")
    found = draw_ranks(exact, frame, made, made, np.zeros(shares.shape[1]), FACTORS[1:], rng, mixtures=False).ranks[:20]
    off = []
    for m in range(20):
        scale, mean = (
            ("percentile", "standardised", "minmax")[made.scale[m]],
            ("arithmetic", "geometric", "exponential")[made.mean[m]],
        )
        normal = normalise(own, scale)
        if (scale, mean) == ("standardised", "geometric"):
            normal = (normal + 3) / 6
        score = combine(normal, area_weights(own, made.used_weights[m] / made.used_weights[m].sum()), domain, mean)
        # neighbors in the order may change places where scores agree to single precision
        off.append((np.abs(found[m] - descending_rank(score)) > 1).mean())
    return float(np.mean(off))


def of_district(areas: int, indicators: int, times: int) -> float:
    """Seconds of `certainty` with all that it returns."""
    shares, margins, weights, domain = town(areas, indicators, 3)
    varied = Varied(times, "percentile", 3.0, 50.0, 0.25, FACTORS)
    reference = descending_rank(np.tensordot(weights, shares[0], 1))
    run = partial(certainty, shares, margins, weights, domain, reference, varied=varied, top=areas // 5)
    return min(seconds(lambda: run(rng=np.random.default_rng(1)))[0] for _ in range(3))


def town(areas: int, indicators: int, placings: int) -> Any:
    """Shares of areas that differ by need, with the margins of a survey of tracts."""
    rng = np.random.default_rng(7)
    need = rng.beta(2, 4, areas)
    own = np.clip(rng.uniform(0.3, 1, (indicators, 1)) * need + rng.normal(0, 0.05, (indicators, areas)), 0, 1)
    shares = np.clip(own + rng.normal(0, 0.01, (placings, 1, 1)), 0, 1)
    domain = tuple(DOMAINS[k % len(DOMAINS)] for k in range(indicators))
    return shares, rng.uniform(0.02, 0.12, shares.shape), np.full(indicators, 1 / indicators), domain


def _choices(times: int, rng: np.random.Generator, weights: Any, placings: int) -> Any:
    return choices(
        times, rng, weights=weights.tolist(), scale="percentile", mean="arithmetic", vary=FACTORS,
        concentration=50.0, leave_out_share=0.25, placings=placings,
    )  # fmt: skip
