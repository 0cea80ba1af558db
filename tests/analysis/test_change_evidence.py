"""Which changes to believe: alone, in a cluster, with the neighbors; one rate for the three."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.change_evidence import KEY, change_evidence, together_scores
from pipeline.analysis.uncertainty import Z90
from tests.analysis.test_area_groups import facts, links

SIDE = 7


def grid(z: dict[tuple[int, int], float], other: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A town of 49 squares: change (in standard errors of 10 children) and borders."""
    cells = [(r, c) for r in range(SIDE) for c in range(SIDE)]
    rng = np.random.default_rng(1)
    scores = [z.get(cell, other + 0.3 * rng.normal()) for cell in cells]
    change = pd.DataFrame({"area_id": [f"{r}{c}" for r, c in cells], "change_z": scores})
    change = change.assign(
        layer="n", age_band="5-17", vintage_from="2018", vintage_to="2023", children_change=change["change_z"] * 10.0,
        reliability_class="medium",
    )  # fmt: skip
    near = [((r, c), (r + a, c + b)) for r, c in cells for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))]
    pairs = [(f"{p[0]}{p[1]}", f"{q[0]}{q[1]}") for p, q in near if q in set(cells)]
    return change, pd.DataFrame(pairs, columns=["area_id", "neighbor_id"]).assign(layer="n")


def alone(change: pd.DataFrame, borders: pd.DataFrame) -> pd.DataFrame:
    """Scores of areas and neighbors that err independently, each with a standard error of 10 children."""
    z = change.set_index("area_id")["change_z"]
    near = borders.groupby("area_id")["neighbor_id"].agg(list)
    both = [(z[a] + z[near[a]].sum()) / np.sqrt(1 + len(near[a])) for a in change["area_id"]]
    return change[KEY].assign(together_z=both)


def evidence(z: dict[tuple[int, int], float], rate: float = 0.1, **other: float) -> pd.Series:
    change, borders = grid(z, **other)
    found = change_evidence(change, borders, layer="n", rate=rate, together=alone(change, borders))
    return found.set_index("area_id")["pocket_evidence"]


BLOCK = {(r, c): 2.4 for r in (2, 3, 4) for c in (2, 3, 4)}


def test_a_lone_rise_is_a_change_and_a_block_of_weak_rises_is_found_with_its_neighbors() -> None:
    assert evidence({(0, 0): 6.0})["00"] == "change"
    found = evidence(BLOCK)
    assert found["33"] in ("cluster", "together")
    assert set(found[found != "none"].index) <= {f"{r}{c}" for r in range(1, 6) for c in range(1, 6)}
    # none of them would be believed alone
    change, borders = grid(BLOCK)
    lone = change_evidence(change, borders[:0], layer="n", rate=0.1, together=change[KEY].assign(together_z=np.nan))
    assert (lone["pocket_evidence"] == "none").all()


def test_an_area_that_changed_the_other_way_is_not_taken_with_its_neighbors() -> None:
    found = evidence({**BLOCK, (3, 3): -0.5})
    assert found["33"] == "none"
    assert found["23"] in ("cluster", "together")


def test_falls_mirror_rises() -> None:
    change, borders = grid(BLOCK)
    up = change_evidence(change, borders, layer="n", rate=0.1, together=alone(change, borders))
    down = change.assign(change_z=-change["change_z"], children_change=-change["children_change"])
    down = change_evidence(down, borders, layer="n", rate=0.1, together=alone(down, borders))
    assert up["pocket_evidence"].tolist() == down["pocket_evidence"].tolist()
    assert set(up["change_spot_class"]) == {"hot", "none"}
    assert set(down["change_spot_class"]) == {"cold", "none"}


def test_what_is_not_tested_says_so_and_is_no_ones_evidence() -> None:
    change, borders = grid(BLOCK)
    change.loc[change["area_id"] == "33", "reliability_class"] = "not_known"
    zones = change.assign(layer="zone middle 2024")
    found = change_evidence(
        pd.concat([change, zones], ignore_index=True), borders, layer="n", rate=0.1, together=alone(change, borders)
    )
    rows = found[found["layer"] == "n"].set_index("area_id")
    assert rows.loc["33", "pocket_evidence"] == "not_tested"
    assert np.isnan(rows.loc["33", ["change_spot_z", "together_z"]].astype(float)).all()
    others = found[found["layer"] != "n"]
    assert (others["pocket_evidence"] == "not_tested").all() and (others["change_spot_class"] == "not_tested").all()


def test_with_few_areas_clusters_are_not_tested_and_their_part_of_the_rate_goes_to_the_others() -> None:
    few = pd.DataFrame({"area_id": list("abcd"), "change_z": [2.2, 0.1, -0.2, 0.3]}).assign(
        layer="n", age_band="5-17", vintage_from="2018", vintage_to="2023", reliability_class="low",
        children_change=lambda f: f["change_z"],
    )  # fmt: skip
    none = few[KEY].assign(together_z=np.nan)
    borders = pd.DataFrame({"layer": ["n"], "area_id": ["a"], "neighbor_id": ["b"]})
    found = change_evidence(few, borders, layer="n", rate=0.23, together=none)
    assert (found["change_spot_class"] == "too_few_to_test").all()
    # p of 2.2 is 0.0278: below 0.23 / 2 / 4 = 0.0288, not below 0.23 / 3 / 4
    assert found["pocket_evidence"].tolist() == ["change", "none", "none", "none"]


def test_scores_of_areas_and_neighbors_use_the_survey_areas_behind_them() -> None:
    """Two neighborhoods halve a tract: together their change has the tract's own margin, not the root of the halves."""
    table = facts({("tract", "2018", "1"): (100.0, 30.0), ("tract", "2023", "1"): (190.0, 40.0)})
    for count in ("children_0_4", "children_10_14", "children_15_17"):
        table[count], table[f"{count}_moe"] = 0.0, 0.0
    crosswalk = links([(f"tract {v}", "1", n, 0.5) for v in ("2018", "2023") for n in "ab"])
    change = pd.DataFrame({"area_id": ["a", "b"], "change_z": [2.0, 2.0]}).assign(
        layer="neighborhood", age_band="5-9", vintage_from="2018", vintage_to="2023", reliability_class="low"
    )
    borders = pd.DataFrame({"area_id": ["a", "b"], "neighbor_id": ["b", "a"]}).assign(layer="neighborhood")
    found = together_scores(change, borders, table, crosswalk, layer="neighborhood", factors={"2023": 1.0})
    assert found["together_z"].tolist() == pytest.approx([90 / (50 / Z90)] * 2)


def test_the_union_of_the_three_tests_keeps_the_rate_where_nothing_changes() -> None:
    """Areas without any change, 200 draws: some area is believed in at most a tenth of them, give or take chance."""
    rng = np.random.default_rng(7)
    tables, scores, borders = [], [], pd.DataFrame()
    for draw in range(200):
        change, borders = grid({(r, c): rng.normal() for r in range(SIDE) for c in range(SIDE)})
        change["vintage_from"] = str(1000 + draw)  # each draw is a comparison of its own
        tables.append(change)
        scores.append(alone(change, borders))
    together = pd.concat(scores, ignore_index=True)
    found = change_evidence(pd.concat(tables, ignore_index=True), borders, layer="n", rate=0.1, together=together)
    any_found = (found["pocket_evidence"] != "none").groupby(found["vintage_from"]).any()
    assert len(any_found) == 200
    assert any_found.mean() <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 200)
