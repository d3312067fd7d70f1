"""Pytest plugin for ObsPy's own suite, with obspeed or without: writes down how it went.

Loaded by `run.py` with `-p`, before any test is collected. ObsPy must not know that it is here.
"""

import json
import os
from pathlib import Path

RESULT = "OBSPEED_UPSTREAM_RESULT"
ACCELERATE = "OBSPEED_UPSTREAM_ACCELERATE"


class Recorder:
    """Outcome and message of every test, and what obspeed did meanwhile."""

    def __init__(self, path, accelerate):
        self.path = path
        self.accelerate = accelerate
        self.tests = {}

    def pytest_runtest_logreport(self, report):
        # A test is as bad as the worst of its phases: a teardown that fails is a failure.
        test = report.nodeid.split("::", 1)[-1]
        outcome, _ = self.tests.get(test, ("passed", ""))
        if report.failed or (report.skipped and outcome == "passed"):
            outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            self.tests[test] = (outcome, str(report.longrepr)[-2000:])
        else:
            self.tests.setdefault(test, (outcome, ""))

    def pytest_collectreport(self, report):
        if report.failed:
            self.tests["collection"] = ("failed", str(report.longrepr)[-2000:])

    def pytest_sessionfinish(self):
        calls = {}
        if self.accelerate:
            import obspeed

            rows = obspeed.report().methods.items()
            methods = {name: (row.accelerated, row.traces - row.accelerated) for name, row in rows}
            # A test may have switched it off, or reloaded what it patches: then it proves nothing.
            calls = {"enabled": obspeed.is_enabled(), "methods": methods}
        result = {"tests": self.tests, "obspeed": calls}
        Path(self.path).write_text(json.dumps(result), encoding="utf-8")


def pytest_configure(config):
    accelerate = os.environ[ACCELERATE] == "1"
    if accelerate:
        import obspeed

        obspeed.enable()
        obspeed.reset_report()
    config.pluginmanager.register(Recorder(os.environ[RESULT], accelerate))
