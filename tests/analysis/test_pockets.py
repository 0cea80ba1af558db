"""Growth pockets on a hand-drawn town.

a - b   c          a, b, d grow and touch; c grows alone and little;
|       |          e shrinks
d   e - f
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.age_bands import AGES
from pipeline.analysis.pockets import growth_pockets
from pipeline.columns import BY_NAME, parted
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.test_area_groups import COUNTS

PAIR = {"vintage_from": "2014-2018", "vintage_to": "2019-2023"}
SETTINGS = {
    "layer": "neighborhood", "age_band": "5-17", "high_cv": 0.12, "medium_cv": 0.4, "factors": {}, "deaths": [],
    "public": {"2019-2023": (0.5, 0.02)},
}  # fmt: skip
PAIRS = [("a", "b"), ("a", "d"), ("d", "e"), ("c", "f"), ("e", "f")]


def adjacency() -> pd.DataFrame:
    both = PAIRS + [(right, left) for left, right in PAIRS]
    return pd.DataFrame(both, columns=["area_id", "neighbor_id"]).assign(layer="neighborhood")


def change(values: dict[str, tuple[float, str]], **other: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "area_id": list(values),
            "children_change": [v[0] for v in values.values()],
            "pocket_evidence": [v[1] for v in values.values()],
        }
    )
    return frame.assign(
        layer="neighborhood", age_band="5-17", **{**PAIR, **other}, children_from=100.0,
        children_to=lambda f: 100.0 + f["children_change"],
    )  # fmt: skip


def survey(values: dict[str, tuple[float, str]], shared: float = 0.0, vintages: tuple[str, ...] = tuple(PAIR.values())) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Each neighborhood a tract of its own (of ``shared`` of a's a part lies in b): children 5-9, margins of 6 and 8."""
    rows = [(v, n) for v in vintages for n in values]
    facts = pd.DataFrame(rows, columns=["vintage", "area_geoid"]).assign(area_level="tract", population=900.0)
    facts = facts.reindex(columns=[*facts.columns, *(n for c in COUNTS for n in (c, f"{c}_moe"))])
    facts[[*AGES, *(f"{c}_moe" for c in AGES)]] = 0.0
    later = facts["vintage"] == vintages[-1]
    facts["children_5_9"] = [
        100.0 + (values[n][0] if is_later else 0.0) for (_, n), is_later in zip(rows, later, strict=True)
    ]
    facts["children_5_9_moe"] = np.where(later, 8.0, 6.0)
    links = [(f"tract {v}", n, n, 1.0 - shared * (n == "a")) for v, n in rows]
    links += [(f"tract {v}", "a", "b", shared) for v in vintages if shared]
    carriers = sorted({BY_NAME[c].carrier for c in COUNTS})
    frame = pd.DataFrame(links, columns=["source_layer", "source_id", "target_id", "weight"])
    parts = [frame.assign(carrier=c, target_layer="neighborhood") for c in carriers]
    return facts, pd.concat(parts, ignore_index=True)


TOWN = {
    "a": (70.0, "change"),
    "b": (40.0, "together"),
    "d": (30.0, "cluster"),
    "c": (24.0, "change"),
    "e": (-80.0, "change"),
    "f": (90.0, "none"),
}


def found(values: dict[str, tuple[float, str]], smallest: float = 25.0, shared: float = 0.0, **other: object) -> pd.DataFrame:  # fmt: skip
    pockets = growth_pockets(
        change(values), adjacency(), *survey(values, shared), smallest=smallest, **{**SETTINGS, **other}
    )
    return check(BY_TABLE["growth_pockets"], pockets)


def test_touching_areas_join_and_small_or_unsure_ones_do_not_count() -> None:
    pockets = found(TOWN)
    assert pockets[["pocket_id", "area_ids", "children_change"]].to_numpy().tolist() == [
        ["2023-growing-01", "a; b; d", 140.0],
        ["2023-shrinking-01", "e", -80.0],
    ]
    assert pockets["children_change_moe"].tolist() == pytest.approx([np.sqrt(3 * 100), 10.0])
    assert pockets["children_to"].tolist() == [440.0, 20.0]
    first = pockets.iloc[0]
    half = np.sqrt(3 * 64)
    assert first[["children_to_low", "children_to_high"]].tolist() == pytest.approx([440 - half, 440 + half])


def test_areas_with_blanks_in_their_ids_stay_themselves() -> None:
    named = {"a": "Upper Fells Point"}
    facts, links = survey(TOWN)
    change_, borders = change(TOWN).replace({"area_id": named}), adjacency().replace(named)
    pockets = growth_pockets(change_, borders, facts, links.replace({"target_id": named}), smallest=25.0, **SETTINGS)
    assert set(parted(pockets["area_ids"].iloc[0])) == {"Upper Fells Point", "b", "d"}


