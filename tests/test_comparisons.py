"""A study's areas against a publisher's file: what agrees, what does not, and whether the reasons given are the reasons."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline import config
from pipeline.analysis.coverage import raster_sums
from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.geometry import placed
from pipeline.analysis.grids import on_grid
from pipeline.analysis.overlaps import overlaps
from pipeline.analysis.rasters import bands_of, raster_tables
from pipeline.comparisons import MOVED_SHARE, compare, verdict
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from tests.analysis.ground import CRS, square, table

ROOT = Path(__file__).resolve().parent.parent
STUDY = config.load(ROOT / "studies/millbrook.yaml")
CENTRE = gpd.GeoSeries(gpd.points_from_xy([-122.2], [40.12]), crs=4326).to_crs(CRS)[0]


def ground(x: float, width: float) -> shapely.Polygon:
    """A rectangle in the middle of Millbrook."""
    return shapely.affinity.translate(square(x, 0, width, 1000), CENTRE.x, CENTRE.y)


# |   zone 1   |   zone 2   |   blocks:  | a |  b  | c |, b across the line, one quarter in zone 1
ZONES = table(
    "zones",
    level=["elementary"] * 2,
    fall_year=[2024] * 2,
    zone_id=["1", "2"],
    is_approximate=[False] * 2,
    geometry=[ground(0, 1000), ground(1000, 1000)],
)
PROFILE = table(
    "zone_profile",
    level=["elementary"] * 3,
    fall_year=[2024] * 3,
    zone_id=["1", "2", "2"],
    vintage=["2020", "2020", "2010"],
    population=[110.0, 50.0, 7.0],
)
TABLES = {"zones": ZONES, "zone_profile": PROFILE}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace with the blocks' file and a table of zones."""
    folder = tmp_path / "data/raw/millbrook/census"
    folder.mkdir(parents=True)
    blocks = gpd.GeoDataFrame(
        {"people": [100, 40, 20], "zone": ["1", "2", "2"]},
        geometry=[ground(0, 800), ground(800, 800), ground(1600, 400)],
        crs=CRS,
    )
    blocks.to_crs(4326).to_file(folder / "blocks.geojson")
    (folder / "zones.csv").write_text("zone,year,people\n1,2020,109\n2,2020,51\n2,2010,9\n")
    return tmp_path


def held(home: Path, file: str = "blocks.geojson", **changes: Any) -> tuple[str, str]:
    entry = SourceEntry(
        id="compared", feeds="comparison", reader="comparison", files=({"name": file},), producer="", title="",
        url="", licence="", vintage="", accessed="", required=changes.pop("required", True),
    )  # fmt: skip
    study = STUDY.model_copy(update={"raw": STUDY.raw.model_copy(update={"census": (entry,)})})
    against = {"source": "compared", "value": "people", "because": "Blocks are split.", **changes.pop("against", {})}
    fields = {
        "what": "people by zone",
        "table": "zone_profile",
        "sum": "population",
        "by": "zone_id",
        "where": {"level": "elementary", "fall_year": 2024, "vintage": "2020"},
        "source": "the county's file",
        "against": against,
    }
    return compare(config.Expected.model_validate({**fields, **changes}), study, home, TABLES.__getitem__)


