# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Where is the number of school-age children rising, and what will it be in five years?
#
# Reads the tables of the study last run (`dvc repro`). A change counts as one only where it is
# larger than the survey's error, after correction for having asked the question many times.

# %%
import os
import sys
from pathlib import Path

root = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "params.yaml").is_file())
os.chdir(root)
sys.path.insert(0, str(root))

from IPython.display import IFrame, display

from pipeline import config, store

study = config.load()
print(f"{study.study.title}: {study.vintages.before} to {study.vintages.now}")

# %% [markdown]
# ## Pockets: neighborhoods that adjoin and change together

# %%
display(store.read("growth_pockets"))

# %% [markdown]
# ## Change by neighborhood, with margins

# %%
change = store.read("school_age_change")
here = change[
    (change["layer"] == "neighborhood")
    & (change["age_band"] == study.growth.age_band)
    & (change["vintage_to"] == study.vintages.now)
]
names = store.read("neighborhood_names").set_index("neighborhood_id")["name"]
shown = here.assign(name=here["area_id"].map(names)).sort_values("children_change", ascending=False)
display(
    shown[["name", "children_from", "children_to", "children_change", "children_change_moe", "is_significant", "reliability_class"]]
)

# %% [markdown]
# ## The outlook, and how wrong it has been
#
# Every method was tried on years it had not seen. The errors, by horizon and school size, are
# what the intervals are made of.

# %%
display(store.read("backtest"))

# %%
totals = store.read("outlook_totals")
district = totals[totals["unit_kind"] == "district"].set_index("fall_year")
display(district[["pupils_projected", "pupils_projected_low", "pupils_projected_high", "method"]])

# %% [markdown]
# ## What the study does not know

# %%
ledger = store.read("ledger_growth")
display(ledger[ledger["entry"] == "missing_input"][["subject_name", "reason"]])

# %%
IFrame("../maps/growth.html", width="100%", height=640)
