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
print(f"{study.study.title}: {len(sites)} sites; capacity by {', '.join(study.capacity.rules)}")

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
inventory = store.read("rfp_inventory")
inventory = inventory.assign(name=inventory["site_id"].map(sites))
terms = ["name", "rfp_status", "confidence_class", "surplus_rooms", "longest_lease_years", "lease_limit", "need_rank", "constraint_notes", "reason"]
display(inventory[inventory["rfp_status"].isin(["listed", "one_definition"])][terms])
display(inventory[~inventory["rfp_status"].isin(["listed", "one_definition"])][["name", "surplus_case", "confidence_class", "reason"]])
display(store.read("rfp_scores")[["site_id", "name", "score_index", "score_rank", "first_share", "reason"]])

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
# ## Where are quality seats missing, and does it depend on how one counts?
#
# Unmet seats of each zone by five ways of counting, and between which ranks it moves; then what
# becomes of the total as the quality cut moves. A zone that keeps its rank is short by any count.

# %%
variants = store.read("service_gap_variants")
by_zone = variants.pivot(index=["level", "zone_id"], columns="variant", values="unmet_seats")
ranks = variants.groupby(["level", "zone_id"])["service_gap_rank"].agg(["min", "max"])
display(by_zone.round(0).join(ranks).sort_values(["level", "min"]))
display(store.read("cut_sweep").round(2))

# %% [markdown]
# Who lives where access to quality seats is poor, and why more or fewer pupils are in such seats:

# %%
display(store.read("access_groups").round(2))
change = store.read("quality_change")
whole = (change["layer"] == "district") & (change["student_group"] == "all")
display(change[whole].drop(columns=["layer", "area_id", "student_group"]).round(0))

# %% [markdown]
# ## Where a further quality school would reach most unmet demand

# %%
options = store.read("siting_options").sort_values("option_rank")
display(options.assign(name=options["site_id"].map(sites)))

# %%
IFrame("../maps/facilities.html", width="100%", height=640)
