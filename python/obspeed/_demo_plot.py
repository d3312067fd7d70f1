"""The demo's picture: records before and after, both answers and their difference, the speeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import obspy
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import obspeed

from ._demo_data import read_stream
from ._demo_job import COMPUTE, Job, Key
from ._demo_table import duration, ratio, total

if TYPE_CHECKING:
    from pathlib import Path

    from obspy import Trace

    from ._demo_compare import Result

_INK, _MUTED, _THEIRS, _OURS = "#1f2933", "#7b8794", "#b8c4ce", "#d1495b"
_ROWS = 3
_UNITS = {
    "DISP": ("displacement", "m"),
    "VEL": ("velocity", "m/s"),
    "ACC": ("acceleration", "m/s²"),
}
_PREFIXES = {3: "k", 0: "", -3: "m", -6: "µ", -9: "n", -12: "p"}


def draw(path: Path, result: Result) -> Path:
    """
    Draw the picture.

    Parameters
    ----------
    path : pathlib.Path
        File to write, a PNG.
    result : Result
        What the demo found.

    Returns
    -------
    Path
        The file written.
    """
    job, theirs, ours, found = result.job, result.theirs, result.ours, result.found
    figure = Figure(figsize=(14.0, 10.5), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    keys = _examples(result)
    grid = figure.add_gridspec(
        len(keys) + 1, 3, height_ratios=[1.0] * len(keys) + [1.35], width_ratios=[1.0, 1.0, 0.8]
    )
    for row, key in enumerate(keys):
        axes = [figure.add_subplot(grid[row, column]) for column in range(3)]
        raw = _raw(key, result.folders)
        _record(axes, raw, theirs.traces[key], ours.traces[key], job)
        if row == 0:
            quantity = _UNITS[job.units][0]
            for axis, title in zip(
                axes, ("before", f"after: {quantity}", "obspeed minus ObsPy"), strict=True
            ):
                axis.set_title(title, loc="left", fontsize=11, color=_INK, fontweight="bold")
        if row == len(keys) - 1:
            for axis in axes:
                axis.set_xlabel("time in s", fontsize=9, color=_MUTED)
    _speeds(figure.add_subplot(grid[-1, :]), result)
    speedup = ratio(theirs.seconds[COMPUTE], ours.seconds[COMPUTE])
    largest = f", largest difference {found.largest.relative:.0e}" if found.largest else ""
    verdict = "NOT EQUAL" if found.unequal else "same answers"
    threads = obspeed.get_num_threads()
    figure.suptitle(
        f"{theirs.records} records: {speedup} ObsPy's speed, {verdict}{largest}\n",
        x=0.008,
        ha="left",
        fontsize=16,
        fontweight="bold",
        color=_INK,
    )
    figure.text(
        0.0085,
        0.957,
        f"obspeed {obspeed.__version__} on {threads} thread{'s' if threads != 1 else ''}"
        f" beside ObsPy {obspy.__version__} in the same run",
        fontsize=10,
        color=_MUTED,
    )
    figure.savefig(path, dpi=120)
    return path


def _examples(result: Result) -> list[Key]:
    """Choose the clearest record of each of the last events."""
    best: dict[str, tuple[float, Key]] = {}
    for row in result.found.differences:
        data = result.ours.traces[row.key].data
        spread = float(np.std(data)) if data.size else 0.0
        if not np.isfinite(spread) or spread == 0.0 or data.size < 250:
            continue
        clarity = float(np.max(np.abs(data)) / spread)
        best[row.key.event] = max(best.get(row.key.event, (0.0, row.key)), (clarity, row.key))
    return [best[event][1] for event in sorted(best)[-_ROWS:]]


def _raw(key: Key, folders: list[Path]) -> Trace:
    folder = next(folder for folder in folders if folder.name == key.event)
    return read_stream(folder)[key.place]


def _record(axes: list[Any], raw: Trace, theirs: Trace, ours: Trace, job: Job) -> None:
    before, after, difference = axes
    scale = float(np.max(np.abs(theirs.data)))
    power = int(np.clip(3 * np.floor(np.log10(scale) / 3), -12, 3)) if scale else 0
    unit = _PREFIXES[power] + _UNITS[job.units][1]
    factor = 10.0**-power
    time = theirs.times()
    before.plot(raw.times(), raw.data, color=_INK, linewidth=0.6)
    before.set_ylabel("counts", fontsize=9, color=_MUTED)
    after.plot(time, factor * theirs.data, color=_THEIRS, linewidth=3.0, label="ObsPy")
    after.plot(time, factor * ours.data, color=_OURS, linewidth=0.8, label="obspeed")
    after.set_ylabel(unit, fontsize=9, color=_MUTED)
    after.legend(loc="upper right", fontsize=8, frameon=False, ncols=2)
    error = (ours.data - theirs.data) / (scale or 1.0)
    largest = float(np.max(np.abs(error), initial=0.0)) or 1e-16
    exponent = int(np.floor(np.log10(largest)))
    difference.plot(time, error / 10.0**exponent, color=_MUTED, linewidth=0.6)
    difference.set_ylabel(f"$10^{{{exponent}}}$ of the maximum", fontsize=9, color=_MUTED)
    bound = 1.3 * largest / 10.0**exponent
    difference.set_ylim(-bound, bound)
    before.text(
        0.01,
        0.97,
        f"{raw.id}  {raw.stats.sampling_rate:g} Hz",
        transform=before.transAxes,
        va="top",
        fontsize=9,
        fontweight="bold",
        color=_INK,
    )
    for axis in axes:
        axis.margins(x=0)
        _bare(axis)
    low, high = before.get_ylim()
    before.set_ylim(low, high + 0.18 * (high - low))


def _speeds(axis: Any, result: Result) -> None:
    theirs, ours = result.theirs, result.ours
    bars = [
        (step.label, theirs.seconds[step.label], result.steps.seconds[step.label])
        for step in result.job.steps
    ]
    bars += [
        ("all steps, fused", theirs.seconds[COMPUTE], ours.seconds[COMPUTE]),
        ("files to files", total(theirs), total(ours)),
    ]
    place = np.arange(len(bars))
    slow, fast = (np.array([max(bar[side], 1e-6) for bar in bars]) for side in (1, 2))
    axis.barh(place - 0.19, slow, height=0.36, color=_THEIRS, label="ObsPy")
    axis.barh(place + 0.19, fast, height=0.36, color=_OURS, label="obspeed")
    for y, (_, a, b) in zip(place, bars, strict=True):
        axis.annotate(
            duration(a), (a, y - 0.19), (5, 0), textcoords="offset points", va="center",
            fontsize=9, color=_MUTED,
        )  # fmt: skip
        axis.annotate(
            f"{duration(b)}   {ratio(a, b)}", (b, y + 0.19), (5, 0), textcoords="offset points",
            va="center", fontsize=9, fontweight="bold", color=_OURS,
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_xlim(0.5 * min(slow.min(), fast.min()), 3.0 * slow.max())
    axis.set_yticks(place, [bar[0] for bar in bars], fontsize=10, color=_INK)
    axis.invert_yaxis()
    axis.set_title(
        "time, shorter is better", loc="left", fontsize=11, color=_INK, fontweight="bold"
    )
    axis.set_xlabel("s, logarithmic", fontsize=9, color=_MUTED)
    axis.legend(loc="upper right", fontsize=10, frameon=False)
    _bare(axis)
    axis.tick_params(axis="y", length=0)


def _bare(axis: Any) -> None:
    """Keep the data, and as little else as can be read."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(_THEIRS)
    axis.tick_params(colors=_MUTED, labelsize=8)
    axis.tick_params(axis="y", labelcolor=_INK)
