"""Recordings from files and to files, without the GIL; what the core declines, ObsPy does."""

from ._read import read, read_many
from ._write import write, write_many

__all__ = ["read", "read_many", "write", "write_many"]
