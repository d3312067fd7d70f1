"""The demo: one job, done by plain ObsPy and by obspeed, timed and compared record by record."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import obspy
from tqdm import tqdm

import obspeed

from ._demo_compare import Result, compare
from ._demo_data import Event, build, find_events
from ._demo_job import Job, Outcome, run, with_obspeed, with_obspeed_stepwise, with_obspy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obspy import Trace


@contextlib.contextmanager
def quiet() -> Iterator[TextIO]:
    """
    Silence warnings, and what ObsPy's C code writes to the standard error stream.

    Yields
    ------
    TextIO
        Leads to the real standard error stream, for progress bars.
    """
    sys.stderr.flush()
    with (
        os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding or "utf-8") as console,
        Path(os.devnull).open("w", encoding="ascii") as null,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        os.dup2(null.fileno(), 2)
        try:
            yield console
        finally:
            sys.stderr.flush()
            os.dup2(console.fileno(), 2)


def demo(
    *,
    events: Path | None = None,
    output: Path = Path(),
    job: Job | None = None,
    threads: int | None = None,
    keep: bool = False,
    **size: Any,
) -> int:
    """
    Run the demo, print its table and save its picture.

    Parameters
    ----------
    events : pathlib.Path, optional
        Folder of event folders; None builds some from what ObsPy installs.
    output : pathlib.Path
        Folder for the picture; made if there is none.
    job : Job, optional
        What to do.
    threads : int, optional
        Number of threads; None leaves it as it is.
    keep : bool
        Keep the temporary folder, with the SAC files of both sides in it.
    **size
        Passed to `build`; tests ask for less.

    Returns
    -------
    int
        Exit status: 0 if everything is equal, 1 if anything differs or there are no records.
    """
    # matplotlib takes a second to import, which `obspeed run` should not wait for.
    from ._demo_plot import draw  # noqa: PLC0415
    from ._demo_table import render  # noqa: PLC0415

    job = job or Job()
    if threads is not None:
        obspeed.set_num_threads(threads)
    obspeed.disable()  # the one side is plain ObsPy
    with contextlib.ExitStack() as stack:
        output.mkdir(parents=True, exist_ok=True)
        if keep:
            work = Path(tempfile.mkdtemp(prefix="obspeed-demo-"))
        else:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="obspeed-demo-")))
        if events is None:
            print(f"Building event folders from ObsPy's own data in {work}", file=sys.stderr)
            events = work / "events"
            events.mkdir()
            with quiet():
                build(events, **size)
        folders = find_events(events)
        if not any(folder.glob("raw/*.mseed") for folder in folders):
            print(f"obspeed demo: no EVENT/raw/*.mseed in {events}", file=sys.stderr)
            return 1
        with quiet() as console:
            result = _run_all(job, folders, work, console)
            picture = draw(output / "obspeed-demo.png", result)
        print(render(result))
        print(f"  Picture   {picture.resolve()}")
        if keep:
            print(f"  Files     {work}")
    return 1 if result.found.unequal else 0


def _run_all(job: Job, folders: list[Path], work: Path, console: TextIO) -> Result:
    """Run ObsPy, obspeed, and obspeed step by step, and compare."""
    total = sum(len(_headers(path)) for folder in folders for path in folder.glob("raw/*.mseed"))
    bar = partial(
        tqdm,
        total=total,
        unit="trace",
        file=console,
        dynamic_ncols=True,
        mininterval=0.1 if console.isatty() else 5.0,
    )
    # Imports, plug-ins and threads are no part of what is measured.
    for engine in (with_obspy, with_obspeed):
        example = Event(obspy.read()[:1], obspy.read_inventory())
        engine(job, "", example, Outcome(), tqdm(disable=True))
    obspeed.clear_cache()
    theirs = run(with_obspy, job, folders, work / "obspy", partial(bar, desc="ObsPy  "))
    before = obspeed.report()
    ours = run(with_obspeed, job, folders, work / "obspeed", partial(bar, desc="obspeed"))
    ran = obspeed.report() - before
    obspeed.clear_cache()
    stepwise = partial(bar, desc="by step", leave=False, disable=not console.isatty())
    steps = run(with_obspeed_stepwise, job, folders, None, stepwise)
    return Result(job, folders, theirs, ours, steps, ran, compare(ours, theirs))


def _headers(path: Path) -> list[Trace]:
    try:
        return list(obspy.read(str(path), headonly=True))
    except Exception:  # noqa: BLE001 - the job itself reports the file
        return []
