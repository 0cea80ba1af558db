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
# # Which buildings have room, and who could use it?
#
# Reads the tables of the study last run (`dvc repro`). Utilization is shown by every definition
# of capacity that the data allow; a site is offered only where enough of them agree.

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
sites = store.read("site_facts").set_index("site_id")["name"]
print(f"{study.study.title}: {len(sites)} sites; capacity rule: {study.capacity.source} ({study.capacity.effective})")

# %% [markdown]
# ## Utilization by definition, this year

# %%
use = store.read("utilization")
now = use[use["fall_year"] == study.study.fall_year]
wide = now.pivot(index="site_id", columns="capacity_definition", values="utilization_ratio")
display(wide.assign(name=wide.index.map(sites)).sort_index())

# %% [markdown]
# ## Sites for the request for proposals, and why the others are not on the list

# %%
surplus = store.read("surplus_sites")
listed = surplus.assign(name=surplus["site_id"].map(sites))
display(listed[listed["surplus_status"] == "offered"][["name", "definitions_under", "surplus_seats", "surplus_rooms", "reason"]])
display(listed[listed["surplus_status"] != "offered"][["name", "surplus_status", "reason"]])

# %% [markdown]
# ## Co-location: schools looking for a place, and sites

# %%
matches = store.read("colocation_matches")
schools = store.read("school_facts").set_index("school_id")["name"]
display(
    matches.assign(school=matches["school_id"].map(schools), site=matches["site_id"].map(sites))[
        ["school", "match_status", "site", "needed_seats", "travel_m", "reason"]
    ]
)

# %% [markdown]
# ## Where a further quality school would reach most unmet demand

# %%
options = store.read("siting_options").sort_values("option_rank")
display(options.assign(name=options["site_id"].map(sites)))

# %%
IFrame("../maps/facilities.html", width="100%", height=640)
