"""Scores: parts that add up, ranks within a site, and the share of weights by which each comes first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.proposals import PARTS
from pipeline.analysis.rfp_scores import rfp_scores, weighted
from pipeline.tables import BY_TABLE, check

RUBRIC = {"quality_record": 0.3, "match_with_need": 0.25, "grades": 0.15, "enrollment_in_hand": 0.15, "use_of_space": 0.15}  # fmt: skip


def parts(**finds: list[float]) -> pd.DataFrame:
    rows = [(p, part, share, "") for p, shares in finds.items() for part, share in zip(PARTS, shares, strict=True)]
    return pd.DataFrame(rows, columns=["proposal_id", "rubric_part", "part_share", "evidence"])


def scored(rubric: dict[str, float] = RUBRIC, refused: tuple[str, ...] = (), draws: int = 2000, needed: float = 3.0, **finds: list[float]) -> pd.DataFrame:  # fmt: skip
    ids = [*finds, *refused]
    asked = pd.DataFrame({"proposal_id": ids, "site_id": "1", "name": "A", "school_id": None, "grade_low": "KG", "grade_high": "05", "enrollment_in_hand": 60.0, "rooms_asked": 6.0}).astype({"school_id": "str"})  # fmt: skip
    why = pd.Series(["" if each in finds else "The site is not on the list." for each in ids], dtype="str")
    table = rfp_scores(
        asked,
        why,
        pd.Series(needed, index=asked.index),
        weighted(parts(**finds), rubric),
        rubric,
        np.random.default_rng(1),
        draws=draws,
        concentration=20.0,
    )
    return check(BY_TABLE["rfp_scores"], table).set_index("proposal_id")


@given(st.lists(st.one_of(st.just(float("nan")), st.floats(0, 1)), min_size=5, max_size=5))
def test_the_parts_add_up_to_the_score_and_their_weights_to_one(finds: list[float]) -> None:
    table = weighted(parts(p=finds), RUBRIC)
    known = table["part_share"].notna()
    assert table["part_weight"].sum() == pytest.approx(1.0 if known.any() else 0.0)
    assert table["part_points"].sum() == pytest.approx(scored(p=finds, draws=100)["score_index"].item(), abs=1e-9)
    if known.any():
        low, high = table.loc[known, "part_share"].min(), table.loc[known, "part_share"].max()
        assert 100 * low - 1e-9 <= table["part_points"].sum() <= 100 * high + 1e-9


def test_one_that_is_better_in_every_part_is_first_whatever_the_weights() -> None:
    found = scored(a=[0.2] * 5, b=[0.9] * 5)
    assert found["score_rank"].to_dict() == {"a": 2.0, "b": 1.0}
    assert found["first_share"].to_dict() == {"a": 0.0, "b": 1.0}
    assert found.loc["b", ["score_rank_low", "score_rank_high"]].tolist() == [1.0, 1.0]


def test_two_that_trade_one_part_for_another_share_the_first_place_by_the_draws() -> None:
    """With two parts of equal weight the share of draws is that of a Beta(10, 10) above a half: even."""
    even = {"grades": 1.0, "use_of_space": 1.0}
    found = scored(even, draws=20_000, a=[0, 0, 1.0, 0, 0.0], b=[0, 0, 0.0, 0, 1.0])
    assert found["first_share"].sum() == 1.0
    assert found.loc["a", "first_share"] == pytest.approx(0.5, abs=0.02)
    assert found[["score_rank_low", "score_rank_high"]].to_numpy().tolist() == [[1.0, 2.0], [1.0, 2.0]]


def test_equal_scores_are_ordered_by_id() -> None:
    assert scored(b=[0.5] * 5, a=[0.5] * 5)["score_rank"].to_dict() == {"a": 1.0, "b": 2.0}


def test_a_part_that_is_not_known_gives_its_weight_to_the_others_in_the_draws_too() -> None:
    found = scored(a=[float("nan"), 0.8, 0.8, 0.8, 0.8], b=[0.7] * 5)
    assert found.loc["a", "score_index"] == pytest.approx(80.0)
    assert found.loc["a", "first_share"] == 1.0


def test_what_could_not_be_considered_has_no_score_and_takes_no_place() -> None:
    found = scored(refused=("x",), a=[0.5] * 5)
    assert found.loc["x", "proposal_status"] == "not_eligible"
    assert found.loc["x", ["score_index", "score_rank", "first_share"]].isna().all()
    assert found.loc["a", ["score_rank", "first_share"]].tolist() == [1.0, 1.0]


def test_the_same_seed_gives_the_same_shares() -> None:
    finds = {"a": [0.9, 0.1, 0.5, 0.5, 0.5], "b": [0.2, 0.9, 0.5, 0.6, 0.5]}
    pd.testing.assert_frame_equal(scored(**finds), scored(**finds))
    assert 0 < scored(**finds).loc["a", "first_share"] < 1


def test_one_whose_pupils_need_more_rooms_than_it_asks_for_says_so() -> None:
    found = scored(needed=9.0, a=[0.5] * 5).loc["a"]
    assert (found["needed_rooms"], found["proposal_status"]) == (9.0, "scored")
    assert found["reason"] == "Scored, but its 60 pupils would need 9 rooms and it asks for 6."
    assert scored(needed=6.0, a=[0.5] * 5).loc["a", "reason"] == "Scored by the study's rubric."
