"""Names of files: patterns that find them, and templates that make them."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .._lazy import lazy

_CODE = r"[^./_]*"
_TIME = r"[0-9TZ.:,-]+"

#: What may stand in braces, and what it looks like in a name.
FIELDS = {
    "event": r"[^/]+",
    "network": _CODE,
    "station": _CODE,
    "location": _CODE,
    "channel": _CODE,
    "id": r"\.".join([_CODE] * 4),
    "start": _TIME,
    "end": _TIME,
    "year": r"\d{4}",
    "julday": r"\d{3}",
}

_WILD = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """
    A file that a template leads to.

    Attributes
    ----------
    path : str
        Relative to the root, or absolute if the template is.
    fields : dict of str to str
        What stands for the fields of the template, and for ``event``.
    fits : bool
        False for a file beside those meant, of the same kind, whose name does not fit.
    """

    path: str
    fields: dict[str, str]
    fits: bool


class Template:
    """
    A path with fields in braces, and the shell's wildcards (``*``, ``?``, ``[]``, ``**``).

    Parameters
    ----------
    text : str
        Parts separated by ``/``. The event is ``{event}``; without it, it is what the first
        folders with wildcards stand for, and without these, the folders before the last one.

    Raises
    ------
    ValueError
        If a field is unknown, or the braces do not match.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        parts = text.split("/")
        self.absolute = text.startswith("/")
        self._parts = [_Part(part) for part in parts if part not in {"", "."}]
        if not self._parts:
            raise ValueError(f"expected a path, got {text!r}")
        self.fields = frozenset(name for part in self._parts for name in part.fields)

    @lazy
    def folders(self) -> list[str]:
        """The first folders, up to one that has a wildcard or a field."""
        fixed = []
        for part in self._parts[:-1]:
            if not part.is_literal:
                break
            fixed.append(part.text)
        return fixed

    @lazy
    def _wild(self) -> range:
        """The first folders with wildcards."""
        begin = len(self.folders)
        end = begin
        while end < len(self._parts) - 1 and self._parts[end].is_wild:
            end += 1
        return range(begin, end)

    @lazy
    def _event(self) -> range:
        """The folders that stand for the event."""
        if "event" in self.fields:
            named = [i for i, part in enumerate(self._parts[:-1]) if "event" in part.fields]
            return range(named[0], named[0] + 1) if named else range(0)
        return self._wild or range(len(self._parts) - 2)

    def of_event(self, raw: Template) -> Template:
        """Return this template with ``{event}`` in place of the folders that are it in `raw`."""
        wild, theirs = (
            [t._parts[i].text for i in r] for t, r in ((self, self._wild), (raw, raw._event))
        )
        same = len(wild) == len(theirs) and all(
            mine in {"*", "**", other} for mine, other in zip(wild, theirs, strict=True)
        )
        if "event" in self.fields or not wild or not same:
            return self
        texts = [part.text for part in self._parts]
        texts[self._wild.start : self._wild.stop] = ["{event}"]
        return Template("/" * self.absolute + "/".join(texts))

    @property
    def is_fixed(self) -> bool:
        """Whether this is the path of one file."""
        return all(part.is_literal for part in self._parts)

    def substitute(self, values: Mapping[str, str]) -> str:
        """
        Return a pattern as `glob` has them.

        Values are taken literally; a field without one is ``*``.
        """
        text = "/".join(part.substitute(values) for part in self._parts)
        return f"/{text}" if self.absolute else text

    def matches(self, path: str) -> bool:
        """Whether a path is one that `find` would find; a field may differ from place to place."""
        return self._regex.fullmatch(path.lstrip("/")) is not None

    @lazy
    def _regex(self) -> re.Pattern[str]:
        folders = ["(?:[^/]+/)*" if p.text == "**" else p.nameless + "/" for p in self._parts[:-1]]
        return re.compile("".join([*folders, self._parts[-1].nameless]), re.DOTALL)

    def find(self, root: str) -> Iterator[Found]:
        """
        Walk the folders under `root`, in the order of names.

        Yields
        ------
        Found
            Files whose name fits, and with fields in the last part also those of the same suffix
            whose name does not.
        """
        base = "/" if self.absolute else ""
        yield from self._walk(root, base, 0, {}, [])

    def _walk(
        self, root: str, at: str, index: int, fields: dict[str, str], event: list[str]
    ) -> Iterator[Found]:
        part = self._parts[index]
        last = index == len(self._parts) - 1
        folder = os.path.join(root, at) if at else root  # noqa: PTH118 - Path is slow by the million
        leads = index in self._event
        if part.text == "**" and not last:
            yield from self._walk(root, at, index + 1, fields, event)
            for name in _folders(folder, follow=False):
                inner = [*event, name] if leads else event
                yield from self._walk(root, f"{at}{name}/", index, fields, inner)
        elif last:
            extra = {} if "event" in self.fields else {"event": "/".join(event)}
            yield from self._files(folder, at, part, fields | extra)
        elif part.is_literal:
            if os.path.isdir(os.path.join(folder, part.text)):  # noqa: PTH112, PTH118
                inner = [*event, part.text] if leads else event
                yield from self._walk(root, f"{at}{part.text}/", index + 1, fields, inner)
        else:
            for name in _folders(folder):
                found = part.match(name, fields)
                if found is not None:
                    inner = [*event, name] if leads else event
                    yield from self._walk(root, f"{at}{name}/", index + 1, fields | found, inner)

    def _files(self, folder: str, at: str, part: _Part, fields: dict[str, str]) -> Iterator[Found]:
        if part.is_literal:
            if os.path.exists(os.path.join(folder, part.text)):  # noqa: PTH110, PTH118
                yield Found(at + part.text, fields, True)
            return
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names only: there may be a million
        except OSError:
            return
        for name in names:
            found = part.match(name, fields)
            if found is not None:
                yield Found(at + name, fields | found if found else fields, True)
            elif part.fields and part.suffix and name[0] != "." and name.endswith(part.suffix):
                yield Found(at + name, fields, False)


