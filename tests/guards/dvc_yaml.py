"""dvc.yaml as the stages say it must be; `make dag` writes it, a test holds it.

A stage depends on the tables it reads, the raw folder of its room, every module its code
can reach (DVC does not see imports), its data files and the locked packages. A package that is
reached whole is named as a folder. The sources' part of the settings (`raw`) is long, and DVC
would read it with the settings of every stage: it lies in sources.yaml, a dependency as a file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import grimp
import yaml

from pipeline import stages, store

ROOT = Path(__file__).resolve().parents[2]
HEAD = """# The pipeline, in reading order: what each stage reads and writes is its whole contract.
# Written by `make dag` from pipeline/stages/ and held to them by tests/guards/test_dvc.py.
# ${study.name} is the study in force, from params.yaml.
"""
SHELL = ("pipeline.stages", "pipeline.__main__")


def modules_of(graph: grimp.ImportGraph, stage: str) -> list[str]:
    """Files of every module the stage can reach, its packages included, sorted."""
    roots = {f"pipeline.stages.{stage}", *SHELL}
    reached = {"pipeline", *roots, *graph.find_upstream_modules(f"pipeline.stages.{stage}")}
    reached |= graph.find_upstream_modules("pipeline.stages")
    packages = {name.rsplit(".", cut)[0] for name in reached for cut in range(1, name.count(".") + 1)}
    return sorted(_file(name) for name in reached | packages)


def _file(module: str) -> str:
    path = Path(*module.split("."))
    place = path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")
    return place.as_posix()


def data_files(modules: list[str]) -> list[str]:
    """Files beside the code that it reads: everything in an `assets`, `messages` or `policy` folder of a package reached."""
    packages = {str(Path(module).parent) for module in modules if module.endswith("__init__.py")}
    found = [
        path.relative_to(ROOT).as_posix()
        for package in sorted(packages)
        for folder in ("assets", "messages", "policy")
        for path in sorted((ROOT / package / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    return sorted(found)


def is_sources(section: str) -> bool:
    """Whether a section is the sources' part of the settings."""
    return section.split(".")[0] == "raw"


def folded(files: list[str]) -> list[str]:
    """Name a package's folder in place of its files where all of them are there."""
    for package in ("pipeline/atlas", "pipeline/sources"):
        whole = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        if whole <= set(files):
            files = sorted({package, *(set(files) - whole)})
    return files


def render() -> str:
    """The text of dvc.yaml."""
    graph = grimp.build_graph("pipeline", cache_dir=None)
    body: dict[str, dict[str, object]] = {}
    for name in stages.NAMES:
        stage = stages.find(name)
        modules = modules_of(graph, name)
        raw = [*(f"data/raw/${{study.name}}/{room}" for room in stage.rooms), *stage.folders]
        settings = ["sources.yaml"] if any(map(is_sources, stage.sections)) else []
        tables = [store.path_of(table).as_posix() for table in stage.reads]
        code = folded([*modules, *data_files(modules)])
        metrics = [path for path in stage.files if path.startswith("data/processed/") and path.endswith(".json")]
        outs = [*(store.path_of(table).as_posix() for table in stage.writes), *stage.files]
        command = f"python -m pipeline {name}"
        matrix: dict[str, object] = {}
        if stage.matrix:
            # the items are literals of dvc.yaml and known to the program: no text of the settings gets into a command
            matrix = {"matrix": {"item": list(stage.matrix)}}
            command += " ${item.item}"
            outs = [outs[0].replace(stage.matrix[0], "${item.item}")]
        entry: dict[str, object] = {
            **matrix,
            "desc": stage.summary,
            "cmd": command,
            "deps": [*raw, *settings, *tables, *code, "requirements.lock"],
            "params": [section for section in stage.sections if not is_sources(section)],
            "outs": [path for path in outs if path not in metrics],
        }
        if not entry["outs"]:
            del entry["outs"]
        if metrics:
            entry["metrics"] = metrics
        body[name] = entry
    return HEAD + yaml.safe_dump({"stages": body}, sort_keys=False, width=120, allow_unicode=True)


def difference() -> str:
    """What stands in dvc.yaml and should not, and the other way round; empty when they agree."""
    import difflib

    path = ROOT / "dvc.yaml"
    found = path.read_text(encoding="utf-8") if path.is_file() else ""
    return "".join(difflib.unified_diff(found.splitlines(True), render().splitlines(True), "dvc.yaml", "the stages"))


if __name__ == "__main__":
    if "--check" in sys.argv:
        found = difference()
        sys.exit(f"dvc.yaml differs from the stages; run `make dag`:\n{found}" if found else 0)
    (ROOT / "dvc.yaml").write_text(render(), encoding="utf-8")
