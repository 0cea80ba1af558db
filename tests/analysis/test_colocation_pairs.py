"""Each pair with the rule that bars it or its cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.colocation_pairs import COSTS, RULES, colocation_pairs, is_allowed, total_cost
from pipeline.tables import BY_TABLE, check
from tests.analysis.colocation import LIMITS, NO_EXCLUSIONS, WEIGHTS, asking, offering, pairs_of, random_case, trips


def table(pairs: pd.DataFrame) -> pd.DataFrame:
    found = colocation_pairs(pairs, total_cost(pairs, WEIGHTS), **LIMITS)
    return check(BY_TABLE["colocation_pairs"], found)


def test_each_rule_bars_by_name_and_says_why() -> None:
    schools = pd.concat(
        [asking({"fits": 5.0, "large": 30.0}), asking({"high": 5.0}, level="high"), asking({"tiny": 1.0})],
        ignore_index=True,
    )
    sites = pd.concat([offering({"s1": 6.0, "far": 6.0, "nowhere": 6.0, "shut": 6.0}), offering({"dark": np.nan})])
    far = trips(
        {
            s: {"s1": 1000.0, "far": 9000.0, "nowhere": np.nan, "shut": 100.0, "dark": 100.0}
            for s in schools["school_id"]
        }
    )
    shut = NO_EXCLUSIONS.reindex([0]).assign(
        site_id="shut", reason="Asbestos.", documented_in="Report 4", documented_on="2023-02-01"
    )
    at = pd.DataFrame({"school_id": ["tiny", "nobody"], "site_id": ["dark", "s1"]})
    found = table(pairs_of(schools, sites, far, shut, at=at)).set_index(["school_id", "site_id"])
    rules = found["pair_rule"]
    assert rules["fits"].to_dict() == {"dark": "rooms_not_known", "far": "too_far", "nowhere": "place_not_known", "s1": "allowed", "shut": "excluded"}  # fmt: skip
    assert rules["large", "s1"] == "too_few_rooms"
    assert rules["high", "s1"] == "other_grades"
    assert rules["tiny", "s1"] == "below_threshold"
    assert rules["tiny", "dark"] == "own_site"
    assert set(rules) == {"allowed", *RULES}
    told = found["reason"]
    assert told["fits", "shut"] == "The site is excluded: Asbestos (Report 4, 2023-02-01)."
    assert told["fits", "far"] == "9.0 km from where its pupils live; the study allows 8.0 km."
    assert told["large", "s1"] == "It needs 30 rooms; 6 stay free."
    assert told["tiny", "dark"] == "The school is at this site already."
    assert told["high", "s1"] == "The school teaches high grades, the host elementary grades."
    assert told["tiny", "s1"] == "25 pupils; the study asks for 80."
    assert told["fits", "s1"].startswith(
        "5 of 6 free rooms, 1.0 km from where its pupils live; costs from 0 to 1: travel 0.13"
    )


def test_costs_are_what_they_say() -> None:
    pair = pairs_of(asking({"a": 4.0}), offering({"s": 6.0}), trips({"a": {"s": 2000.0}})).iloc[0]
    # 100 pupils beside 250 in 1000 seats
    assert pair[COSTS].tolist() == [0.25, 0.0, 0.35, 0.25]
    no_capacity = offering({"s": 6.0}).assign(host_capacity_seats=np.nan)
    assert pairs_of(asking({"a": 3.0}), no_capacity, trips({"a": {"s": 1.0}}))["load_cost"].item() == 0.5


def test_neighboring_levels_may_share_where_the_study_says_so() -> None:
    middle, high = asking({"m": 4.0}, level="middle"), asking({"h": 4.0}, level="high")
    for school, apart, cost in ((middle, 1, 0.5), (high, 2, 1.0)):
        far = trips({school["school_id"][0]: {"s": 1.0}})
        strict, open_to = (pairs_of(school, offering({"s": 9.0}), far, apart=n) for n in (0, 1))
        assert not is_allowed(strict).any()
        assert is_allowed(open_to).all() == (apart == 1)
        assert strict["grade_cost"].item() == cost


def test_rooms_derived_from_seats_are_told_as_about() -> None:
    found = table(
        pairs_of(asking({"a": 4.0}), offering({"s": 6.0}).assign(is_rooms_derived=True), trips({"a": {"s": 1.0}}))
    )
    assert found["reason"].item().startswith("4 of about 6 free rooms")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 9), min_size=4, max_size=4))
def test_costs_lie_between_0_and_1_and_only_proportions_of_weights_count(seed: int, drawn: list[float]) -> None:
    pairs = random_case(seed)
    weights = dict(zip(WEIGHTS, drawn, strict=True))
    cost = total_cost(pairs, weights)
    assert ((pairs[COSTS] >= 0) & (pairs[COSTS] <= 1)).all().all()
    assert ((cost >= 0) & (cost <= 1 + 1e-12)).all()
    assert cost == pytest.approx(total_cost(pairs, {k: 7 * v for k, v in weights.items()}))


def test_a_school_whose_place_is_not_known_is_taken_to_move_the_longest_way_and_a_program_none() -> None:
    schools = asking({"a": 4.0, "p": 4.0})
    schools["is_school"] = [True, False]
    far = trips({"a": {"s": 0.0}, "p": {"s": 0.0}}).assign(move_m=np.nan)
    assert pairs_of(schools, offering({"s": 9.0}), far)["move_cost"].tolist() == [1.0, 0.0]
