"""Command line: ``python -m pipeline STAGE``, and the acts around the stages."""

from __future__ import annotations

import ctypes
import signal
import sys
import time
from pathlib import Path

from pipeline.errors import PipelineError, refusal_of

USAGE = """usage: python -m pipeline COMMAND

  <stage> [ITEM]  run one stage of dvc.yaml, or one item of its matrix: {stages}
  use STUDY       put studies/STUDY.yaml in force (params.yaml)
  fetch           bring the study's official files into data/raw
  release NAME    freeze the published numbers of the study in force in releases/, for the next to be held against
  town [SIZE]     write Millbrook's raw files again (or a town of SIZE areas)
  country FOLDER [OUT]  profile every partition of FOLDER (many districts, a state, a country)
  studies [NAME]  run the real studies in scratch copies of this workspace
"""


def main(arguments: list[str]) -> int:
    """Run one command; a refusal is printed without a traceback and gives exit code 1."""
    from pipeline.stages import NAMES, execute, find

    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    started = time.monotonic()
    try:
        if command in NAMES and (not rest or (len(rest) == 1 and rest[0] in find(command).matrix)):
            _end_with_parent()
            stage = find(command)
            print(f"{' '.join(arguments)}: {stage.summary} ...", flush=True)
            execute(stage, *rest)
            print(f"{' '.join(arguments)}: done in {time.monotonic() - started:.1f} s", flush=True)
        elif command == "use" and len(rest) == 1:
            from pipeline.fetch import use

            use(rest[0])
        elif command == "fetch" and not rest:
            from pipeline.fetch import fetch

            fetch()
        elif command == "release" and len(rest) == 1:
            from pipeline import releases

            print(f"{releases.write(rest[0])} is written: add it to the repository.", flush=True)
        elif command == "town" and len(rest) <= 1 and all(map(str.isdecimal, rest)):
            from pipeline.town import write_town

            write_town(int(rest[0]) if rest else None)
        elif command == "country" and len(rest) in (1, 2):
            from pipeline import config, country

            compute = config.load().compute
            print(country.summary(country.profile_country(*map(Path, rest), **compute.model_dump())))
        elif command == "studies":
            from pipeline.studies import run_studies

            return run_studies(rest)
        else:
            print(USAGE.format(stages=" ".join(NAMES)), file=sys.stderr)
            return 2
    except PipelineError as error:
        print(f"\nERROR in {command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nERROR in {command}: {refusal_of(error)}", file=sys.stderr)
        return 1
    return 0


def _end_with_parent() -> None:
    """On Linux, end this process when the `dvc repro` that started it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
