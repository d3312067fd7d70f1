"""``obspeed process``: `process` and `merge_shards` on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._errors import ObspeedError
from .._pipeline import Pipeline
from .merge import merge_shards
from .process import process

_DESCRIPTION = """\
Run a pipeline over an archive, files to files. What fails is a row in failures.csv, and the rest
goes on. A job that was stopped goes on where it was when the same command is given again."""

_EPILOG = """\
The pipeline is a TOML file, as Pipeline.to_toml writes it:

    [[step]]
    name = "detrend"
    type = "demean"

Under MPI: mpiexec -n 3 python -m mpi4py.futures -m obspeed process ROOT --pipeline FILE"""


def add_parser(commands: Any) -> None:
    """Add the command to those of the program."""
    parser = commands.add_parser(
        "process",
        help="run a pipeline over an archive, files to files",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("root", type=Path, metavar="ROOT", help="the folder that all paths are relative to")
    add("--pipeline", type=Path, metavar="FILE", help="what to do with each trace (TOML)")
    names = parser.add_argument_group("names, with wildcards and fields such as {event} and {id}")
    add = names.add_argument
    add("--raw", metavar="PATTERN", help="inputs (default: */raw/*.mseed)")
    add("--responses", metavar="PATTERN", help="station files (default: */resp/*.xml)")
    add("--no-responses", action="store_true", help="there are no station files")
    add("--events", metavar="PATTERN", help="QuakeML files, for the SAC headers")
    add(
        "--output",
        metavar="TEMPLATE",
        help="outputs (default: {event}/processed/{id}__{start}__{end}.sac)",
    )
    add("--format", metavar="NAME", help="SAC (the default), MSEED, or what else ObsPy writes")
    work = parser.add_argument_group("the work")
    add = work.add_argument
    add("--dry-run", action="store_true", help="say what would be done, and how large it would be")
    add("--on-error", choices=("collect", "raise"), help="raise: the first failure ends the job")
    add("--no-resume", action="store_true", help="do again what is done")
    add("--no-progress", action="store_true", help="show no bar")
    add("--workers", type=int, metavar="N", help="processes (default: threads of this one)")
    add("--threads", type=int, metavar="N", help="threads for each worker")
    add("--max-memory", metavar="SIZE", help="of traces, for each worker (default: 128M)")
    add("--dask", metavar="ADDRESS", help="a scheduler of Dask to send the work to")
    add("--shard", metavar="I/N", help="share I of N, from 0/N; auto in an array job")
    add("--merge", action="store_true", help="make one journal of those of all shards, and end")


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    Returns
    -------
    int
        Exit status: 0 if the job is done, failures of traces or not, 1 if it could not be done,
        130 after Ctrl-C.
    """
    names = {
        name: getattr(options, name)
        for name in ("raw", "responses", "events", "output", "format", "on_error", "max_memory")
    }
    given: dict[str, Any] = {name: value for name, value in names.items() if value is not None}
    if options.no_responses:
        given["responses"] = None
    try:
        if options.merge:
            print(merge_shards(options.root, **_only(given, "output")))
            return 0
        if options.pipeline is None:
            raise ValueError("expected --pipeline FILE")
        pipe = Pipeline.from_toml(options.pipeline)
        with _executor(options) as executor:
            report = process(
                options.root,
                pipe,
                executor=executor,
                shard=options.shard,
                resume=not options.no_resume,
                progress=not options.no_progress,
                workers=options.workers,
                threads=options.threads,
                dry_run=options.dry_run,
                **given,
            )
        print(report)
    except KeyboardInterrupt:
        return 130  # as a shell counts it; what to do next is said
    except (ObspeedError, OSError, TypeError, ValueError) as error:
        print(f"obspeed process: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _only(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


@contextmanager
def _executor(options: argparse.Namespace) -> Iterator[Executor | None]:
    """Make the executor that is asked for: of Dask, or of MPI if that has started us."""
    if options.dask is not None:
        from distributed import Client  # noqa: PLC0415 - an extra

        with Client(options.dask) as client:
            yield client.get_executor()
    elif "mpi4py.futures" in sys.modules:
        from mpi4py.futures import MPIPoolExecutor  # noqa: PLC0415 - an extra

        with MPIPoolExecutor() as executor:
            yield executor
    else:
        yield None
