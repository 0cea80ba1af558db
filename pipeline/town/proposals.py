"""Fictional responses to Millbrook's request for proposals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.town import files, names
from pipeline.town.facilities import Facilities
from pipeline.town.schools import Schools

# Which of the planted sites (in order), who asks, for which grades and for how many rooms; a number is a charter.
ASKING: tuple[tuple[int, int | str, str, str, int], ...] = (
    (0, 2, "KG", "05", 6),
    (0, 6, "TK", "06", 7),
    (0, "Millrace Learning Collective", "06", "08", 4),
    (1, 5, "TK", "08", 9),
    (1, "Valley Makers Academy", "09", "12", 7),
    (4, 0, "KG", "08", 12),
    (4, 3, "06", "08", 8),
    (4, "Orchard Street Middle (planned)", "06", "08", 9),
    (2, 2, "KG", "05", 14),  # more rooms than there are
)
ELSEWHERE = ("S101", "Northgate Preparatory (planned)", "09", "12", 5)  # a site that is not listed


def write_proposals(built: Facilities, schools: Schools, folder: files.Out, rng: np.random.Generator) -> None:
    """The workbook in which the district keeps what came in."""
    table = schools.table
    rows = []
    for number, (place, who, low, high, rooms) in enumerate(ASKING):
        if isinstance(who, int):
            at = int(np.flatnonzero((table["name"] == names.CHARTERS[who][0]).to_numpy())[0])
            name, school, pupils = (
                names.CHARTERS[who][0],
                str(table["school_id"].iloc[at]),
                int(schools.pupils[at, -1].sum()),
            )
        else:
            name, school, pupils = who, "", int(rng.integers(45, 130))
        rows.append([f"P-{number + 1:02d}", built.surplus[place], name, school, low, high, pupils, rooms])
    site, name, low, high, rooms = ELSEWHERE
    rows.append([f"P-{len(rows) + 1:02d}", site, name, "", low, high, int(rng.integers(45, 130)), rooms])
    titles = [
        "Millbrook Unified School District",
        "Responses to the request for proposals, as received by March 1, 2025",
    ]
    heads = ["Proposal", "Site No.", "Proposer", "CDS Code", "Lowest grade", "Highest grade", "Enrollment in hand", "Rooms asked"]  # fmt: skip
    folder.workbook("proposals_2025.xlsx", "Responses", titles, pd.DataFrame(rows, columns=heads))
