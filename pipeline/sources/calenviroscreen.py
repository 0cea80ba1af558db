"""CalEnviroScreen 2.0 and 3.0: the share of people in poverty of two periods on the same tracts."""

from __future__ import annotations

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows, read_shapes_file
from pipeline.sources.values import parse_number, places, subject_of, text_id

# The ACS five-year periods of versions 2.0 and 3.0.
VINTAGES = ("2008-2012", "2011-2015")
_SHAPES = (".gpkg", ".geojson", ".shp", ".zip", ".parquet")


def read_calenviroscreen(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """People below twice the poverty line by 2010 tract, from CalEnviroScreen's percentage.

    Grain: tract x vintage (``area_counts``). Files: the indicator table, and the shapes of 2010 tracts with
    their ``Population``. Option: ``county`` (code of five digits or a list of them). The source's
    ``vintage`` tells the version: 2008-2012 is 2.0, 2011-2015 is 3.0.
    CalEnviroScreen prints shares only, so a count needs a universe: the tract's people of 2010 stand
    in for those whose poverty status is known, and counts have no margin; the ledger says so. Its
    shares of adults, households and the labor force are left out: those universes are in neither file.

    Raises
    ------
    SourceError
        With all faults: columns missing, damaged tract numbers, shares outside 0-100.
    ConfigError
        If the vintage is none of the two or a file is missing.

    References
    ----------
    OEHHA, CalEnviroScreen 2.0 (2014) and 3.0 (2017), chapters on poverty: percent of the population
    below twice the federal poverty level, ACS 2008-2012 and 2011-2015.
    """
    chosen = options(entry, county=[])
    shapes = [file.name for file in entry.files if file.name.lower().endswith(_SHAPES)]
    tables = [file.name for file in entry.files if file.name.lower().endswith(".csv")]
    if entry.vintage not in VINTAGES or len(tables) != 1 or len(shapes) != 1:
        periods = " or ".join(VINTAGES)
        raise ConfigError(
            f"source {entry.id}: CalEnviroScreen needs the vintage {periods}, its table (.csv) and one file of 2010 tracts with GEOID and Population (.gpkg, .geojson, .shp): "
            "the table holds shares only, and a count needs the people they are shares of."
        )
    name, population_file = tables[0], shapes[0]
    rows = read_rows(folder.path / name, entry_id=entry.id)
    faults, subject = Faults(), subject_of(entry, name)
    lacking = [column for column in ("FIPS", "Poverty") if column not in rows.columns]
    faults.add(
        "E-COLUMNS", f"columns are missing: {', '.join(lacking)}", lacking, "Fetch the indicator table by tract."
    )
    faults.raise_if_any(subject)
    fips = text_id(rows["FIPS"], length=11, what="FIPS", rows=rows["__row__"], faults=faults)
    faults.add(
        "E-KEY-DUP",
        "FIPS stands twice",
        places(fips.duplicated(keep=False), fips, "FIPS", rows["__row__"]),
        "Do not append the tables of both versions.",
    )
    values, _ = parse_number(
        rows["Poverty"],
        entry=entry,
        what="Poverty",
        absent={"not_reported": ("", "NA")},
        rows=rows["__row__"],
        faults=faults,
    )
    percent = values.astype("float64")
    faults.add(
        "E-RANGE",
        "Poverty is a percentage of 0 to 100",
        places((percent < 0) | (percent > 100), rows["Poverty"], "Poverty", rows["__row__"]),
        "Use the indicator, not its percentile or a missing-value code.",
    )
    faults.raise_if_any(subject)
    people = _population(entry, folder, population_file)
    out = pd.DataFrame({"area_level": "tract", "vintage": entry.vintage, "area_geoid": fips})
    county = chosen["county"]
    codes = (county,) if isinstance(county, str) else tuple(str(code) for code in county)
    own = fips.str.startswith(codes) if codes else fips.isin(people.index)
    faults.add(
        "E-COUNTY",
        "the file has no tract of the county",
        [] if own.any() else [", ".join(codes)],
        "Give the option `county` as quoted five-digit codes: '06067'.",
    )
    faults.raise_if_any(subject)
    if (~own).any():
        folder.ledger.loss(name, "tracts of other counties or far from the study", count=int((~own).sum()), unit="rows")
    universe = fips.map(people).astype("float64")
    known = universe.notna() & percent.notna()
    out["poverty_universe"] = universe.where(known)
    out["people_below_200_poverty"] = (universe * percent / 100).where(known)
    out = out[own].reset_index(drop=True)
    folder.ledger.match(
        f"tracts of {name} with a 2010 population",
        total=len(out),
        matched=int(universe[own].notna().sum()),
        unit="tracts",
    )
    folder.ledger.note(
        f"people_below_200_poverty {entry.vintage}",
        "CalEnviroScreen's percentage times the people of 2010; no margin of error is published",
    )
    absent = int(out["people_below_200_poverty"].isna().sum())
    if absent:
        folder.ledger.absence(
            f"people_below_200_poverty {entry.vintage}",
            "CalEnviroScreen has no reliable estimate for the tract",
            count=absent,
            unit="areas",
        )
    return out


def _population(entry: SourceEntry, folder: Folder, name: str) -> pd.Series:
    """People of 2010 by tract near the study."""
    shapes = read_shapes_file(
        folder.path / name, entry_id=entry.id, target_crs=folder.crs, box=folder.box, id_column="GEOID", outside="drop"
    )
    faults = Faults()
    lacking = [column for column in ("GEOID", "Population") if column not in shapes.columns]
    faults.add(
        "E-COLUMNS",
        f"columns are missing: {', '.join(lacking)}",
        lacking,
        "Give a file of 2010 tracts with GEOID and Population.",
    )
    faults.raise_if_any(subject_of(entry, name))
    values, _ = parse_number(
        shapes["Population"], entry=entry, what="Population", absent={}, rows=shapes["__row__"], faults=faults
    )
    numbers = values.astype("float64")
    faults.add(
        "E-NEGATIVE",
        "Population is negative",
        places(numbers < 0, shapes["Population"], "Population", shapes["__row__"]),
        "Look the code up.",
    )
    faults.add(
        "E-KEY-DUP",
        "GEOID stands twice",
        places(shapes["GEOID"].duplicated(keep=False), shapes["GEOID"], "GEOID", shapes["__row__"]),
        "Dissolve the parts of a tract first.",
    )
    faults.raise_if_any(subject_of(entry, name))
    return pd.Series(numbers.to_numpy(), index=pd.Index(shapes["GEOID"].tolist()))


SOURCES: tuple[Source, ...] = (
    Source(
        "calenviroscreen",
        ("area_counts",),
        "CalEnviroScreen 2.0 or 3.0 indicators by tract, with a file of 2010 tracts",
        read_calenviroscreen,
    ),
)