def test_areas_are_compared_by_id_and_the_line_says_how_far_apart_they_are(home: Path) -> None:
    keyed = {"key": "zone", "keep": {"year": "2020"}}
    said, line = held(home, "zones.csv", against=keyed)
    assert said == "differs as explained"
    assert line == (
        "people by zone: 2 areas, 160 here and 160 in the county's file; the largest difference is 1.0, in 1 (110 and 109), "
        "the middle one 1.0; 0.6% of all stand in another area. Blocks are split."
    )
    said, line = held(home, "zones.csv", against={**keyed, "because": ""})
    assert said == "differs" and line.endswith("But no reason is given: that is not explained")
    said, line = held(home, "zones.csv", against={**keyed, "keep": {"year": "1999"}})
    assert said == "differs" and "110 and 0" in line  # an area of one side only counts whole


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict_", "says"),
    [
        ([1000.004, 500.0], [1000.0, 500.0], "agrees", "the largest difference is 0.0"),
        ([1000.02, 499.98], [1000.0, 500.0], "differs as explained", "Reason."),
        ([1015.0, 985.0], [1000.0, 1000.0], "differs as explained", "0.8% of all"),
        ([1022.0, 978.0], [1000.0, 1000.0], "differs", "more than 1% of all stand in another area"),
        ([1021.0, 1000.0], [1000.0, 1000.0], "differs", "the totals are more than 1% apart"),
        (
            [160.0, *[100.0] * 19],
            [100.0, 160.0, *[100.0] * 18],
            "differs",
            "areas are off by more than 50% (1 of them)",
        ),
        # the mean area is the measure of one that is nearly empty
        ([5.0, 195.0], [4.0, 196.0], "differs as explained", "0.5% of all"),
        ([0.0], [0.0], "agrees", "1 areas, 0 here and 0"),
        ([3.0], [0.0], "differs", "the totals are more than 1% apart"),
    ],
)
def test_one_rule_says_what_a_reason_explains(ours: list[float], theirs: list[float], verdict_: str, says: str) -> None:
    said, line = verdict("x", pd.DataFrame({"ours": ours, "theirs": theirs}), "the file", "Reason.")
    assert said == verdict_ and says in line


def test_a_rasters_cells_are_coarse_evidence_and_blocks_are_not() -> None:
    both = pd.DataFrame({"ours": [1040.0, 960.0], "theirs": [1000.0, 1000.0]})
    assert verdict("x", both, "the file", "Reason.", MOVED_SHARE["raster"])[0] == "differs as explained"
    assert verdict("x", both, "the file", "Reason.", MOVED_SHARE["split"])[0] == "differs"


def test_no_study_sets_a_bound_of_its_own() -> None:
    against = {"source": "blocks", "value": "v", "key": "k", "because": "b"}
    expected = {"what": "w", "table": "zones", "by": "zone_id", "source": "s"}
    with pytest.raises(ValueError, match="largest"):
        config.Expected.model_validate({**expected, "against": {**against, "largest": 3.0}})
    with pytest.raises(ValueError, match="areas are held to one rule"):
        config.Expected.model_validate({**expected, "against": against, "tolerance": 3.0})


@pytest.mark.parametrize("layer", ["zone elementary 2024", "zone middle 2024", "zone high 2024", "neighborhood"])
def test_control_a_wrong_crosswalk_is_not_explained(millbrook: Callable[[str], Any], layer: str) -> None:
    """Millbrook's people by block, carried by its crosswalk and counted where each block's middle lies; then with targets shuffled."""
    blocks = millbrook("census_blocks")
    key, areas = ("neighborhood_id", millbrook("neighborhoods"))
    if layer != "neighborhood":
        _, level, fall_year = layer.split()
        key, areas = "zone_id", millbrook("zones")
        areas = areas[(areas["level"] == level) & (areas["fall_year"] == int(fall_year))]
    middle = shapely.point_on_surface(blocks.geometry.to_numpy())
    position = placed(middle, areas.geometry.to_numpy())[0]
    theirs = blocks["population"][position >= 0].groupby(areas[key].to_numpy()[position[position >= 0]]).sum()
    people = blocks.groupby(blocks["block_geoid"].str[:12])["population"].sum().rename_axis("source_id").reset_index()
    links = millbrook("crosswalk").query(
        "source_layer == 'block_group 2019-2023' and target_layer == @layer and carrier == 'people'"
    )
    links = links[links["source_id"].isin(people["source_id"])]

    def said(links: pd.DataFrame) -> str:
        ours = allocate(links, people, ["population"]).set_index("target_id")["population"]
        both = pd.DataFrame({"ours": ours, "theirs": theirs}).fillna(0.0)
        return verdict("people", both, "the blocks", "Blocks are split here.")[0]

    assert said(links) == "differs as explained"
    ids = sorted(links["target_id"].unique())
    for step in range(1, min(len(ids), 6)):
        other = dict(zip(ids, np.roll(ids, step), strict=True))  # every area gets another's people
        assert said(links.assign(target_id=links["target_id"].map(other))) == "differs", step
        shuffled = np.random.default_rng(step).permutation(links["target_id"])
        assert said(links.assign(target_id=shuffled)) == "differs", step


