"""Run a script or a module as Python does, with obspeed enabled."""

from __future__ import annotations

import importlib.machinery
import io
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType, TracebackType

import obspeed


def run(target: str, args: list[str], *, module: bool = False, report: bool = False) -> int:
    """
    Run a script or a module as ``python`` or ``python -m`` would, with obspeed enabled.

    Parameters
    ----------
    target : str
        Path of a script, of a folder or zip file with a ``__main__.py``, or name of a module.
    args : list of str
        The script's own arguments.
    module : bool
        Whether `target` names a module.
    report : bool
        Print what ran where to the standard error stream at the end.

    Returns
    -------
    int
        0, or 1 after an exception, whose traceback has been printed, or 2 where there is no script.

    Raises
    ------
    SystemExit
        If the script raises it.
    KeyboardInterrupt
        If the script leaves it uncaught; its traceback has been printed.
    """
    obspeed.enable()
    try:
        if module:
            _run_module(target, args)
        elif Path(target).is_dir() or target.endswith((".zip", ".pyz", ".pyc")):
            _run_path(target, args)
        else:
            _run_script(target, args)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the script lets through
        return _uncaught(error, module=module)
    finally:
        if report:
            sys.stdout.flush()
            print(obspeed.report(), file=sys.stderr)
    return 0


def _run_script(target: str, args: list[str]) -> None:
    path = str(Path(target).absolute())
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        sys.stderr.write(f"{sys.executable}: can't open file '{path}': {reason}\n")
        raise SystemExit(2) from None
    sys.argv[:] = [target, *args]
    _first_on_path(os.path.dirname(os.path.realpath(target)))  # noqa: PTH120 - "" is no Path
    # The module stays in place when the script has ended: threads, exit handlers and pickles of a
    # script outlive its last line. runpy would take it away.
    main = ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    vars(main).update(__builtins__=sys.modules["builtins"], __cached__=None)
    sys.modules["__main__"] = main
    code = compile(source, path, "exec", dont_inherit=True)
    exec(code, vars(main))  # noqa: S102 - running the user's script is the purpose


def _run_path(target: str, args: list[str]) -> None:
    sys.argv[:] = [target, *args]
    if not _is_safe_path():
        del sys.path[0]  # runpy inserts the folder or zip file itself
    runpy.run_path(target, run_name="__main__")


def _run_module(target: str, args: list[str]) -> None:
    sys.argv[:] = [target, *args]  # runpy puts the module's file in the place of its name
    _first_on_path(str(Path.cwd()))
    runpy.run_module(target, run_name="__main__", alter_sys=True)


def _first_on_path(folder: str) -> None:
    if not _is_safe_path():
        sys.path[0] = folder


def _is_safe_path() -> bool:
    # Python 3.11 and later: -P or PYTHONSAFEPATH, nothing is put in front of the path.
    return bool(getattr(sys.flags, "safe_path", False))


def _uncaught(error: BaseException, *, module: bool) -> int:
    """Print an exception as Python does, without the frames that are ours."""
    traceback = _without_ours(error.__traceback__)
    if traceback is None and module and isinstance(error, ImportError):
        sys.stderr.write(f"{sys.executable}: {error}\n")  # no such module, in the words of Python
        return 1
    sys.stdout.flush()
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)
    if isinstance(error, KeyboardInterrupt):
        # Python then ends by the signal itself, which shells and make look for; its traceback is
        # printed already.
        sys.excepthook = lambda *_: None
        raise error
    return 1


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    ours = (__file__, runpy.__file__, "<frozen runpy>")
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    return traceback
