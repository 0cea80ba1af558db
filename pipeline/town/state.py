"""The rest of Millbrook's state: counts of its tracts, so that the town can be held against something larger."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.survey import PEOPLE_PER_HOME, rates, sampled

TRACTS = 300
NAME = "state_tracts_2019_2023.csv"


def write_state(folder: files.Out, rng: np.random.Generator) -> None:
    """One table of counts by tract; deprivation of the state is spread as wide as Millbrook's, around a lower middle."""
    rate = rates(rng.beta(2.0, 3.6, TRACTS))
    people = np.maximum(rng.normal(4200, 1100, TRACTS), 600)
    children, homes = 0.24 * people, people / PEOPLE_PER_HOME
    adults, families, workers = 0.67 * people, 0.24 * people / 1.93, 0.5 * people
    truth = {
        "people": people,
        "children": children,
        "children_poor": children * rate["child_poverty"],
        "children_below_200": children * np.clip(rate["child_below_200"], 0, 0.95),
        "households": homes,
        "limited_english": homes * rate["limited_english"],
        "adults_25": adults,
        "no_diploma": adults * rate["no_diploma"],
        "families": families,
        "single_parent": families * rate["single_parent"],
        "no_vehicle": homes * rate["no_vehicle"],
        "renters": homes * rate["renter"],
        "crowded": homes * rate["crowded"],
        "labor_force": workers,
        "unemployed": workers * rate["unemployment"],
    }
    tract = [f"06998{number:06d}" for number in range(100, 100 + TRACTS)]
    folder.text(NAME, pd.DataFrame({"tract": tract, **{name: sampled(count, rng) for name, count in truth.items()}}))
