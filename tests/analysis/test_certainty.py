"""Draws of ranks: what is varied, what stays, and what the table of sensitivity says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import certainty as module
from pipeline.analysis import draws as drawing
from pipeline.analysis.certainty import Varied, by_placing, certainty
from pipeline.analysis.draws import FACTORS, choices
from pipeline.analysis.need_families import measured
from pipeline.analysis.ranks import descending_rank
from pipeline.tables import BY_TABLE, check, empty

MARGINS = Varied(2000, "percentile", 3.0, 50.0, 0.25, ("margins",))
ALL = replace(MARGINS, vary=FACTORS)
WEIGHTS = np.array([0.5, 0.3, 0.2])
DOMAIN = ("income", "schooling", "home")


def town(areas: int = 30, moe: float = 0.08, placings: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(9)
    need = np.linspace(0.1, 0.6, areas)
    shares = np.clip(need + rng.normal(0, 0.05, (placings, 3, areas)), 0, 1)
    return shares, np.full(shares.shape, moe)


def run(
    shares: np.ndarray, margins: np.ndarray, varied: Varied = ALL, seed: int = 4, top: int = 6
) -> tuple[pd.DataFrame, pd.DataFrame]:
    score = np.tensordot(WEIGHTS, shares[0], 1)
    ranks, parts = certainty(
        shares, margins, WEIGHTS, DOMAIN, descending_rank(score), np.random.default_rng(seed), varied, top=top
    )
    return ranks, check(BY_TABLE["rank_sensitivity"], parts).set_index(["moved", "factor"])


def one_indicator(values: list[float], moe: list[float], **changes: Any) -> pd.DataFrame:
    shares, margins = np.array([[values]]), np.array([[moe]])
    reference = descending_rank(shares[0, 0])
    varied = replace(MARGINS, draws=20_000, **changes)
    return certainty(shares, margins, np.ones(1), ("home",), reference, np.random.default_rng(4), varied, top=1)[0]


def test_draws_agree_with_the_analytic_probability_for_two_neighborhoods() -> None:
    #  they differ by 0.1; each has a standard error of 0.1: P(second above first) = Phi(0.1 / 0.1414) = 0.760
    found = one_indicator([0.4, 0.5], [0.1645, 0.1645])
    assert found["high_need_probability_share"].tolist() == pytest.approx([0.240, 0.760], abs=0.01)
    assert found["need_rank_median"].tolist() == [2, 1]
    assert found["need_rank_shift"].tolist() == pytest.approx([0.24, 0.24], abs=0.01)


def test_a_drawn_share_stays_between_none_and_all() -> None:
    #  two shares near zero: about half of the draws of each are cut off at 0; where both are, they tie at
    #  rank 2 of 3. Rank 2 has one whose draw is the higher, or ties: 1/4 + 3/4 / 2 = 0.625
    found = one_indicator([0.001, 0.001, 0.9], [0.5, 0.5, 0.01])
    assert found["need_rank_shift"].tolist() == pytest.approx([0.375, 0.375, 0.0], abs=0.02)


def test_of_one_indicator_that_may_be_left_out_all_of_the_index_stays() -> None:
    alone = one_indicator([0.1, 0.5, 0.3], [0.0, 0.0, 0.0], vary=FACTORS, leave_out_share=1.0)
    assert alone["need_rank_low"].tolist() == alone["need_rank_high"].tolist() == [3, 1, 2]


def test_each_factor_alone_is_all_that_moves_the_ranks() -> None:
    shares, margins = town(placings=3)
    for factor in FACTORS:
        varied = replace(ALL, vary=(factor,))
        ranks, parts = run(shares, margins, varied)
        assert (ranks["need_rank_high"] > ranks["need_rank_low"]).any(), factor
        assert parts.index.tolist() == [("mean_shift", factor), ("ranks", factor)]
        assert parts["total_index"].tolist() == pytest.approx([1, 1], abs=0.15)
        assert parts["first_order_index"].tolist() == pytest.approx([1, 1], abs=0.2)
        assert ranks["need_rank_pairwise_low"].equals(run(shares, margins, MARGINS)[0]["need_rank_pairwise_low"])


def test_what_moves_ranks_most_is_what_was_made_to() -> None:
    shares, margins = town(moe=0.2)
    by_margins = run(shares, margins)[1].loc["ranks", "total_index"]
    assert by_margins.idxmax() == "margins" and "placing" not in by_margins
    shares, margins = town(moe=0.001)
    shares[0, 0], shares[0, 1] = shares[0, 0].copy(), shares[0, 0][::-1]  # two indicators that say the opposite
    by_weights = run(shares, margins, replace(ALL, concentration=10.0, leave_out_share=0.0))[1].loc["ranks"]
    assert by_weights["first_order_index"].idxmax() == "weights"
    assert by_weights.loc["left_out", "total_index"] == 0
    assert by_weights.loc["margins", "total_index"] < 0.05


def test_parts_alone_add_to_no_more_than_all_but_for_noise() -> None:
    parts = run(*town())[1]
    for _, of in parts.groupby("moved"):
        assert of["first_order_index"].sum() < 1.1
        assert (of["first_order_index"] <= of["total_index"] + 0.1).all()


def test_what_is_not_varied_leaves_the_draws_of_what_is_alone() -> None:
    given: dict[str, Any] = {
        "weights": [0.5, 0.5], "scale": "percentile", "mean": "arithmetic", "concentration": 50.0,
        "leave_out_share": 0.3, "placings": 3,
    }  # fmt: skip
    everything = choices(50, np.random.default_rng(1), vary=FACTORS, **given)
    some = choices(50, np.random.default_rng(1), vary=("left_out",), **given)
    np.testing.assert_array_equal(everything.left_out, some.left_out)
    assert (some.weights == 0.5).all() and not some.scale.any() and not some.placing.any()
    assert set(everything.placing.tolist()) == {0, 1, 2} and set(everything.scale.tolist()) == {0, 1, 2}


def test_weights_are_drawn_around_the_studys_with_the_deviation_that_is_stated() -> None:
    own = np.array([0.6, 0.3, 0.1])
    drawn = choices(
        40_000, np.random.default_rng(1), weights=own.tolist(), scale="percentile", mean="arithmetic",
        vary=("weights",), concentration=50.0, leave_out_share=0.0, placings=1,
    ).weights  # fmt: skip
    np.testing.assert_allclose(drawn.mean(axis=0), own, atol=0.002)
    np.testing.assert_allclose(drawn.std(axis=0), np.sqrt(own * (1 - own) / 51), rtol=0.02)


@pytest.mark.parametrize("many", [0, 10**12])
def test_compiled_ranks_and_the_number_of_threads_change_no_number(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shares, margins = town(placings=2)
    varied = replace(ALL, draws=60)
    whole = run(shares, margins, varied)
    monkeypatch.setattr(module, "_MANY", many)
    for one, other in zip(whole, run(shares, margins, varied), strict=True):
        pd.testing.assert_frame_equal(one, other)
    monkeypatch.setattr(drawing, "_BLOCK_CELLS", 90 * 7)
    blocks = run(shares, margins, varied)
    monkeypatch.setattr(drawing, "_THREADS", 1)
    for one, other in zip(blocks, run(shares, margins, varied), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_neighborhoods_that_are_not_ranked_have_nothing_and_change_nothing_for_others() -> None:
    shares, margins = town()
    shares[0, :, 0] = np.nan
    ranks, _ = run(shares, margins)
    assert ranks.iloc[0].isna().all() and ranks.iloc[1:].notna().all(axis=None)
    assert ranks["need_rank_high"].max() <= 29


def test_nothing_to_rank_gives_empty_tables() -> None:
    for shape in ((1, 3, 0), (1, 3, 2)):
        ranks, parts = run(np.full(shape, np.nan), np.full(shape, np.nan))
        assert len(ranks) == shape[2] and ranks.isna().all(axis=None) and parts.empty


def test_other_placings_fill_what_they_lack_and_leave_the_schools_alone() -> None:
    counts = {"children_in_poverty": 30.0, "children_in_poverty_moe": 5.0, "child_poverty_universe": 100.0, "child_poverty_universe_moe": 9.0}  # fmt: skip
    rows = pd.DataFrame({"neighborhood_id": ["b"], "placing": ["area"], **counts})
    placings = rows.reindex(columns=BY_TABLE["neighborhood_placings"].names)
    profile = pd.DataFrame(
        {"neighborhood_id": ["a", "b"], "population": 900.0, "inside_share": 1.0, "is_approximate": False}
    )
    values = pd.DataFrame(
        {
            "neighborhood_id": ["a", "b", "a", "b"],
            "indicator": ["child_poverty", "child_poverty", "below_standard", "below_standard"],
            "indicator_share": [0.2, 0.4, 0.5, 0.6],
            "indicator_share_moe": 0.1,
        }
    )
    told = measured(
        profile,
        values,
        {"child_poverty": 0.5, "below_standard": 0.5},
        smallest_population=50.0,
        smallest_children=10.0,
        smallest_inside_share=0.5,
    )
    shares, errors = by_placing(told, placings)
    assert shares.shape == errors.shape == (2, 2, 2)
    np.testing.assert_allclose(shares[1], [[np.nan, 0.3], [np.nan, np.nan]])
    filled = module._spread(shares, errors)
    np.testing.assert_allclose(filled.shares[1], [[0.2, 0.3], [0.5, 0.6]], rtol=1e-6)
    alone, _ = by_placing(told, empty("neighborhood_placings", ""))
    assert len(alone) == 1