def test_shapes_count_where_their_middle_lies(home: Path) -> None:
    """b's middle is in zone 2: 100 and 60 people."""
    said, line = held(home, against={"within": "zones"})
    assert said == "differs" and "in 1 (110 and 100)" in line and "more than 1%" in line


def test_a_files_numbers_are_split_by_ground(home: Path) -> None:
    """A quarter of b's 40 people is in zone 1, where the file counts 100."""
    where = {"level": "elementary", "fall_year": 2024}
    _, line = held(home, table="zones", where=where, against={"key": "zone", "ours": "split"})
    assert "160 here and 160 in" in line and "the largest difference is 10.0" in line


def test_a_raster_is_added_up_over_the_files_shapes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cell of 100 people from the middle of block a to that of b: half of it in each."""
    west, south, east, north = ground(400, 800).bounds
    grid = {"grid_west": west, "grid_north": north, "cell_width": east - west, "cell_height": north - south}
    cells = table("raster_cells", vintage=["2020"], cell_row=[0], cell_column=[0], population=[100.0])
    grids = table(
        "raster_grids",
        vintage=["2020"],
        grid_rows=[1],
        grid_columns=[1],
        grid_crs=[CRS],
        **{k: [v] for k, v in grid.items()},
    )
    monkeypatch.setitem(TABLES, "raster_cells", cells)
    monkeypatch.setitem(TABLES, "raster_grids", grids)
    said, line = held(
        home,
        table="raster_cells",
        by=None,
        where={"vintage": "2020"},
        against={"key": "zone", "ours": "raster"},
    )
    assert "2 areas, 100 here and 160 in" in line and said == "differs"


def test_an_optional_file_that_is_absent_is_said_and_no_fault(home: Path) -> None:
    assert held(home, "gone.csv", required=False, against={"key": "zone"}) == (
        "not compared",
        "people by zone: gone.csv is not there",
    )


def test_columns_that_are_not_there_are_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"zones\.csv has no column area"):
        held(home, "zones.csv", against={"key": "area"})
    with pytest.raises(ConfigError, match="zone_profile has no column grade"):
        held(home, "zones.csv", against={"key": "zone"}, where={"grade": "05"})
    assert verdict("x", pd.DataFrame({"ours": [], "theirs": []}), "s", "b")[0] == "differs"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"value": 3.0}, "give either `value`"),
        ({"by": None}, "`against` needs `by`"),
        ({"against": {"key": "zone", "within": "zones"}}, "name either `key`"),
    ],
)
def test_settings_that_do_not_say_what_is_compared_are_refused(home: Path, changes: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        held(home, **{"against": {"key": "zone"}, **changes})


def test_a_comparison_with_a_source_that_is_not_listed_is_refused() -> None:
    against = {"source": "nowhere", "value": "v", "key": "k", "because": "b"}
    expected = {"what": "w", "table": "zones", "by": "zone_id", "source": "s", "against": against}
    values = STUDY.model_dump() | {"expected": [expected]}
    with pytest.raises(ValueError, match="sources that raw does not list: nowhere"):
        config.Study.model_validate(values)


# The reasons given in studies/*.yaml, computed from the real files -----------------------------


def gathered(name: str, feeds: str, tmp_path: Path, shared_data: Callable[[str], Path]) -> Any:
    """An input table of a study, from the real files."""
    study = config.load(ROOT / f"studies/{name}.yaml")
    entries = [entry for room in ("census", "boundaries") for entry in getattr(study.raw, room) if entry.feeds == feeds]
    for file in (file for entry in entries for file in entry.files):
        shutil.copy(shared_data((file.origin or "").split(" | ")[0]), tmp_path / file.name)
    return gather(entries, feeds, Folder(tmp_path, study.geography.crs, study.geography.box, Ledger()))


def test_new_yorks_tracts_agree_when_cells_count_whole_by_their_middle(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    tracts = gpd.read_file(shared_data("nyc-worldpop-tracts/NYC_ct.shp"))
    cells = gathered("new_york", "cell_counts", tmp_path, shared_data)
    ((_, grid, bands),) = bands_of(*raster_tables(cells).values())
    tracts = tracts.to_crs(grid.crs)
    people = bands["population"]
    row, column = np.nonzero(~np.isnan(people))
    west, _, _, north = grid.bounds
    middles = shapely.points(west + (column + 0.5) * grid.cell_width, north - (row + 0.5) * grid.cell_height)
    position = placed(middles, tracts.geometry.to_numpy())[0]
    inside = position >= 0
    by_middle = np.bincount(position[inside], weights=people[row, column][inside], minlength=len(tracts))
    off = np.abs(by_middle - tracts["RASTRPOP"])
    assert (off <= 0.5 + 1e-6).mean() > 0.99  # their sums are rounded
    assert abs(by_middle.sum() - tracts["RASTRPOP"].sum()) < 100
    exact = raster_sums(on_grid(tracts.geometry, grid), grid, people[None])[0][:, 0]
    by_share = np.abs(exact - tracts["RASTRPOP"].to_numpy())
    assert np.median(by_share) > 100 > 200 * np.median(off)
    assert abs(exact.sum() - tracts["RASTRPOP"].sum()) < 100


def test_santa_rosas_zones_differ_by_the_two_blocks_that_stand_twice(shared_data: Callable[[str], Path]) -> None:
    file = gpd.read_file(shared_data("santa-rosa-ca/School Boundaries/2026-2027/Elementary-Blocks.geojson"))
    twice = file[file["GEOID20"].duplicated(keep=False) & (file["POP20"] > 0)]
    assert sorted(twice.groupby("GEOID20")["POP20"].first()) == [16, 207]
    assert file["POP20"].sum() - file.drop_duplicates("GEOID20")["POP20"].sum() == 223
    assert set(twice["school"]) == {"Proctor Terrace Elementary School", "Hidden Valley Elementary School"}


def test_santa_rosas_pupils_agree_to_the_last_when_blocks_are_not_split(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    file = gpd.read_file(shared_data("santa-rosa-ca/School Boundaries/2025-2026/Elementary-Blocks.geojson"))
    zones = gathered("santa_rosa", "zone_shapes", tmp_path, shared_data)
    zones = zones[(zones["level"] == "elementary") & (zones["fall_year"] == 2025)].reset_index(drop=True)
    blocks = file.set_geometry(shapely.make_valid(file.geometry.to_numpy())).to_crs(zones.crs)
    position = placed(shapely.point_on_surface(blocks.geometry.to_numpy()), zones.geometry.to_numpy())[0]
    assert (position >= 0).all()
    theirs = file.groupby("school")["enrollment"].sum()
    by_middle = file["enrollment"].groupby(zones["zone_id"].to_numpy()[position]).sum()
    assert by_middle.to_dict() == theirs.to_dict() and theirs.sum() == 2861
    pieces = overlaps(blocks, zones)
    split = pd.Series(pieces["area_share"].to_numpy() * file["enrollment"].to_numpy()[pieces["source"]])
    split = split.groupby(zones["zone_id"].to_numpy()[pieces["target"]]).sum()
    assert 0.3 < (split - theirs).abs().max() < 1.0


def test_baltimores_zones_hold_all_people_but_those_beyond_the_citys_zones(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    """Split by ground, some 550 of 585,708 people lie outside every zone; by the middles of blocks, 37 do."""
    blocks = gathered("baltimore", "block_shapes", tmp_path, shared_data)
    zones = gathered("baltimore", "zone_shapes", tmp_path, shared_data)
    zones = zones[zones["fall_year"] == 2023].reset_index(drop=True)
    people = blocks["population"].to_numpy()
    assert people.sum() == 585_708
    pieces = overlaps(blocks, zones)
    split = pieces["area_share"].to_numpy() * people[pieces["source"]]
    assert 585_100 < split.sum() < 585_200
    position = placed(shapely.point_on_surface(blocks.geometry.to_numpy()), zones.geometry.to_numpy())[0]
    assert people[position < 0].sum() == 37
    # blocks that lie in one zone only are the same either way
    whole = pieces["is_inside"].to_numpy()
    assert (position[pieces["source"][whole]] == pieces["target"][whole]).all()
