"""The stage matches on Millbrook: whose school it is changes nothing, exclusions bar their site alone, and it runs twice alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.errors import ConfigError, ContractError
from pipeline.tables import BY_TABLE, check

ROOT = Path(__file__).resolve().parents[2]
Read = Callable[[str], Any]
STAGE = stages.find("matches")
SHARED = ("colocation_pairs", "colocation_matches", "room_values")


def run(tables: dict[str, Any], **settings: Any) -> dict[str, Any]:
    study = config.load(ROOT / "studies/millbrook.yaml")
    matches = study.matches.model_copy(update=settings)
    study = study.model_copy(update={"matches": matches})
    out = STAGE.run(config.only(study, "matches", STAGE.sections), tables)
    return {name: check(BY_TABLE[name], out[name]) for name in out if name in BY_TABLE}


@pytest.fixture(scope="module")
def tables(millbrook: Read) -> dict[str, Any]:
    return {name: millbrook(name) for name in STAGE.reads}


def requests(tables: dict[str, Any], millbrook: Read) -> pd.DataFrame:
    ids = [*millbrook("colocation_matches")["school_id"]]
    blank = tables["space_requests"].reindex(range(len(ids)))
    return check(BY_TABLE["space_requests"], blank.assign(school_id=ids))


def test_the_same_tables_give_the_same_matches(tables: dict[str, Any], millbrook: Read) -> None:
    out = run(tables)
    for name in SHARED:
        pd.testing.assert_frame_equal(out[name], millbrook(name))


def test_swapping_who_runs_the_schools_that_ask_changes_nothing(tables: dict[str, Any], millbrook: Read) -> None:
    asked = {**tables, "space_requests": requests(tables, millbrook)}
    facts = tables["school_facts"]
    swapped = {"charter": "district", "district": "charter"}
    turned = facts.assign(sector=facts["sector"].map(swapped).fillna(facts["sector"]))
    first, second = run(asked), run({**asked, "school_facts": turned})
    for name in SHARED:
        pd.testing.assert_frame_equal(first[name], second[name])
        # who has asked by a list is matched as who is taken to ask
        taken = {"is_taken_to_ask": False} if name == "colocation_matches" else {}
        pd.testing.assert_frame_equal(first[name], millbrook(name).assign(**taken))
    assert millbrook("colocation_matches")["is_taken_to_ask"].all()  # the town has no list of requests


def test_an_exclusion_bars_its_site_and_no_other(tables: dict[str, Any], millbrook: Read) -> None:
    shut = pd.DataFrame(
        {"site_id": ["S116"], "school_id": [None], "reason": ["Kept for a clinic"], "documented_in": ["Board item 7"], "documented_on": ["2024-05-01"]}
    )  # fmt: skip
    exclusions = check(BY_TABLE["site_exclusions"], shut.astype({"school_id": "str"}))
    pairs = run({**tables, "site_exclusions": exclusions})["colocation_pairs"]
    barred = pairs["pair_rule"] == "excluded"
    assert set(pairs.loc[barred, "site_id"]) == {"S116"}
    assert barred.sum() == pairs["school_id"].nunique()
    rest = pairs[~barred].reset_index(drop=True)
    before = millbrook("colocation_pairs")
    pd.testing.assert_frame_equal(rest, before[before["site_id"] != "S116"].reset_index(drop=True))
    by_name = pd.concat([exclusions.assign(school_id=school) for school in pairs["school_id"].unique()])
    with pytest.raises(ContractError, match="closed to all 6 schools that ask, one by one"):
        run({**tables, "site_exclusions": by_name})


def test_millbrooks_leases_are_of_the_rooms_taken(tables: dict[str, Any], millbrook: Read) -> None:
    """All ten of Washington's free rooms are the host's until 2030 alone; the nine that are taken stay free to 2034."""
    found = run(tables)["colocation_matches"].set_index("site_id")
    whole = millbrook("surplus_sites").set_index("site_id")["longest_lease_years"]
    assert (whole["S119"], whole["S116"]) == (5.0, 9.0)
    assert found.loc[["S119", "S116"], "longest_lease_years"].tolist() == [10.0, 10.0]
    assert found.loc[["S901", "S903"], "longest_lease_years"].isna().all()  # an empty site has no host


def test_a_room_is_worth_something_while_schools_wait_and_the_next_to_fit_is_named(tables: dict[str, Any]) -> None:
    values = run(tables)["room_values"]
    assert (values["room_price"] > 0).all()
    assert values.set_index("site_id").loc["S117", "rooms_to_next"] == 8.0


def test_a_state_without_rules_has_no_worksheet_and_an_unknown_one_is_refused(tables: dict[str, Any]) -> None:
    assert run(tables, state_rules="")["prop39"].empty
    with pytest.raises(ConfigError, match="there are no rules 'maryland'; there are california"):
        run(tables, state_rules="maryland")


def test_millbrooks_worksheet_has_a_row_for_each_charter_that_teaches_in_a_building(millbrook: Read) -> None:
    sheet, facts = millbrook("prop39"), millbrook("school_facts")
    charters = facts[(facts["sector"] == "charter") & (facts["school_status"] == "open") & ~facts["is_virtual"]]
    assert set(sheet["school_id"]) == set(charters["school_id"])
    done = sheet[sheet["worksheet_status"] == "computed"]
    assert len(done) >= 5
    assert (done["offered_classrooms"] >= done["in_district_ada"] / done["ada_per_classroom_ratio"]).all()
    assert (done["offered_classrooms"] < done["in_district_ada"] / done["ada_per_classroom_ratio"] + 1).all()
    assert (millbrook("prop39_calendar")["date_text"].iloc[[0, -1]] == ["2024-11-01", "2025-05-01"]).all()
