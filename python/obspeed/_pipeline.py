"""A list of calls as a value: run trace by trace, in one go, and kept in files."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from obspy import Stream, Trace

from . import _originals, _toml
from ._bar import Bar
from ._execute import Call
from ._pipeline_run import Run, RunReport

_WITH_INVENTORY = frozenset({"remove_response", "remove_sensitivity"})


class _Step:
    """A method of `Pipeline` that appends the Trace method of its own name."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.__doc__ = f"Append ``{name}``, with the arguments of ``obspy.Trace.{name}``."

    def __get__(self, pipeline: Pipeline | None, owner: type) -> Callable[..., Pipeline]:
        def append(*args: Any, **kwargs: Any) -> Pipeline:
            return (pipeline or owner())._with(self.name, args, kwargs)

        append.__name__ = self.name
        append.__doc__ = self.__doc__
        return append


class Pipeline:
    """
    An immutable list of calls on traces, picklable and equal by value.

    Every method of it named like one of ``obspy.Trace`` returns a longer pipeline. A run leaves a
    trace as the same calls one after another would: values within the classes of the methods,
    stats, and one entry in the history a call.

    Examples
    --------
    >>> pipe = Pipeline().detrend("demean").taper(0.05).remove_response(output="DISP")
    >>> report = pipe.run(stream, inventory=inventory, on_error="collect")  # doctest: +SKIP
    """

    detrend = _Step()
    taper = _Step()
    filter = _Step()
    remove_response = _Step()
    remove_sensitivity = _Step()
    simulate = _Step()
    resample = _Step()
    decimate = _Step()
    interpolate = _Step()
    differentiate = _Step()
    integrate = _Step()
    normalize = _Step()
    trigger = _Step()
    trim = _Step()

    def __init__(self) -> None:
        self._steps: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = ()

    def _with(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pipeline:
        _originals.signature(name).bind(None, *args, **kwargs)
        longer = Pipeline()
        longer._steps = (*self._steps, (name, deepcopy(args), deepcopy(kwargs)))
        return longer

    @property
    def steps(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls: names, and copies of the arguments by name (positional extras as ``args``)."""
        return deepcopy(self._named())

    def _named(self) -> list[tuple[str, dict[str, Any]]]:
        named = []
        for name, args, kwargs in self._steps:
            bound = _originals.signature(name).bind(None, *args, **kwargs).arguments
            del bound["self"]
            for collector in ("options", "kwargs"):
                bound |= bound.pop(collector, {})
            named.append((name, dict(bound)))
        return named

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and _toml.plain(self._named()) == _toml.plain(
            other._named()
        )

    def __hash__(self) -> int:
        return hash(tuple(name for name, _, _ in self._steps))

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        calls = (
            f".{name}({', '.join([*map(repr, args), *(f'{k}={v!r}' for k, v in kwargs.items())])})"
            for name, args, kwargs in self._steps
        )
        return "Pipeline()" + "".join(calls)

    def to_toml(self, path: str | Path) -> None:
        """
        Write the pipeline to a TOML file.

        Parameters
        ----------
        path : str or pathlib.Path
            The file; replaced if it exists.

        Raises
        ------
        TypeError
            If an argument is of a type that TOML has no form for.
        """
        Path(path).write_text(_toml.dumps(self._named()), encoding="utf-8")

    @classmethod
    def from_toml(cls, path: str | Path) -> Pipeline:
        """
        Read a pipeline from a TOML file.

        Parameters
        ----------
        path : str or pathlib.Path
            A file as `to_toml` writes it: a ``[[step]]`` a call with its ``name`` and arguments.

        Returns
        -------
        Pipeline
            Equal to the one that was written.

        Raises
        ------
        ValueError
            If the file is not TOML, or a step has no name or one that a pipeline does not have.
        TypeError
            If the arguments do not fit the method.
        """
        pipeline = cls()
        for name, kwargs in _toml.loads(Path(path).read_text(encoding="utf-8")):
            if not isinstance(vars(cls).get(name), _Step):
                raise ValueError(f"expected the name of a method in a step, got {name!r}")
            extra = tuple(kwargs.pop("args", ()))
            if extra:
                names = list(_originals.signature(name).parameters)[1:]
                head = tuple(kwargs.pop(n) for n in names[: names.index("args")])
                pipeline = pipeline._with(name, head + extra, kwargs)
            else:
                pipeline = pipeline._with(name, (), kwargs)
        return pipeline

    def run(
        self,
        target: Stream | Trace,
        inventory: Any = None,
        on_error: str = "raise",
        progress: bool = False,
    ) -> RunReport:
        """
        Do all calls on all traces, in place.

        Parameters
        ----------
        target : obspy.Stream or obspy.Trace
            What to work on.
        inventory : optional
            For the steps that need a response and do not bring an ``inventory`` of their own.
        on_error : {"raise", "collect"}
            With "raise" the first failing trace, in the stream's order, raises its exception: the
            traces before it are done, it and those after it untouched. With "collect" a failing
            trace is a row of the report and as it was.
        progress : bool
            Show a bar of tqdm.

        Returns
        -------
        RunReport
            The traces done and failed.

        Raises
        ------
        ValueError
            If `on_error` is neither of these.
        Exception
            With "raise": what ObsPy's method raises.
        """
        if on_error not in {"raise", "collect"}:
            raise ValueError(f"expected on_error 'raise' or 'collect', got {on_error!r}")
        traces = list(target.traces) if isinstance(target, Stream) else [target]
        with Bar(len(traces) if progress else None, "trace") as bar:
            return self._run(traces, inventory, on_error == "raise", bar.to)

    def _run(
        self,
        traces: list[Trace],
        inventory: Any,
        raises: bool,
        advance: Callable[[int], None],
    ) -> RunReport:
        return Run(self._calls(inventory), traces, raises, advance).report()

    def _calls(self, inventory: Any) -> list[Call]:
        calls = []
        for name, args, kwargs in self._steps:
            bound = _originals.signature(name).bind_partial(None, *args, **kwargs).arguments
            wants = name in _WITH_INVENTORY and bound.get("inventory") is None
            extra = {"inventory": inventory} if wants and inventory is not None else {}
            calls.append(Call(name, args, kwargs | extra))
        return calls
