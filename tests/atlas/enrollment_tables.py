"""Published tables of who goes where, for the tests of the atlas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.tables import BY_TABLE

FALL = 2024


def enrollment_tables(zones: Any, neighborhoods: list[str], schools: list[str]) -> dict[str, Any]:
    """Three years of the district, two neighborhoods with schools, and zones of which the first is not shown."""
    rows = [
        ("school", "district", "9999999", fall, run, pupils, share, told, hidden, status)
        for fall, run, pupils, share, told, hidden, status in (
            (2022, "district", 9000.0, 0.9, 8.0, 0.0, "reported"),
            (2022, "charter", 1000.0, 0.1, 4.0, 0.0, "reported"),
            (2022, "private", 350.0, np.nan, 4.0, 0.0, "reported"),
            (2024, "district", 8800.0, 0.88, 7.0, 1.0, "suppressed"),
            (2024, "charter", 1200.0, 0.12, 4.0, 0.0, "reported"),
            (2024, "private", np.nan, np.nan, 0.0, 0.0, "not_reported"),
        )
    ]
    rows += [
        ("school", "neighborhood", place, FALL, run, pupils, share, 1.0, 0.0, "reported")
        for place in neighborhoods[:2]
        for run, pupils, share in (("district", 400.0, 0.8), ("charter", 100.0, 0.2))
    ]
    for place, zone in enumerate(zones.to_dict("records")):
        hidden = place == 0
        for run, share in (("district", 0.6 + place / 50), ("charter", 0.4 - place / 50)):
            rows.append(
                (
                    "residence",
                    f"zone {zone['level']} 2024",
                    zone["zone_id"],
                    FALL,
                    run,
                    np.nan if hidden else 10.0 * round(20 * share),
                    np.nan if hidden else round(share, 2),
                    np.nan,
                    np.nan,
                    "suppressed" if hidden else "reported",
                )
            )
    flows = [
        (zone["level"], zone["zone_id"], schools[0], FALL, "district", True, 120.0)
        for zone in zones.to_dict("records")[1:4]
    ]
    nothing = dict.fromkeys(("value_low_from", "value_low_to", "value_high_from", "value_high_to"), np.nan)
    moved = {"value_low_from": 2.0, "value_low_to": 1.0, "value_high_from": 9.0, "value_high_to": 3.0}
    changes = [
        ("neighborhood", neighborhoods[0], "all", "need_rank", 4.0, 2.0, moved, "within", "data"),
        ("neighborhood", neighborhoods[1], "middle", "relative_access_ratio", 0.4, 0.4, nothing, "same", "nothing"),
        ("district", "9999999", "all", "quality_share", 0.335, 0.344, nothing, "no_margin", "data"),
    ]
    names = ["subject_kind", "subject_id", "fact_level", "fact", "value_from", "value_to"]
    told = pd.DataFrame([{**dict(zip(names, row[:6], strict=True)), **row[6], "change_evidence": row[7], "changed_by": row[8]} for row in changes])  # fmt: skip
    told = told.assign(release_id="2023-24", period_from="2023", period_to="2024")
    told["value_change"] = told["value_to"] - told["value_from"]
    return {
        "public_changes": told[BY_TABLE["public_changes"].names],
        "public_sectors": pd.DataFrame(rows, columns=BY_TABLE["public_sectors"].names),
        "public_flows": pd.DataFrame(flows, columns=BY_TABLE["public_flows"].names),
    }
