"""`obspeed run` is `python` with obspeed enabled: a script cannot tell, and neither can a shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from obspeed.__main__ import main

SCRIPT = """\
import atexit, os, sys
import __main__

print(sys.argv[1:], __name__, __file__, __spec__, __package__)
print(sys.path[0] == os.path.dirname(os.path.realpath(__file__)))
print(vars(__main__) is globals(), "annotations" in globals())
atexit.register(lambda: print("at exit", sys.modules["__main__"].__dict__ is globals()))

def end(how=None):
    if how == "raise":
        raise ValueError("boom")
    if how == "status":
        sys.exit(7)
    if how == "message":
        sys.exit("that was it")
    if how == "interrupt":
        raise KeyboardInterrupt

end(*sys.argv[1:2])
"""

STATE = "import obspeed; print(obspeed.is_enabled())"


def python(*args, cwd, **env):
    return subprocess.run(
        [sys.executable, *args],
        cwd=cwd,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def result(*args, cwd):
    done = python(*args, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "state.py").write_text(STATE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("def f(:\n", encoding="utf-8")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import sys; print(sys.argv, __name__, __spec__.name, sys.path[0]); raise SystemExit(3)",
        encoding="utf-8",
    )
    return tmp_path


@pytest.mark.parametrize(
    "args",
    [
        ("script.py",),
        ("script.py", "", "--report", "-m", "x"),
        ("script.py", "raise"),
        ("script.py", "status"),
        ("script.py", "message"),
        ("broken.py",),
        ("missing.py",),
        ("-m", "package", "--report", "x"),
        ("-m", "no_such_module"),
        ("-m", "package.no_such_module"),
    ],
    ids=" ".join,
)
def test_run_is_python(folder, args):
    # Arguments, names, paths, tracebacks, exit codes and exit handlers are those of python itself.
    assert result("-m", "obspeed", "run", *args, cwd=folder) == result(*args, cwd=folder)


@pytest.mark.skipif(os.name != "posix", reason="ends by a signal on POSIX only")
def test_run_ends_by_the_interrupt(folder):
    # A shell loop around the script has to stop too, which it does for the signal only.
    code, _, stderr = result("-m", "obspeed", "run", "script.py", "interrupt", cwd=folder)
    assert code == -signal.SIGINT
    assert (code, stderr) == result("script.py", "interrupt", cwd=folder)[::2]
    assert "_run.py" not in stderr


def test_run_enables_unless_the_environment_forbids(folder):
    run = ("-m", "obspeed", "run", "state.py")
    assert python("state.py", cwd=folder).stdout == "False\n"
    assert python(*run, cwd=folder, OBSPEED_DISABLE="0").stdout == "True\n"
    assert python(*run, cwd=folder, OBSPEED_DISABLE="1").stdout == "False\n"


def test_run_reports_to_standard_error(folder):
    # Standard output belongs to the script, which may be piped somewhere.
    (folder / "work.py").write_text(
        "import obspy; obspy.read()[0].detrend('demean'); raise SystemExit(4)", encoding="utf-8"
    )
    done = python("-m", "obspeed", "run", "--report", "work.py", cwd=folder)
    assert (done.returncode, done.stdout) == (4, "")
    assert "detrend" in done.stderr


def test_info_shows_versions_and_threads(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "obspeed" in out
    assert "threads" in out


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["run"],
        ["run", "-m"],
        ["demo", "--events", "no such folder"],
        ["demo", "--output"],
        ["demo", "--threads", "0"],
        ["demo", "--rate", "nan"],
        ["demo", "--output-units", "M"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_a_usage_error(args, capsys):
    with pytest.raises(SystemExit) as caught:
        main(args)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err
