"""Who lives in the district, in each zone and neighborhood: counts and margins that have travelled there."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.analysis.areas import COUNT_COLUMNS, inhabited_measure
from pipeline.analysis.crosswalk import ROUNDING, SLIGHT_SHARE, allocate, with_sum_of_ages
from pipeline.columns import AREA_LEVELS, BY_NAME, CENSUS_COUNTS, CHILD_COUNTS
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger
from pipeline.numerals import number, percent

# Where more than this share of a place's children (or people) was placed by plain area, its numbers are approximate.
MOSTLY = 0.5


def layer_profile(
    areas: pd.DataFrame, crosswalk: pd.DataFrame, layer: str, ledger: Ledger | None = None
) -> pd.DataFrame:
    """Counts and margins of every target of one layer, for each vintage.

    A count is taken from the finest census areas that publish it for the vintage (block groups
    before tracts): mixing levels within one count would count people twice.
    Each count travels by the weights of its carrier: children of an age by where children of that age live,
    adults, people and homes by their own. All children are the sum of their ages where all ages arrive everywhere, so that
    ages and total agree; their margin is that of the published total.

    Parameters
    ----------
    areas : DataFrame
        Table ``census_areas`` (its shapes are not used).
    crosswalk : DataFrame
        Table ``crosswalk``.
    layer : str
        Target layer, such as 'neighborhood'.
    ledger : Ledger, optional
        Takes a balance of the children (or people) of each vintage.

    Returns
    -------
    DataFrame
        ``target_id``, ``vintage``, ``method`` (how the counts came: kinds of evidence, joined
        by ' + '), ``is_by_area`` (most of its children, or people, were placed by plain area) and all census counts with margins; missing where no source publishes them.

    Raises
    ------
    LedgerError
        If what arrived of any count, and what did not, is not what the census areas count.
    """
    parts = []
    arriving = crosswalk[crosswalk["target_layer"] == layer]
    for vintage, of_vintage in areas.groupby("vintage", sort=True):
        profile: pd.DataFrame | None = None
        taken: set[str] = set()
        methods: list[pd.DataFrame] = []
        by_area: pd.Series | None = None
        for level in AREA_LEVELS:
            source = of_vintage[of_vintage["area_level"] == level].rename(columns={"area_geoid": "source_id"})
            links = arriving[arriving["source_layer"] == f"{level} {vintage}"]
            source = source[source["source_id"].isin(links["source_id"])]
            columns = [name for name in CENSUS_COUNTS if name not in taken and source[name].notna().any()]
            if not columns:
                continue
            part = allocate(links, source, columns).set_index("target_id")
            _balance(part, links, source, f"{layer} from {level} {vintage}", columns, ledger)
            part = with_sum_of_ages(part)
            profile = part if profile is None else profile.join(part, how="outer")
            measure = inhabited_measure(source)
            of_main = links["carrier"] == (BY_NAME[measure].carrier if measure else links["carrier"].iloc[0])
            methods.append(links.loc[of_main, ["target_id", "method"]])
            # of the finest areas: what comes from coarser ones besides are lesser counts
            by_area = _by_area_share(links[of_main], source, measure) if by_area is None else by_area
            taken.update(columns)
        if profile is not None:
            used = pd.concat(methods).drop_duplicates().sort_values(["target_id", "method"])
            profile["method"] = used.groupby("target_id")["method"].agg(" + ".join)
            profile["is_by_area"] = (by_area if by_area is not None else pd.Series()).reindex(profile.index) > MOSTLY
            parts.append(profile.reset_index().assign(vintage=vintage))
    columns = ["target_id", "vintage", "method", "is_by_area", *COUNT_COLUMNS]
    if not parts:
        kinds = {"is_by_area": "bool", **dict.fromkeys(COUNT_COLUMNS, "float64")}
        return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in columns})
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def zone_profile(areas: pd.DataFrame, crosswalk: pd.DataFrame, zones: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Table ``zone_profile``: counts and margins of each zone, level and school year, by vintage.

    A zone that no census area reaches has no row; it is a ledger line.
    """
    parts = []
    for (level, fall_year), of_layer in zones.groupby(["level", "fall_year"], sort=True):
        layer = f"zone {level} {fall_year}"
        profile = layer_profile(areas, crosswalk, layer, ledger).rename(columns={"target_id": "zone_id"})
        known = of_layer[["level", "fall_year", "zone_id", "is_approximate"]]
        parts.append(_marked(known.merge(profile, on="zone_id", how="inner", validate="1:m"), layer, ledger))
        _record_unreached(of_layer["zone_id"], profile, "zone_id", layer, ledger)
    columns = ["level", "fall_year", "zone_id", "vintage", "is_approximate", "method", *COUNT_COLUMNS]
    if not parts:
        ledger.missing_input("zone_profile", "the study has no zones, so nobody is counted by zone")
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def neighborhood_profile(
    areas: pd.DataFrame, crosswalk: pd.DataFrame, neighborhoods: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    """Table ``neighborhood_profile``: counts and margins of each neighborhood, by vintage."""
    profile = layer_profile(areas, crosswalk, "neighborhood", ledger).rename(columns={"target_id": "neighborhood_id"})
    _record_unreached(neighborhoods["neighborhood_id"], profile, "neighborhood_id", "neighborhood", ledger)
    table = neighborhoods[["neighborhood_id", "is_approximate", "inside_share"]].merge(
        profile, on="neighborhood_id", how="inner", validate="1:m"
    )
    table = _marked(table, "neighborhood", ledger)
    return table[["neighborhood_id", "vintage", "is_approximate", "inside_share", "method", *COUNT_COLUMNS]]


def neighborhood_placings(areas: pd.DataFrame, placings: pd.DataFrame) -> pd.DataFrame:
    """Table ``neighborhood_placings``: the counts of each neighborhood by other ways of placing them.

    Parameters
    ----------
    areas : DataFrame
        Table ``census_areas`` (its shapes are not used).
    placings : DataFrame
        Table ``placing_crosswalk``: a crosswalk for each way.
    """
    parts = [pd.DataFrame(columns=["neighborhood_id", "placing", *COUNT_COLUMNS])]
    for placing, rows in placings.groupby("placing", sort=True):
        profile = layer_profile(areas, rows, "neighborhood").rename(columns={"target_id": "neighborhood_id"})
        parts.append(profile.assign(placing=placing)[list(parts[0].columns)])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def district_profile(areas: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Table ``district_profile``: counts and margins of the district as a whole, by vintage.

    They come straight from the census areas. The sum of neighborhoods would leave out who lives in
    none, and its margins would be too small: the parts of one census area do not err independently.
    """
    profile = layer_profile(areas, crosswalk, "district").rename(columns={"target_id": "district_id"})
    return profile[["district_id", "vintage", "method", *COUNT_COLUMNS]]


def balance_layers(
    areas: pd.DataFrame, crosswalk: pd.DataFrame, *, fall_year: int, outside_share: float, ledger: Ledger
) -> None:
    """Hold every layer to the district: children in it, in no zone, and the total.

    For each vintage and layer, the children of the district (by its own crosswalk) are those
    in the layer and those in none of its areas. Who is in none is found per census area: its
    share in the district less its share in the layer, where that is positive.

    Raises
    ------
    LedgerError
        If more than ``outside_share`` of the district's children live in no zone of a level
        in force: names the level, the share and the census area with the most of them.
    """
    layers = sorted(set(crosswalk["target_layer"]) - {"district"})
    too_many = []
    for vintage, of_vintage in areas.groupby("vintage", sort=True):
        level, measure = _finest(of_vintage)
        if measure is None or "district" not in set(crosswalk["target_layer"]):
            continue
        source_layer = f"{level} {vintage}"
        links = crosswalk[crosswalk["source_layer"] == source_layer]
        if links.empty:
            continue
        of_level = of_vintage[of_vintage["area_level"] == level].set_index("area_geoid")
        counts = _counted_as(of_level.reindex(links["source_id"].unique()), measure)
        shares = {name: _shares(links, str(BY_NAME[name].carrier)) for name in counts}
        known = {name: of_level[name].reindex(share.index).dropna() for name, share in shares.items()}
        total = sum(float((known[name] * _in(shares[name], "district", known[name])).sum()) for name in counts)
        for layer in layers:
            inside, nowhere = 0.0, pd.Series(dtype="float64")
            for name in counts:
                in_district, in_layer = (_in(shares[name], place, known[name]) for place in ("district", layer))
                lacking = in_district - in_layer
                is_lacking = lacking > ROUNDING
                nowhere = nowhere.add(known[name] * lacking.where(is_lacking, 0.0), fill_value=0.0)
                inside += float((known[name] * in_layer.where(is_lacking, in_district)).sum())
            outside = float(nowhere.sum())
            reason = "outside: in the district, in no area of the layer"
            ledger.balance(
                f"{layer}, {vintage}", total=total, inside=inside, outside=outside, unit=measure, reason=reason
            )
            if layer.startswith("zone ") and layer.endswith(f" {fall_year}") and outside > outside_share * total:
                worst = nowhere.idxmax()
                too_many.append(
                    f"{layer}: {number(outside)} of {number(total)} ({percent(outside / total, 1)}) by {vintage}, most of them in {level} {worst} ({number(nowhere[worst])})"
                )
    if too_many:
        raise LedgerError(
            f"More than {percent(outside_share, 1)} of the district's children live in no zone:"
            + "".join(f"\n  - {line}" for line in too_many)
            + "\nComplete the zones, or raise geography.outside_share if the district has places without a zone."
        )


def _counted_as(areas: pd.DataFrame, measure: str) -> list[str]:
    """The counts that make up a measure: each age of the children, as the profiles have them, where all are known."""
    ages = list(CHILD_COUNTS)
    return ages if measure == "children_0_17" and areas[[*ages, measure]].notna().to_numpy().all() else [measure]


def _shares(links: pd.DataFrame, carrier: str) -> pd.DataFrame:
    """Share of each source (rows) in each layer of targets (columns), by one carrier's weights."""
    own = links[links["carrier"] == carrier]
    return own.pivot_table(index="source_id", columns="target_layer", values="weight", aggfunc="sum")


def _in(shares: pd.DataFrame, layer: str, known: pd.Series) -> pd.Series:
    """Share of each source in a layer; none where no weight leads there."""
    found = shares[layer] if layer in shares else pd.Series(0.0, index=shares.index)
    return found.reindex(known.index).fillna(0.0)


def _balance(
    arrived: pd.DataFrame,
    links: pd.DataFrame,
    source: pd.DataFrame,
    subject: str,
    columns: Sequence[str],
    ledger: Ledger | None,
) -> None:
    """Hold what was allocated against the census areas: every count, of which one is a ledger line.

    Total and outside are counted on the census areas, inside on the targets. Counts carried to
    a target that stays empty, as another area of it publishes none, have no place.
    """
    counts = source.set_index("source_id")[list(columns)].astype("float64")
    by_carrier = dict(iter(links.groupby("carrier")))
    measure = inhabited_measure(counts)
    for name in columns:
        links = by_carrier[BY_NAME[name].carrier]
        weight = links.groupby("source_id")["weight"].sum().reindex(counts.index).fillna(0.0)
        known = counts[name].dropna()
        carried = (links["weight"] * counts[name].reindex(links["source_id"]).to_numpy()).groupby(links["target_id"])
        empty = arrived.index[arrived[name].isna()]
        unlocated = float(carried.sum().reindex(empty).sum())
        book = ledger if ledger is not None and name == measure else Ledger()
        passed_over = _passed_over(source, links, name, empty)
        if len(passed_over):
            reason = f"areas without a published {name} that are up to {percent(SLIGHT_SHARE, 1)} of a place: passed over there"
            book.absence(subject, reason, count=len(passed_over), unit="areas", item=passed_over[0])
        book.balance(
            subject,
            total=float(known.sum()),
            inside=float(arrived[name].sum()),
            outside=float((known * (1.0 - weight[known.index])).sum()),
            unlocated=unlocated,
            unit=name,
            reason=f"{len(empty)} areas stay empty: a part of them has no published count" if len(empty) else "",
        )


def _by_area_share(links: pd.DataFrame, source: pd.DataFrame, measure: str | None) -> pd.Series:
    """Share of each target's children (or people) that plain area placed there; missing where nobody is."""
    counts = source.set_index("source_id")[measure].reindex(links["source_id"]).to_numpy() if measure else 1.0
    carried = links["weight"] * counts
    by_area = carried.where(links["method"] == "area", 0.0)
    return by_area.groupby(links["target_id"]).sum() / carried.groupby(links["target_id"]).sum()


def _marked(table: pd.DataFrame, layer: str, ledger: Ledger) -> pd.DataFrame:
    """The profile with the places whose people were mostly placed by plain area marked as approximate."""
    for vintage, rows in table[table["is_by_area"]].groupby("vintage", sort=True):
        reason = "more than half of the children (or people) were placed by plain area: marked approximate"
        key = "zone_id" if "zone_id" in rows else "neighborhood_id"
        of_all = int((table["vintage"] == vintage).sum())
        ledger.note(f"{layer}, {vintage}", f"{len(rows)} of {of_all}: {reason}", item=str(rows[key].iloc[0]))
    return table.assign(is_approximate=table["is_approximate"] | table["is_by_area"])


def _passed_over(source: pd.DataFrame, links: pd.DataFrame, name: str, empty: pd.Index) -> list[str]:
    """Inhabited sources that lack a count, and of which a target has a part and a count all the same."""
    lacking = source.loc[source[name].isna() & ~(source["population"] == 0), "source_id"]
    return sorted(set(links.loc[links["source_id"].isin(lacking) & ~links["target_id"].isin(empty), "source_id"]))


def _finest(areas: pd.DataFrame) -> tuple[str, str | None]:
    """Finest census areas that count children (or at least people), and which of the two."""
    for measure in ("children_0_17", "population"):
        for level in AREA_LEVELS:
            if areas.loc[areas["area_level"] == level, measure].notna().any():
                return level, measure
    return "", None


def _record_unreached(ids: pd.Series, profile: pd.DataFrame, key: str, layer: str, ledger: Ledger) -> None:
    strangers = sorted(set(profile[key]) - set(ids))
    if strangers:
        raise LedgerError(
            f"{layer}: counts arrived in {len(strangers)} areas that the layer has not (first: {strangers[0]}). "
            "Run stage relations again, so that the crosswalk is of these areas."
        )
    unreached = sorted(set(ids) - set(profile[key]))
    if unreached:
        ledger.loss(
            layer,
            "areas that no census area with counts reaches: they have no profile",
            count=len(unreached),
            unit="areas",
            item=unreached[0],
        )
