"""Rows of the tables under the sheet Growth, from the published tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.periods import latest
from pipeline.atlas.spec import About
from pipeline.atlas.words import each_label
from pipeline.columns import BY_NAME, parted
from pipeline.numerals import listed, number

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]

BANDS = BY_NAME["age_band"].values
MOVED_BANDS = ("5-17", "5-9", "10-13", "14-17")
# Columns made here, beside those of the published tables.
MADE = (
    *("ages_text", "evidence_text", "driver_text", "period", "cross_name"),
    *(f"moved_{band}" for band in MOVED_BANDS),
    *(f"moved_{band}_moe" for band in MOVED_BANDS),
)
_WHY = {
    ("births", True): "Mainly larger cohorts growing up",
    ("births", False): "Mainly smaller cohorts growing up",
    ("housing", True): "Mainly new homes",
    ("housing", False): "Mainly homes that are gone",
    ("moving", True): "Mainly families moving in",
    ("moving", False): "Mainly families moving away",
    ("mixed", True): "Several things together",
    ("mixed", False): "Several things together",
}
UNTOLD = "Cannot be told"
_PAIR = ["vintage_from", "vintage_to"]


def is_tested(tables: Tables) -> bool:
    """Whether any change of children is known: else nothing was tested for growth."""
    return bool(tables["public_growth"]["children_change"].notna().any())


def no_pocket(tables: Tables) -> str:
    """Why there is no pocket: none stands out, or none was looked for."""
    if is_tested(tables):
        return "No group of adjoining neighborhoods changed more than chance would bring."
    return "Not tested: the study has no counts of children of two survey periods that can be compared."


def pockets_now(tables: Tables, about: About) -> pd.DataFrame:
    """Pockets of the pair of vintages that the map shows; the largest change first."""
    found, shown = tables["public_pockets"], latest(tables["public_growth"], about)
    now = found.merge(shown[_PAIR].drop_duplicates(), on=_PAIR, how="inner") if len(shown) else found.iloc[:0]
    return _largest_first(now)


def pockets_before(tables: Tables, about: About) -> pd.DataFrame:
    """Pockets of earlier pairs of vintages, the latest pair first."""
    found = tables["public_pockets"]
    earlier = found[~found["pocket_id"].isin(pockets_now(tables, about)["pocket_id"])]
    return _largest_first(earlier).sort_values(["vintage_to", "vintage_from"], ascending=False, kind="stable")


def _largest_first(found: pd.DataFrame) -> pd.DataFrame:
    size = -found["children_change"].abs()
    order = found.assign(size=size).sort_values(["pocket_kind", "size", "pocket_id"], kind="stable")
    return order.drop(columns="size").reset_index(drop=True)


def driver_words(driver: str, is_growing: bool) -> str:
    """What drives a change, said of its direction.

    >>> driver_words("moving", False), driver_words("not_known", True)
    ('Mainly families moving away', 'Cannot be told')
    """
    return _WHY.get((driver, is_growing), UNTOLD)


def evidence_words(changed: float, clustered: float, together: float) -> str:
    """By which tests the areas of a pocket are believed.

    >>> evidence_words(5.0, 0.0, 0.0), evidence_words(2.0, 1.0, 3.0)
    ('5 by themselves', '2 by themselves, 1 by its cluster and 3 with their neighbors')
    """
    its = ("itself", "themselves"), ("its", "their")
    parts = [
        (changed, f"by {its[0][changed != 1]}"),
        (clustered, f"by {its[1][clustered != 1]} cluster"),
        (together, f"with {its[1][together != 1]} neighbors"),
    ]
    return listed([f"{number(count)} {words}" for count, words in parts if count])


def _told(found: pd.DataFrame, names: Names) -> pd.DataFrame:
    places = names["neighborhood"]
    grows = found["pocket_kind"].eq("growing")
    kinds = zip(found["areas_changed"], found["areas_clustered"], found["areas_together"], strict=True)
    return found.assign(
        area_names=[", ".join(places.get(i, i) for i in parted(ids)) for ids in found["area_ids"]],
        ages_text=[each_label("age_band", band) for band in found["age_band"]],
        driver_text=[driver_words(driver, up) for driver, up in zip(found["driver"], grows, strict=True)],
        evidence_text=[evidence_words(*each) for each in kinds],
        period=[f"{a} to {b}" for a, b in zip(found["vintage_from"], found["vintage_to"], strict=True)],
    )


def _pockets(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    return _told(pockets_now(tables, about), names)


def _earlier(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    return _told(pockets_before(tables, about), names)


def crossed(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Neighborhoods that grow or are of high need, those of both first, then by their rank of need; untested ones by need alone."""
    order = {name: place for place, name in enumerate(BY_NAME["cross_class"].values)}
    rows = latest(tables["public_growth_need"], about)
    rows = rows[rows["cross_class"].isin(["both_high", "growth_only", "need_only", "high_untested"])]
    called = [names["neighborhood"].get(i, i) for i in rows["neighborhood_id"]]
    rows = rows.assign(area_name=called, order=rows["cross_class"].map(order).astype("float64"))
    return rows.sort_values(["order", "need_rank", "neighborhood_id"], kind="stable")


