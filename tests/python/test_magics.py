"""In a notebook: `%load_ext obspeed` enables, and `%%obspeed` says what ran where in a cell."""

from __future__ import annotations

import pytest

import obspeed

shells = pytest.importorskip("IPython.core.interactiveshell")


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(shells.InteractiveShell, "_instance", None)
    shell = shells.InteractiveShell(history_length=0)
    shell.history_manager.enabled = False
    shell.run_line_magic("load_ext", "obspeed")
    yield shell
    obspeed.disable()
    shell.history_manager.end_session()


def test_loading_enables_and_unloading_disables(shell):
    assert obspeed.is_enabled()
    shell.run_line_magic("unload_ext", "obspeed")
    assert not obspeed.is_enabled()
    assert shell.find_cell_magic("obspeed") is None


def test_a_cell_shows_what_ran_where(shell, capsys):
    # Only this cell's calls count, and its variables are the notebook's.
    shell.run_cell("import obspy; st = obspy.read(); st.taper(0.05)")
    capsys.readouterr()
    outcome = shell.run_cell("%%obspeed\nst.detrend('demean')\nn = len(st)")
    out = capsys.readouterr().out
    assert outcome.success
    assert "detrend" in out
    assert "taper" not in out
    assert shell.user_ns["n"] == 3


def test_a_cell_is_accelerated_while_obspeed_is_disabled(shell):
    obspeed.disable()
    shell.run_cell("%%obspeed\nimport obspeed\ninside = obspeed.is_enabled()")
    assert shell.user_ns["inside"] is True
    assert not obspeed.is_enabled()


def test_a_failing_cell_stops_the_notebook_with_one_traceback(shell, capsys):
    outcome = shell.run_cell("%%obspeed\nraise KeyError('lost')")
    out = capsys.readouterr().out
    assert not outcome.success
    assert out.count("Traceback") == 1
    assert "the cell failed" in out


def test_arguments_are_refused(shell, capsys):
    assert not shell.run_cell("%%obspeed now\n1").success
    assert "takes no arguments" in "".join(capsys.readouterr())