class _Part:
    """A part of a path between two slashes."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.pieces = [(a, b) for a, b, *_ in string.Formatter().parse(text)]
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from None
        self.fields = [field for _, field in self.pieces if field is not None]
        for field in self.fields:
            if field not in FIELDS:
                raise ValueError(f"{text!r}: expected one of {', '.join(FIELDS)}, got {field!r}")
        self.is_wild = any(_WILD.search(literal) for literal, _ in self.pieces)
        self.is_literal = not self.fields and not self.is_wild
        literal, last = self.pieces[-1]
        dot = "" if last is not None else literal[literal.rfind(".") :]
        self.suffix = dot if dot.startswith(".") and not _WILD.search(dot) else ""

    @lazy
    def regex(self) -> re.Pattern[str]:
        named: set[str] = set()
        out = []
        for literal, field in self.pieces:
            out.append(_translate(literal))
            if field in named:
                out.append(f"(?P={field})")
            elif field is not None:
                out.append(f"(?P<{field}>{FIELDS[field]})")
                named.add(field)
        return re.compile("".join(out), re.DOTALL)

    @lazy
    def nameless(self) -> str:
        """The regular expression, its fields without names."""
        pieces = ((_translate(literal), field) for literal, field in self.pieces)
        return "".join(text + (f"(?:{FIELDS[field]})" if field else "") for text, field in pieces)

    def match(self, name: str, fields: Mapping[str, str]) -> dict[str, str] | None:
        """Return what the fields stand for, or None if the name does not fit."""
        if name.startswith(".") and not self.text.startswith("."):
            return None
        found = self.regex.fullmatch(name)
        if found is None:
            return None
        named = found.groupdict()
        if any(fields.get(key, value) != value for key, value in named.items()):
            return None
        return named

    def substitute(self, values: Mapping[str, str]) -> str:
        out = []
        for literal, field in self.pieces:
            out.append(literal)
            if field is not None:
                out.append(_WILD.sub(r"[\g<0>]", values[field]) if field in values else "*")
        return "".join(out)


def _folders(folder: str, *, follow: bool = True) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=follow)
            )
    except OSError:
        return []


def _translate(literal: str) -> str:
    """Return a regular expression for wildcards within one part of a path."""
    out, i = [], 0
    while i < len(literal):
        char = literal[i]
        close = literal.find("]", i + 2) if char == "[" else -1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif close > 0:
            inner = literal[i + 1 : close].replace("\\", r"\\").replace("[", r"\[")
            out.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
            i = close
        else:
            out.append(re.escape(char))
        i += 1
    return "".join(out)


class Output:
    """
    A template for the names of outputs.

    Parameters
    ----------
    text : str
        A path with fields and no wildcards.

    Raises
    ------
    ValueError
        If it has wildcards, or no field by which traces differ.
    """

    def __init__(self, text: str) -> None:
        template = Template(text)
        if any(part.is_wild for part in template._parts):
            raise ValueError(f"expected an output without wildcards, got {text!r}")
        if not template.fields:
            raise ValueError(f"expected fields as {{id}} or {{start}} in the output, got {text!r}")
        self.text = text
        self.fields = template.fields
        self._root = "/" * template.absolute
        self.folder = self._root + "/".join(template.folders)

    def name(self, values: Mapping[str, str]) -> str:
        """
        Return the path of one output.

        Raises
        ------
        ValueError
            If a value has what no part of a path may have.
        """
        path = self.text.format_map(values)
        parts = [part for part in path.split("/") if part]
        bad = path.endswith("/") or any(part in {".", ".."} for part in parts)
        slash = any("/" in values[name] for name in self.fields if name != "event")
        if bad or slash or not path.isprintable():
            raise ValueError(f"no file can have the name {path!r}")
        return self._root + "/".join(parts)
