"""The settings of a job, checked."""

from __future__ import annotations

import pickle
import re
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from obspy.core.util.base import ENTRY_POINTS

from .. import _toml
from .._pipeline import Pipeline
from .._threads import get_num_threads
from .dispatch import parallelism
from .here import AT_A_TIME
from .shards import Shard
from .task import Job
from .templates import Output, Template

_SIZE = re.compile(r"(\d+(?:\.\d*)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)

_UNITS = ("", "K", "M", "G", "T")


@dataclass(frozen=True)
class Setup:
    """
    The settings of a job.

    Attributes
    ----------
    job : Job
        What tasks need.
    raw : Template
        Where the inputs are.
    folder : pathlib.Path
        Where the outputs are: journal, failures and report are kept there.
    shard : Shard or None
        The share of this process.
    workers : int
        How many tasks are done at a time.
    max_memory : int
        Bytes that the traces of a task may take.
    resume : bool
        Whether to leave what is done.
    strict : bool
        Whether the first failure ends the job.
    """

    job: Job
    raw: Template
    folder: Path
    shard: Shard | None
    workers: int
    max_memory: int
    resume: bool
    strict: bool

    @property
    def suffix(self) -> str:
        """What the names of a shard's own files have before their ending."""
        return f".{self.shard}" if self.shard else ""

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.folder / f"journal{self.suffix}.sqlite"

    @property
    def config(self) -> str:
        """Digest of all on which outputs depend, beside the files."""
        job = self.job
        steps = job.pipeline._named()
        try:
            text = _toml.dumps(steps).encode()
        except TypeError:
            text = pickle.dumps(steps)
        named = sorted(self.raw.fields & {"start", "end"})
        rest = repr((job.responses, job.events, job.output, job.kind, named)).encode()
        return blake2b(text + rest, digest_size=16).hexdigest()


def settle(
    root: str | Path,
    pipe: Pipeline,
    *,
    raw: str,
    responses: str | None,
    events: str | None,
    output: str,
    kind: str,
    executor: Executor | None,
    workers: int | None,
    threads: int | None,
    max_memory: int | str,
    shard: Shard | None,
    resume: bool,
    on_error: str,
) -> Setup:
    """
    Check the settings of a job.

    Raises
    ------
    ValueError, TypeError, NotADirectoryError
        If one of them makes no sense.
    """
    if not isinstance(pipe, Pipeline):
        raise TypeError(f"expected an obspeed.Pipeline, got {type(pipe).__name__}")
    if on_error not in {"raise", "collect"}:
        raise ValueError(f"expected on_error 'raise' or 'collect', got {on_error!r}")
    if workers is not None and workers < 1:
        raise ValueError(f"expected a positive number of workers, got {workers}")
    if threads is not None and threads < 1:
        raise ValueError(f"expected a positive number of threads, got {threads}")
    home = Path(root).resolve()
    if not home.is_dir():
        raise NotADirectoryError(f"expected a folder, got {str(root)!r}")
    kinds = ENTRY_POINTS["waveform_write"]
    if kind.upper() not in kinds:
        raise ValueError(f"expected a format of {', '.join(sorted(kinds))}, got {kind!r}")
    names = Output(output)
    spread = executor is not None or workers is not None
    for text in filter(None, (responses, events)):
        Template(text)
    job = Job(
        str(home),
        pipe,
        raw,
        responses,
        events,
        output,
        kind.upper(),
        # A worker has one: the others are for its siblings.
        threads=threads or (1 if spread else get_num_threads()),
    )
    if executor is not None:
        at_a_time = workers or parallelism(executor)
    else:
        # The first failure ends a strict job, before anything after it is begun.
        several = job.threads > 1 and on_error == "collect"
        at_a_time = workers or (AT_A_TIME if several else 1)
    return Setup(
        job,
        Template(raw),
        home / names.folder,
        shard,
        at_a_time,
        max(1, nbytes(max_memory) // (1 if spread else at_a_time)),
        resume,
        on_error == "raise",
    )


def nbytes(size: int | str) -> int:
    """
    Return a number of bytes.

    Parameters
    ----------
    size : int or str
        A number, or as a text one with K, M, G or T (of 1024).

    Raises
    ------
    ValueError
        If it is none, or not positive.
    """
    found = _SIZE.fullmatch(str(size).strip())
    n = float(found[1]) * 1024 ** _UNITS.index(found[2].upper()) if found else 0.0
    if n < 1:
        raise ValueError(f"expected a size as 256M or 2G, got {size!r}")
    return int(n)
