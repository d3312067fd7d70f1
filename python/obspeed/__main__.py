"""Command line: ``obspeed`` and ``python -m obspeed``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import obspeed

from ._batch import cli

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; None takes those of the process.

    Returns
    -------
    int
        Exit status.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    ours, theirs = _split(arguments)
    options = _parser().parse_args(ours)
    if options.command == "info":
        obspeed.show_versions()
        return 0
    if options.command == "run":
        from ._run import run  # noqa: PLC0415

        if options.module is not None:
            return run(options.module, theirs, module=True, report=options.report)
        return run(options.script, theirs, report=options.report)
    if options.command == "process":
        return cli.run(options)
    # The demo imports tqdm and matplotlib, which nothing else here needs.
    from ._demo import demo  # noqa: PLC0415
    from ._demo_job import Job  # noqa: PLC0415

    try:
        return demo(
            events=options.events,
            output=options.output,
            job=Job(options.rate, options.output_units),
            threads=options.threads,
            keep=options.keep,
        )
    except KeyboardInterrupt:
        return 130  # as a shell counts it; the temporary folder is gone, and there is no table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="obspeed",
        description="ObsPy's processing, the same numbers, many times sooner.",
    )
    parser.add_argument("--version", action="version", version=f"obspeed {obspeed.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="run a Python script or module with ObsPy accelerated",
        usage="obspeed run [--report] (SCRIPT | -m MODULE) [ARGS ...]",
        description="Run a Python script or module, unchanged, with ObsPy accelerated. "
        "OBSPEED_DISABLE=1 runs it on plain ObsPy.",
    )
    run.add_argument(
        "--report", action="store_true", help="print what ran where to standard error at the end"
    )
    target = run.add_mutually_exclusive_group(required=True)
    target.add_argument("-m", dest="module", metavar="MODULE", help="run a module, as python -m")
    target.add_argument("script", nargs="?", metavar="SCRIPT", help="run a script")

    demo = commands.add_parser(
        "demo",
        help="run one job with plain ObsPy and with obspeed, and compare",
        description="Remove the instrument response of many records with plain ObsPy and with "
        "obspeed, compare the results and the times. Exit status 1 if anything differs.",
    )
    demo.add_argument(
        "--events",
        type=_folder,
        metavar="DIR",
        help="your own data: DIR/EVENT/raw/*.mseed and DIR/EVENT/resp/*.xml (read only)",
    )
    demo.add_argument(
        "--output",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="where the picture goes (default: the current folder)",
    )
    demo.add_argument("--threads", type=_positive, metavar="N", help="number of threads")
    demo.add_argument(
        "--rate", type=_rate, default=10.0, metavar="HZ", help="rate of the result (default: 10)"
    )
    demo.add_argument(
        "--output-units",
        choices=("DISP", "VEL", "ACC"),
        default="DISP",
        help="displacement (the default), velocity or acceleration",
    )
    demo.add_argument(
        "--keep", action="store_true", help="keep the temporary folder with all SAC files"
    )

    cli.add_parser(commands)
    commands.add_parser("info", help="show versions, and threads with where their number is from")
    return parser


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """
    Part our arguments from those of the script: whatever follows the script is its own.

    argparse cannot: it would take the script's options for ours.
    """
    if arguments[:1] != ["run"]:
        return arguments, []
    for place, argument in enumerate(arguments[1:], start=1):
        if argument == "-m":
            return arguments[: place + 2], arguments[place + 2 :]
        if not argument.startswith("-") or argument.startswith("-m"):
            return arguments[: place + 1], arguments[place + 1 :]
    return arguments, []


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"expected a folder, got {text!r}")
    return path


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = float("nan")
    if not 0.0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a rate in Hz above 0, got {text!r}")
    return rate


if __name__ == "__main__":
    sys.exit(main())