def test_a_change_within_its_own_margin_makes_no_pocket() -> None:
    """What neighbors outside of it lent to the evidence does not count: c rose by 60 and its margin is 10, or 61."""
    alone = {**TOWN, "c": (60.0, "together")}
    assert "c" in set(found(alone)["area_ids"])
    facts, links = survey(alone)
    facts.loc[facts["area_geoid"] == "c", "children_5_9_moe"] = np.sqrt(61.0**2 / 2)
    wide = growth_pockets(change(alone), adjacency(), facts, links, smallest=25.0, **SETTINGS)
    assert "c" not in set(wide["area_ids"]) and "a; b; d" in set(wide["area_ids"])


def test_seats_are_children_times_the_share_in_public_schools_and_their_interval_holds_both_margins() -> None:
    first = found(TOWN).iloc[0]
    assert first["seats_change"] == pytest.approx(70.0)
    margin = np.hypot(0.5 * np.sqrt(300), 140 * 0.02)
    assert first[["seats_change_low", "seats_change_high"]].tolist() == pytest.approx([70 - margin, 70 + margin])
    # 24 children of c are 12 seats: too few; without a share children are counted
    assert "c" not in set(found(TOWN, smallest=20.0)["area_ids"])
    unknown = found(TOWN, smallest=20.0, public={})
    assert "c" in set(unknown["area_ids"]) and unknown["seats_change"].isna().all()


def test_of_a_survey_area_that_two_of_a_pocket_share_the_margin_enters_once() -> None:
    apart, together = found(TOWN).iloc[0], found(TOWN, shared=0.5).iloc[0]
    assert together["children_change_moe"] == pytest.approx(apart["children_change_moe"])
    # summed by area the halves of a's tract would err as if they were asked apart
    halves = np.sqrt(2 * 0.25 * 100 + 100 + 100)
    assert halves < together["children_change_moe"]


def test_a_control_total_scales_the_margins_of_its_vintage() -> None:
    first = found(TOWN, factors={"2019-2023": 2.0}).iloc[0]
    assert first["children_to_moe"] == pytest.approx(2 * np.sqrt(3 * 64))
    assert first["children_from_moe"] == pytest.approx(np.sqrt(3 * 36))


def test_areas_that_do_not_touch_are_two_pockets_numbered_by_size() -> None:
    pockets = found({**TOWN, "c": (180.0, "change")})
    assert pockets.loc[pockets["pocket_kind"] == "growing", ["pocket_id", "area_ids"]].to_numpy().tolist() == [
        ["2023-growing-01", "c"],
        ["2023-growing-02", "a; b; d"],
    ]


def test_order_of_rows_does_not_matter() -> None:
    table, borders, (facts, links) = change(TOWN), adjacency(), survey(TOWN)
    plain = growth_pockets(table, borders, facts, links, smallest=10.0, **SETTINGS)
    shuffled = growth_pockets(
        table.iloc[::-1], borders.iloc[::-1], facts.iloc[::-1], links.iloc[::-1], smallest=10.0, **SETTINGS
    )
    pd.testing.assert_frame_equal(plain, shuffled)
    assert len(plain) == 3


def test_no_evidence_gives_no_pocket() -> None:
    assert found({"a": (90.0, "none"), "b": (90.0, "not_tested")}, smallest=1.0).empty
    names = ("school_age_change", "adjacency", "area_facts", "crosswalk")
    nothing = growth_pockets(*(empty(name, "") for name in names), smallest=1.0, **SETTINGS)
    assert check(BY_TABLE["growth_pockets"], nothing).empty


def test_each_pair_of_vintages_has_its_pockets_the_latest_first() -> None:
    older = {"vintage_from": "2009-2013", "vintage_to": "2014-2018"}
    facts, links = survey(TOWN)
    before, links_before = survey(TOWN, vintages=("2009-2013",))
    both = pd.concat([change(TOWN, **older), change({"c": (80.0, "change")})], ignore_index=True)
    pockets = growth_pockets(
        both, adjacency(), pd.concat([facts, before]), pd.concat([links, links_before]), smallest=25.0, **SETTINGS
    )
    assert pockets[["pocket_id", "area_ids"]].to_numpy().tolist() == [
        ["2023-growing-01", "c"],
        ["2018-growing-01", "a; b; d"],
        ["2018-shrinking-01", "e"],
    ]
    # the share in public schools is known of the later vintage only
    assert pockets["seats_change"].notna().tolist() == [True, False, False]
    assert pockets["driver"].isin(BY_NAME["driver"].values).all()


def test_where_only_all_children_are_known_a_pocket_has_a_margin_and_neither_seats_nor_a_driver() -> None:
    facts, links = survey(TOWN)
    ages = [n for c in AGES for n in (c, f"{c}_moe")]
    facts = facts.assign(children_0_17=facts["children_5_9"], children_0_17_moe=facts["children_5_9_moe"])
    facts[ages] = np.nan
    pockets = growth_pockets(
        change(TOWN).assign(age_band="0-17"),
        adjacency(),
        facts,
        links,
        smallest=25.0,
        **{**SETTINGS, "age_band": "0-17"},
    )
    check(BY_TABLE["growth_pockets"], pockets)
    assert pockets["children_change_moe"].tolist() == pytest.approx([np.sqrt(3 * 100), 10.0])
    assert pockets["seats_change"].isna().all() and set(pockets["driver"]) == {"not_known"}
