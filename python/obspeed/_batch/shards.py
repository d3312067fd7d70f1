"""Shares of a job for the tasks of an array job, which know nothing of each other."""

from __future__ import annotations

import os
import zlib
from typing import NamedTuple


class Shard(NamedTuple):
    """Share `i` of `n`, counted from 0."""

    i: int
    n: int

    def __str__(self) -> str:
        return f"{self.i}of{self.n}"

    def has(self, path: str) -> bool:
        """Whether a file is in this share; the files of a station in a folder stay together."""
        if self.n == 1:
            return True
        folder, _, name = path.rpartition("/")
        station = ".".join(name.split(".")[:2])
        return zlib.crc32(f"{folder}/{station}".encode()) % self.n == self.i


def shard_of(value: tuple[int, int] | str | None) -> Shard | None:
    """
    Return the share that is meant.

    Parameters
    ----------
    value : (int, int) or str, optional
        Share and number of shares, or as a text, ``"0/4"``; "auto" for what Slurm
        (``SLURM_ARRAY_TASK_ID``) or AWS Batch (``AWS_BATCH_JOB_ARRAY_INDEX``) says.

    Raises
    ------
    ValueError
        If it is none, or "auto" outside of an array job.
    """
    if value is None:
        return None
    if value == "auto":
        found = _from_environment()
        if found is None:
            raise ValueError("shard 'auto' is for the tasks of an array job of Slurm or AWS Batch")
        value = found
    elif isinstance(value, str):
        i, slash, n = value.partition("/")
        if not slash or not i.strip().isdecimal() or not n.strip().isdecimal():
            raise ValueError(f"expected a shard as 0/4, got {value!r}")
        value = (int(i), int(n))
    shard = Shard(*value)
    if not 0 <= shard.i < shard.n:
        raise ValueError(f"expected a shard i of n with 0 <= i < n, got {tuple(shard)}")
    return shard


def hint() -> str:
    """Return what to say to a task of an array job that is not told its share; or nothing."""
    found = _from_environment()
    if found is None or found[1] == 1:
        return ""
    return "; this is one of the tasks of an array job: shard='auto' (--shard auto) shares the work"


def _from_environment() -> tuple[int, int] | None:
    env = os.environ
    try:
        if "SLURM_ARRAY_TASK_ID" in env:
            first = int(env.get("SLURM_ARRAY_TASK_MIN", "0"))
            step = int(env.get("SLURM_ARRAY_TASK_STEP", "1"))
            count = env.get("SLURM_ARRAY_TASK_COUNT")
            last = int(env.get("SLURM_ARRAY_TASK_MAX", env["SLURM_ARRAY_TASK_ID"]))
            n = int(count) if count else (last - first) // step + 1
            return (int(env["SLURM_ARRAY_TASK_ID"]) - first) // step, n
        if "AWS_BATCH_JOB_ARRAY_INDEX" in env and "AWS_BATCH_JOB_ARRAY_SIZE" in env:
            return int(env["AWS_BATCH_JOB_ARRAY_INDEX"]), int(env["AWS_BATCH_JOB_ARRAY_SIZE"])
    except ValueError as error:
        raise ValueError(f"the variables of the array job are no numbers: {error}") from None
    return None