def _areas(rows: pd.DataFrame, names: Names, about: About) -> pd.DataFrame:
    """Rows of the district, then of its neighborhoods by name."""
    rows = rows[rows["layer"].isin(["district", "neighborhood"])]
    whole = rows["layer"].eq("district")
    called = [
        about.title if is_whole else names["neighborhood"].get(i, i)
        for is_whole, i in zip(whole, rows["area_id"], strict=True)
    ]
    rows = rows.assign(area_name=called, part=~whole)
    return rows.sort_values(["part", "area_name", "area_id"], kind="stable")


def drivers(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """The parts of each area's change of school-age children."""
    rows = _areas(latest(tables["public_drivers"], about), names, about)
    change = rows["births_change"] + rows["housing_change"] + rows["moving_change"]
    told = [driver_words(driver, up) for driver, up in zip(rows["driver"], change >= 0, strict=True)]
    return rows.assign(driver_text=told, ages_text=[each_label("age_band", ages) for ages in rows["ages"]])


def migration(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """One row for each area: net migration of each band of school age."""
    rows = latest(tables["public_migration"], about)
    key = ["layer", "area_id"]
    # pivot refuses a repeated key; pivot_table would average it
    wide = rows.pivot(index=key, columns="age_band", values=["migrants_change", "migrants_change_moe"])  # noqa: PD010
    made = {
        f"moved_{band}{end}": wide[(f"migrants_change{end}", band)]
        if (f"migrants_change{end}", band) in wide
        else float("nan")
        for band in MOVED_BANDS
        for end in ("", "_moe")
    }
    return _areas(wide[[]].droplevel(1, axis=1).assign(**made).reset_index(), names, about)


def population(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Children expected: of the whole district in every band, of neighborhoods those of school age."""
    rows = tables["public_population"]
    rows = rows[(rows["layer"] == "district") | (rows["age_band"] == "5-17")]
    rows = rows.assign(
        ages_text=[each_label("age_band", band) for band in rows["age_band"]],
        band=rows["age_band"].map({band: place for place, band in enumerate(BANDS)}).astype("float64"),
    ).sort_values(["band", "year"], kind="stable")
    return _areas(rows, names, about)


def with_growth(places: pd.DataFrame) -> pd.DataFrame:
    """Neighborhoods with what is to be hatched on the map of growth and need: growth whose figures are unreliable."""
    grows = places["cross_class"].isin(["both_high", "growth_only"])
    return places.assign(is_unsure=grows & places["crossed_reliability_class"].isin(["low", "not_known"]))


# How the rows of a further table are made, by its key.
FRAMES: Mapping[str, Callable[[Tables, Names, About], pd.DataFrame]] = {
    "pockets": _pockets,
    "pockets_before": _earlier,
    "crossed": crossed,
    "drivers": drivers,
    "migration": migration,
    "population": population,
}
