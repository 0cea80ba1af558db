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
# # Which neighborhoods need better schools most, and how sure are we?
#
# Reads the tables of the study last run (`dvc repro`). A rank without its interval is not a
# statement: neighborhoods are called *high* only where at least the study's share of draws
# within the margins of error agrees.

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
print(f"{study.study.title}: census {study.vintages.now}, schools fall {study.study.fall_year}")

# %% [markdown]
# ## The ranking, with its interval

# %%
names = store.read("neighborhood_names").set_index("neighborhood_id")["name"]
need = store.read("need")
ranking = need.sort_values(["need_rank", "neighborhood_id"]).assign(name=need["neighborhood_id"].map(names))
display(
    ranking[
        ["name", "need_rank", "need_rank_low", "need_rank_high", "high_need_probability_share", "need_class", "hot_spot_class"]
    ].head(15)
)

# %% [markdown]
# How many neighborhoods may be called what:

# %%
display(need["need_class"].value_counts().to_frame("neighborhoods"))

# %% [markdown]
# ## Why is the first one high?
#
# The contributions of its indicators sum to its index. The raw shares stand beside them, with
# their 90% margins.

# %%
first = ranking["neighborhood_id"].iloc[:1]
parts = store.read("need_contributions")
why = parts[parts["neighborhood_id"].isin(first)].sort_values("contribution_index", ascending=False)
display(why[["indicator", "indicator_share", "indicator_share_moe", "percentile_share", "indicator_weight", "contribution_index"]])
print(f"sum of contributions: {why['contribution_index'].sum():.6f}; index: {ranking['need_index'].iloc[:1].sum():.6f}")

# %% [markdown]
# ## What the study does not know

# %%
ledger = store.read("ledger_need")
display(ledger[ledger["entry"] == "missing_input"][["subject_name", "reason"]])

# %% [markdown]
# ## The map the committee sees

# %%
IFrame("../maps/need.html", width="100%", height=640)
