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
# agrees. The draws vary the margins of error and the choices behind the index at once;
# docs/need.md says which, and how all of this is to be read.

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
        ["name", "need_rank", "need_rank_low", "need_rank_high", "need_rank_median", "high_need_probability_share", "need_class"]
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
# ## Which choice moves ranks most?
#
# The total index is the share of the ranks' movement in which a factor has a part, alone or
# with others; the first-order index is what it moves by itself.

# %%
moves = store.read("rank_sensitivity")
display(moves[moves["moved"] == "ranks"].sort_values("total_index", ascending=False).drop(columns="moved").round(2))

# %% [markdown]
# ## The same town by four indices
#
# Ranks among the neighborhoods, and their rank correlations. Where a family disagrees about a
# neighborhood, its contributions by that family say why.

# %%
families = store.read("need_families")
local = families[families["norm"] == "local"].pivot(index="neighborhood_id", columns="family", values="family_rank")
order = ranking.set_index("neighborhood_id")["name"]
display(local.reindex(order.index).assign(name=order).head(15))
display(local.corr(method="spearman").round(3))

# %% [markdown]
# Held against the areas of the state, where the study has their counts:

# %%
own = families[families["family"] == study.need.family]
display(own.pivot(index="neighborhood_id", columns="norm", values=["family_rank", "family_score"]).reindex(order.index).head(15))

# %% [markdown]
# ## Where does need lie together?
#
# `hot_spot_class`: a neighborhood and its neighbors together. `moran_class`: the neighbors, and
# whether the neighborhood is like them. Each row is an indicator, or the index.

# %%
clusters = store.read("need_clusters")
display(clusters.groupby(["cluster_measure", "hot_spot_class"]).size().unstack(fill_value=0))
display(clusters.groupby(["cluster_measure", "moran_class"]).size().unstack(fill_value=0))

# %% [markdown]
# ## The lines to quote
#
# Written from the published numbers. Where fewer than five can be said, the others give their
# reason.

# %%
for line in store.read("public_lines").itertuples():
    print(f"{line.line}. {line.statement}" if line.is_told else f"   not said ({line.topic}): {line.statement}")

# %% [markdown]
# ## What the study does not know

# %%
ledger = store.read("ledger_need")
display(ledger[ledger["entry"] == "missing_input"][["subject_name", "reason"]])

# %% [markdown]
# ## The map the committee sees

# %%
IFrame("../maps/need.html", width="100%", height=640)
