"""The report of a job as a page: one file, no server, no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pictures import Curve
    from .report import BatchReport

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
  color: #222; background: #fff }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
table { border-collapse: collapse } td, th { padding: .2em .8em .2em 0; text-align: left;
  vertical-align: top } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
tr + tr td { border-top: 1px solid #ddd } code, pre { font-size: .9em; white-space: pre-wrap }
svg { width: 100%; height: 7em; background: #f6f6f6; margin: .2em 0 } .bar { background: #4a7fb5;
  height: .8em; display: inline-block } figure { margin: 1em 0 } figcaption { font-size: .9em }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 }
  svg { background: #242424 } tr + tr td { border-color: #444 } }
"""


def write_page(report: BatchReport) -> None:
    """Write the page of a report, in one piece."""
    temporary = report.html.with_suffix(".html.part")
    try:
        temporary.write_text(page(report), encoding="utf-8")
        temporary.replace(report.html)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def page(report: BatchReport) -> str:
    """Return the page of a report."""
    totals = report.totals
    written, failed = len(report.ok), len(report.failed)
    seconds = report.seconds or math.inf
    facts = {
        "traces written": f"{written}",
        "failures": f"{failed}",
        "files done in this run": f"{totals.done}",
        "files done before": f"{totals.kept}",
        "time": f"{report.seconds:.1f} s, {report.workers} at a time",
        "throughput": f"{totals.done / seconds:.1f} files/s, "
        f"{totals.nbytes / seconds / 1e6:.1f} MB/s, {totals.samples / seconds / 1e6:.2f} "
        "million samples/s",
    }
    parts = [
        f"<h1>obspeed: {escape(str(report.folder))}</h1>",
        f"<pre>{escape(report.pipeline)}</pre>",
        _table((escape(name), value) for name, value in facts.items()),
        "<h2>Failures by kind</h2>",
        _failures(report) if failed else "<p>None.</p>",
        "<h2>Time by phase, of all workers</h2>",
        _bars(totals.phases),
    ]
    if totals.steps:
        parts += ["<h2>Time by step, for the traces below</h2>", _bars(totals.steps)]
    if totals.pictures:
        parts.append("<h2>Before and after</h2>")
        for picture in totals.pictures:
            parts.append(
                f"<figure><figcaption>{escape(picture.id)}, {escape(picture.file)}, "
                f"{picture.before.seconds:.0f} s</figcaption>"
                f"{_wave(picture.before, '#777')}{_wave(picture.after, '#4a7fb5')}</figure>"
            )
    if totals.notes:
        parts.append("<h2>Notes</h2>")
        parts.append(_table((escape(text), f"{n}") for text, n in totals.notes.most_common(100)))
    title = f"obspeed: {written} traces, {failed} failures"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _failures(report: BatchReport) -> str:
    rows = (
        (f"{n}", escape(step), escape(error), escape(message))
        for step, error, message, n in report.failed.kinds()
    )
    table = _table(rows, head=("", "step", "error", "message"))
    return f"{table}<p>All of them: <code>{escape(report.failures_csv.name)}</code></p>"


def _table(rows: Iterable[tuple[str, ...]], head: tuple[str, ...] = ()) -> str:
    lines = ["".join(f"<th>{cell}</th>" for cell in head)] if head else []
    lines += [
        "".join(
            f'<td class="n">{cell}</td>' if cell.isdecimal() else f"<td>{cell}</td>" for cell in row
        )
        for row in rows
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _bars(seconds: Mapping[str, float]) -> str:
    total = sum(seconds.values()) or 1.0
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return _table(
        (
            escape(name),
            f"{value:.2f} s",
            f'<span class="bar" style="width:{20 * value / total:.2f}em"></span> '
            f"{100 * value / total:.0f} %",
        )
        for name, value in ordered
    )


def _wave(curve: Curve, colour: str) -> str:
    """Return a waveform as the area between its least and largest samples."""
    low, high = min(curve.low), max(curve.high)
    height = (high - low) or 1.0
    n = len(curve.low)

    def points(values: Iterable[float], columns: Iterable[int]) -> str:
        return " ".join(
            f"{1000 * (i + 0.5) / n:.1f},{99 - 98 * (value - low) / height:.1f}"
            for i, value in zip(columns, values, strict=True)
        )

    there = points(curve.high, range(n))
    back = points(reversed(curve.low), range(n - 1, -1, -1))
    return (
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img">'
        f'<polygon points="{there} {back}" fill="{colour}" stroke="{colour}" '
        'stroke-width="0.6" vector-effect="non-scaling-stroke"/></svg>'
    )
