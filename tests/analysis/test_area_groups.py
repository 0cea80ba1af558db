"""Groups of areas counted as one: the survey area behind two of them enters once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.area_groups import COUNTS, group_counts
from pipeline.columns import BY_NAME


def facts(rows: dict[tuple[str, str, str], tuple[float, float]]) -> pd.DataFrame:
    """Census areas by (level, vintage, id) with children 5-9 and their margin."""
    names = ["area_level", "vintage", "area_geoid"]
    frame = pd.DataFrame([dict(zip(names, key, strict=True)) for key in rows])
    frame = frame.reindex(columns=[*names, "population", *(n for c in COUNTS for n in (c, f"{c}_moe"))])
    frame["population"] = 100.0
    frame["children_5_9"] = [v[0] for v in rows.values()]
    frame["children_5_9_moe"] = [v[1] for v in rows.values()]
    return frame


def links(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["source_layer", "source_id", "target_id", "weight"])
    carriers = sorted({BY_NAME[count].carrier for count in COUNTS})
    parts = [frame.assign(carrier=carrier, target_layer="neighborhood") for carrier in carriers]
    return pd.concat(parts, ignore_index=True)


MEMBERS = pd.DataFrame({"group_id": ["g", "g", "h"], "area_id": ["a", "b", "c"]})


def test_areas_that_share_a_survey_area_have_its_margin_once() -> None:
    table = facts({("tract", "2023", "1"): (100.0, 20.0), ("tract", "2023", "2"): (50.0, 15.0)})
    crosswalk = links(
        [
            ("tract 2023", "1", "a", 0.5),
            ("tract 2023", "1", "b", 0.5),
            ("tract 2023", "2", "b", 0.4),
            ("tract 2023", "2", "c", 0.6),
        ]
    )
    found = group_counts(table, crosswalk, MEMBERS, layer="neighborhood", vintages=["2023"]).set_index("group_id")
    assert found["children_5_9"].to_dict() == {"g": pytest.approx(120.0), "h": pytest.approx(30.0)}
    assert found.loc["g", "children_5_9_moe"] == pytest.approx(np.hypot(20.0, 0.4 * 15.0))
    # the root of the summed squares of a and b would be too small
    assert np.hypot(10.0, np.hypot(10.0, 6.0)) < found.loc["g", "children_5_9_moe"]


def test_without_shared_areas_it_is_the_root_of_the_summed_squares() -> None:
    table = facts({("tract", "2023", k): (100.0, m) for k, m in (("1", 30.0), ("2", 40.0))})
    crosswalk = links([("tract 2023", "1", "a", 1.0), ("tract 2023", "2", "b", 1.0)])
    found = group_counts(table, crosswalk, MEMBERS, layer="neighborhood", vintages=["2023"])
    assert found["children_5_9_moe"].tolist() == [50.0]


def test_the_finest_areas_that_publish_a_count_are_taken_alone_and_rows_may_come_in_any_order() -> None:
    table = facts(
        {
            ("block_group", "2023", "11"): (60.0, 9.0),
            ("tract", "2023", "1"): (70.0, 8.0),
            ("tract", "2018", "1"): (40.0, 5.0),
        }
    )
    crosswalk = links(
        [("block_group 2023", "11", "a", 1.0), ("tract 2023", "1", "a", 1.0), ("tract 2018", "1", "a", 1.0)]
    )
    found = group_counts(table, crosswalk, MEMBERS, layer="neighborhood", vintages=["2018", "2023", "2030"])
    assert found[["vintage", "children_5_9"]].to_numpy().tolist() == [["2018", 40.0], ["2023", 60.0]]
    shuffled = group_counts(
        table.iloc[::-1], crosswalk.iloc[::-1], MEMBERS.iloc[::-1], layer="neighborhood", vintages=["2018", "2023"]
    )
    pd.testing.assert_frame_equal(found, shuffled)
