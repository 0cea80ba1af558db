"""One partition: the numbers of a plain overlay, the same bytes, and refusals that name the file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyarrow import parquet

from pipeline import partitions
from pipeline.columns import BY_NAME, CENSUS_COUNTS
from pipeline.partition_results import LEDGER, PROFILE, sweep
from pipeline.partitions import profile_partition, write_partition
from pipeline.town import country
from pipeline.town.country import State

KEY = ["level", "zone_id"]


@pytest.fixture(scope="module")
def state() -> State:
    made = country.state(0, blocks=500)
    # one block group has children that no block has, another nobody at all
    groups = made.areas["area_geoid"].to_numpy()
    of = made.blocks["block_geoid"].str[:12]
    blocks = made.blocks.copy()
    blocks.loc[of == groups[3], "children_0_17"] = 0.0
    blocks.loc[of == groups[5], ["children_0_17", "population"]] = 0.0
    return State(blocks, made.areas, made.zones)


@pytest.fixture
def folder(state: State, tmp_path: Path) -> Path:
    place = tmp_path / "state=01"
    write_partition(place, state.blocks, state.areas, state.zones)
    return place


def profile(folder: Path) -> pd.DataFrame:
    done = profile_partition(str(folder), str(folder / "out"))
    assert done.refusal == ""
    return pd.read_parquet(folder / "out" / PROFILE)


def by_plain_overlay(state: State) -> pd.DataFrame:
    """What geopandas computes in one process, said as plainly as possible."""
    blocks = state.blocks.assign(area_geoid=state.blocks["block_geoid"].str[:12], whole_m2=state.blocks.area)
    blocks["adults"] = blocks["population"] - blocks["children_0_17"]
    amounts = ["children_0_17", "adults", "population", "whole_m2"]
    held = blocks.groupby("area_geoid")[amounts].transform("sum")
    shares = (blocks[amounts] / held).where(held > 0)
    pieces = gpd.overlay(
        blocks.join(shares.add_suffix("_share"))[
            ["area_geoid", "whole_m2", *[f"{a}_share" for a in amounts], "geometry"]
        ],
        state.zones[[*KEY, "geometry"]],
        how="intersection",
    )
    out = {}
    for name in (count for count in CENSUS_COUNTS if count in state.areas):
        carrier = BY_NAME[name].carrier
        own = {"adults": "adults", "people": "population", "homes": "population"}.get(carrier, "children_0_17")
        share = pieces[f"{own}_share"].fillna(pieces["population_share"]).fillna(pieces["whole_m2_share"])
        links = (
            pieces.assign(weight=share * pieces.area / pieces["whole_m2"])
            .groupby(["area_geoid", *KEY], as_index=False)["weight"]
            .sum()
        )
        rows = links.merge(state.areas.drop(columns="geometry"), on="area_geoid", validate="m:1")
        by = [rows[key] for key in KEY]
        squares = (rows["weight"] * rows[f"{name}_moe"]) ** 2
        zero = rows[name] == 0
        out[name] = (rows["weight"] * rows[name]).groupby(by).sum()
        out[f"{name}_moe"] = np.sqrt(
            squares.where(~zero, 0.0).groupby(by).sum() + squares.where(zero, 0.0).groupby(by).max()
        )
    return pd.DataFrame(out)


def test_the_profile_is_that_of_a_plain_overlay(state: State, folder: Path) -> None:
    expected = by_plain_overlay(state)
    found = profile(folder).set_index(KEY)
    assert found["method"].str.contains("people_by_block").any()
    assert len(expected) == len(state.zones) > 5
    for name in expected:
        known = found.loc[expected.index, name]
        np.testing.assert_allclose(known, expected[name], rtol=1e-9, atol=1e-9 * expected[name].max())


def test_two_runs_leave_the_same_bytes_and_nothing_else(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    (out / f".draft-99999-{PROFILE}").write_text("left by a killed run")
    sweep(out)
    first = profile_partition(str(folder), str(out))
    kept = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(kept) == {PROFILE, LEDGER}
    again = profile_partition(str(folder), str(out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == kept
    assert first.balances == again.balances
    layers = {layer for layer, *_ in first.balances}
    assert layers == {f"block_group 2019-2023 to zone {level} 2024" for level in ("elementary", "middle", "high")}
    for _, total, inside, outside in first.balances:
        assert inside + outside == pytest.approx(total, rel=1e-9)
        assert 0 < outside < inside


def test_two_halves_add_up_to_the_whole(state: State, folder: Path, tmp_path: Path) -> None:
    whole = profile(folder).set_index(KEY)
    groups = sorted(state.areas["area_geoid"])
    halves = []
    for name, members in (("a", groups[::2]), ("b", groups[1::2])):
        blocks = state.blocks[state.blocks["block_geoid"].str[:12].isin(members)]
        areas = state.areas[state.areas["area_geoid"].isin(members)]
        write_partition(tmp_path / name, blocks, areas, state.zones)
        halves.append(profile(tmp_path / name).set_index(KEY))
    for name in ("population", "children_0_17", "renter_homes"):
        added = halves[0][name].add(halves[1][name], fill_value=0.0)
        np.testing.assert_allclose(added[whole.index], whole[name], rtol=1e-9)


def refusal(folder: Path) -> str:
    done = profile_partition(str(folder), str(folder / "out"))
    assert not (folder / "out").exists()
    assert done.name == folder.name
    return done.refusal


def test_a_missing_layer_is_named(folder: Path) -> None:
    (folder / "zones.parquet").unlink()
    assert refusal(folder) == f"{folder / 'zones.parquet'} is not there."


def test_a_damaged_list_of_areas_is_named(folder: Path) -> None:
    path = folder / "areas.parquet"
    path.write_bytes(path.read_bytes()[:5000])
    assert refusal(folder).startswith(f"{path} cannot be read")


def test_zones_in_another_system_are_refused(state: State, folder: Path) -> None:
    write_partition(folder, state.blocks, state.areas, state.zones.to_crs("EPSG:6350"))
    says = "blocks are in EPSG:5070 (NAD83 / Conus Albers), zones in EPSG:6350 (NAD83(2011) / Conus Albers)"
    assert says in refusal(folder)
    write_partition(folder, state.blocks.to_crs("EPSG:3857"), state.areas, state.zones)
    assert "does not keep areas" in refusal(folder)


def test_a_block_that_stands_twice_is_refused(state: State, folder: Path) -> None:
    twice = pd.concat([state.blocks, state.blocks.iloc[[7]]])
    write_partition(folder, twice, state.areas, state.zones)
    said = refusal(folder)
    assert "blocks.parquet cannot be used" in said
    assert state.blocks["block_geoid"].iloc[7] in said


def test_children_of_an_area_that_is_not_listed_are_not_lost(state: State, folder: Path) -> None:
    write_partition(folder, state.blocks, state.areas.iloc[1:], state.zones)
    lost = state.blocks[state.blocks["block_geoid"].str[:12] == state.areas["area_geoid"].iloc[0]]
    assert f"its {lost['children_0_17'].sum():,.0f} children would be lost" in refusal(folder)


@pytest.mark.parametrize("name", ["zones.parquet", "areas.parquet", "blocks.parquet"])
def test_a_layer_without_rows_is_named(folder: Path, name: str) -> None:
    parquet.write_table(parquet.read_table(folder / name).slice(0, 0), folder / name)
    assert f"{folder / name} cannot be used" in refusal(folder)


def test_zones_that_overlap_are_refused(state: State, folder: Path) -> None:
    wider = state.zones.copy()
    first = wider.index[wider["level"] == "high"][0]
    wider.loc[[first], "geometry"] = wider.loc[[first]].buffer(200)
    write_partition(folder, state.blocks, state.areas, wider)
    assert "zone high 2024" in refusal(folder)


def test_a_full_disk_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile(folder)
    kept = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = profile_partition(str(folder), str(folder / "out"))
    assert "No space left on device" in done.refusal
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == kept


def test_memory_is_that_of_this_process_while_it_works() -> None:
    with partitions._Memory() as small:
        pass
    with partitions._Memory() as large:
        held = np.ones(40_000_000)  # 320 MB
        partitions.time.sleep(0.1)
        del held
    assert large.peak_bytes - small.peak_bytes > 200e6


def test_shapes_need_not_be_sorted(state: State, folder: Path) -> None:
    before = profile(folder)
    mixed = State(*(layer.sample(frac=1, random_state=3) for layer in (state.blocks, state.areas, state.zones)))
    write_partition(folder, mixed.blocks, mixed.areas, mixed.zones)
    after = profile(folder)
    assert after[KEY].equals(before[KEY])
    np.testing.assert_allclose(after["children_0_17"], before["children_0_17"], rtol=1e-12)
    assert shapely.area(state.zones.geometry.to_numpy()).min() > 0


def _spoiled(state: Any, layer: str, **columns: Any) -> Any:
    frame = getattr(state, layer).copy()
    for name, change in columns.items():
        frame[name] = change(frame.get(name))
    return frame


@pytest.mark.parametrize(
    ("layer", "column", "change", "says"),
    [
        (
            "blocks",
            "geometry",
            lambda v: v.where(v.index != 5, v.buffer(9)),
            r"E-OVERLAP\] blocks overlap: who lives there",
        ),
        (
            "blocks",
            "vintage",
            lambda v: "2010",
            r"E-GEOGRAPHY\] block_group 2019-2023 is published on the areas of 2020, the b",
        ),
        (
            "areas",
            "vintage",
            lambda v: "2009-2013",
            r"E-GEOGRAPHY\] .* on the areas of 2010, the blocks are of 2020: an id",
        ),
        ("areas", "geometry", lambda v: v.translate(300, 0), r"E-COVER\] .*first: \d{12}: \d+\.\d% of its ground"),
        ("blocks", "children_0_17", lambda v: v.where(v.index > 3, -666666666.0), r"E-NEGATIVE\] children_0_17"),
        ("blocks", "population", lambda v: v.astype(str), r"E-NOT-NUMBER\] population"),
        ("blocks", "population", lambda v: v.where(v.index > 3, np.inf), r"E-NOT-NUMBER\] population"),
        ("blocks", "block_geoid", lambda v: v + "000", r"E-NOT-TEXT\] block_geoid must be text like"),
        ("blocks", "block_geoid", lambda v: v.astype("int64"), r"E-NOT-TEXT\] block_geoid"),
        ("blocks", "children_0_17", lambda v: 3 * v + 50, r"children"),
        ("zones", "is_approximate", lambda v: "no", r"E-NOT-A-FLAG\] is_approximate"),
        ("zones", "zone_id", lambda v: range(len(v)), r"E-NOT-TEXT\] zone_id"),
        ("zones", "geometry", lambda v: v.translate(1e6), r"E-BESIDE\] nobody of the census areas arrives"),
        ("zones", "geometry", lambda v: [_crossed(v.iloc[0]), *v.iloc[1:]], r"E-GEOM-INVALID\] shape is not valid"),
        ("areas", "children_0_17", lambda v: 50 * v, r"children"),
    ],
)
def test_what_no_census_or_district_would_give_is_refused(
    tmp_path: Path, state: Any, layer: str, column: str, change: Any, says: str
) -> None:
    layers = {name: getattr(state, name) for name in ("blocks", "areas", "zones")}
    layers[layer] = _spoiled(state, layer, **{column: change})
    write_partition(tmp_path, **layers)
    done = profile_partition(str(tmp_path), str(tmp_path / "out"))
    assert re.search(says, done.refusal), done.refusal
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def _crossed(shape: Any) -> Any:
    ring = shapely.get_coordinates(shape.exterior if shape.geom_type == "Polygon" else shape.geoms[0].exterior)
    ring[[1, len(ring) // 2]] = ring[[len(ring) // 2, 1]]
    return shapely.Polygon(ring)


def test_a_fault_that_no_check_foresaw_ends_one_partition_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.analysis.common_area.common_areas", lambda *given: 1 / 0)
    assert profile_partition(str(folder), str(folder / "out")).refusal == "ZeroDivisionError: division by zero"


def test_a_block_that_lies_upon_another_is_named_with_it(state: State, folder: Path) -> None:
    copy = state.blocks.iloc[[7]].assign(block_geoid=state.blocks["block_geoid"].iloc[7][:12] + "999")
    write_partition(folder, pd.concat([state.blocks, copy], ignore_index=True), state.areas, state.zones)
    said = refusal(folder)
    assert f"{state.blocks['block_geoid'].iloc[7]} and {copy['block_geoid'].iloc[0]} have" in said
    assert "100.0% of the smaller" in said


def test_one_block_of_an_area_that_is_not_given_is_found_by_its_ground(state: State, folder: Path) -> None:
    group = state.blocks["block_geoid"].str[:12]
    widest = state.blocks.area.groupby(group).max().div(state.blocks.area.groupby(group).sum()).idxmax()
    lost = state.blocks.area.where(group == widest).idxmax()
    write_partition(folder, state.blocks.drop(index=lost), state.areas, state.zones)
    said = refusal(folder)
    assert "E-COVER] blocks cover less than 90% of their census area, and cannot stand for the whole of it" in said
    assert f"once; first: {widest}: " in said


def test_figures_of_2010_are_used_with_blocks_that_say_they_are_of_2010(state: State, folder: Path) -> None:
    before = profile(folder)
    write_partition(folder, state.blocks.assign(vintage="2010"), state.areas.assign(vintage="2009-2013"), state.zones)
    after = profile(folder)
    np.testing.assert_array_equal(after["children_0_17"], before["children_0_17"])
    mixed = state.blocks.assign(vintage=["2010", *["2020"] * (len(state.blocks) - 1)])
    write_partition(folder, mixed, state.areas, state.zones)
    assert "blocks are of several censuses: 2010, 2020" in profile_partition(str(folder), str(folder)).refusal


def test_a_zone_without_a_block_is_named(state: State, folder: Path) -> None:
    away = state.zones.iloc[[0]].assign(zone_id="nowhere", geometry=state.zones.geometry.iloc[[0]].translate(1e6))
    write_partition(folder, state.blocks, state.areas, pd.concat([state.zones, away], ignore_index=True))
    done = profile_partition(str(folder), str(folder / "out"))
    level = state.zones["level"].iloc[0]
    assert done.bare_zones == (f"{level} 2024 nowhere",)
    lines = pd.read_parquet(folder / "out" / LEDGER).query("entry == 'loss'")
    assert lines[["subject_name", "item", "total"]].to_numpy().tolist() == [[f"zone {level} 2024", "nowhere", 1.0]]
    assert "have no profile" in lines["reason"].iloc[0]


@pytest.mark.parametrize("name", ["zones.parquet", "areas.parquet", "blocks.parquet"])
def test_a_damaged_page_is_noticed(folder: Path, name: str) -> None:
    """One byte of a column of coordinates, in the middle of a page that is not compressed: only the checksum knows."""
    path = folder / name
    table = parquet.read_table(path)
    parquet.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=True)
    group = parquet.ParquetFile(path).metadata.row_group(0)
    column = next(c for c in map(group.column, range(group.num_columns)) if c.path_in_schema.endswith(".x"))
    damaged = bytearray(path.read_bytes())
    damaged[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    path.write_bytes(damaged)
    assert refusal(folder).startswith(f"{path} cannot be read: ")


def test_what_is_written_carries_checksums(folder: Path) -> None:
    """A page is damaged where the decompressor does not notice: in no file of ours may it pass."""
    profile(folder)
    for path in (folder / "zones.parquet", folder / "out" / PROFILE, folder / "out" / LEDGER):
        column = parquet.ParquetFile(path).metadata.row_group(0).column(0)
        start = column.dictionary_page_offset or column.data_page_offset
        damaged = bytearray(path.read_bytes())
        damaged[start + column.total_compressed_size - 1] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(OSError, match="CRC checksum verification failed"):
            parquet.read_table(path, page_checksum_verification=True)
