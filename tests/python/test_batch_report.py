"""What a user sees of a job: the command, the bar, the summary, the table and the page."""

import csv
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from batch import PIPE, archive, everything, outputs, responses, run

import obspeed
from obspeed.__main__ import main


@pytest.fixture
def command(root, tmp_path):
    PIPE.to_toml(tmp_path / "job.toml")
    return ["process", str(root), "--pipeline", str(tmp_path / "job.toml")]


def test_the_command_does_the_job(root, command, capsys):
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "12 traces written, 1 failed" in out
    assert "1 remove_response: ValueError: No matching response information found." in out
    assert "failures.csv" in out
    assert "13/13" in err
    assert "traces/s" in err
    assert "failed=1" in err
    assert len(outputs(root)) == 12


def test_the_command_takes_all_settings(root, command, tmp_path, capsys):
    (root / "event_a" / "resp").rename(root / "event_a" / "stations")
    (root / "event_b" / "resp").rename(root / "event_b" / "stations")
    options = {
        "--raw": "{event}/raw/{id}__*.mseed",
        "--responses": "*/stations/*.xml",
        "--output": "out/{event}/{id}.mseed",
        "--format": "mseed",
        "--workers": "1",
        "--threads": "1",
        "--max-memory": "10M",
        "--on-error": "collect",
    }
    command = [*command, *(word for pair in options.items() for word in pair), "--no-progress"]
    assert main(command) == 0
    assert capsys.readouterr().err == ""
    assert len(outputs(root, "out/*/*.mseed")) == 12
    assert main([*command, "--no-resume"]) == 0
    assert "13 files in" in capsys.readouterr().out
    assert main(command) == 0
    assert "0 files in" in capsys.readouterr().out
    assert main([*command, "--no-resume", "--on-error", "raise"]) == 1
    assert "ValueError: No matching response information found." in capsys.readouterr().err


def test_the_command_without_responses(root, tmp_path, capsys):
    obspeed.Pipeline().detrend("demean").to_toml(tmp_path / "job.toml")
    command = ["process", str(root), "--pipeline", str(tmp_path / "job.toml"), "--no-progress"]
    assert main([*command, "--no-responses"]) == 0
    assert "13 x no coordinates" in re.sub(" +", " ", capsys.readouterr().out)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--pipeline", "no such file"],
        ["--pipeline", "JOB", "--raw", "{x}"],
        ["--pipeline", "JOB", "--shard", "9"],
        ["--pipeline", "JOB", "--shard", "auto"],
        ["--merge"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said(root, command, options, capsys):
    before = everything(root).keys()
    options = [command[-1] if option == "JOB" else option for option in options]
    assert main([*command[:2], *options]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("obspeed process: ")
    assert not out
    assert everything(root).keys() == before


def test_dry_run_lists_and_writes_nothing(root, command, capsys):
    before = everything(root)
    assert main([*command, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert everything(root) == before
    assert not list(root.glob("*.sqlite"))
    assert re.search(r"13 files to do, [\d.]+ kB; 0 done before, 0 refused", out)
    assert re.search(r"BW.RJOB..EH\w\S+.mseed -> event_\w/processed/BW.RJOB..EH\w\S+.sac", out)
    assert re.search(r" 7 event_a", out)
    said = float(re.search(r"about ([\d.]+) kB of outputs", out)[1])
    run(root)
    written = sum(map(len, outputs(root).values())) / 1000
    assert said == pytest.approx(written, rel=0.25)
    preview = obspeed.process(root, PIPE, dry_run=True).preview
    assert (preview.files, preview.kept) == (0, 13)


def test_a_killed_command_says_nothing_more(root, command):
    # Ctrl-C: the shell's count, and what to do next.
    code = (
        "import os, signal, sys\n"
        "from obspeed._batch import work\n"
        "work.read = lambda paths: os.kill(os.getpid(), signal.SIGINT) or signal.pause()\n"
        "from obspeed.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--no-progress"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130
    assert "Start the job again to go on" in done.stderr
    assert "Traceback" not in done.stderr


def test_table_of_failures(root):
    report = run(root)
    with (root / "failures.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    (failed,) = report.failed
    assert row == {
        "file": failed.file,
        "id": "XX.NONE..HHZ",
        "step": "remove_response",
        "error": "ValueError",
        "message": "No matching response information found.",
    }


class Page(HTMLParser):
    """Checks that tags are closed, and keeps the text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.tags, self.links = [], "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]
        if tag not in {"meta", "polygon"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "polygon":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_page(root):
    (root / "event_b" / "resp" / "GR.FUR.xml").write_text("<script>alert(1)</script>")
    run(root)
    page = Page((root / "report.html").read_text(encoding="utf-8"))
    assert not page.open
    assert "script" not in page.tags
    assert not page.links  # one file, that asks for no other
    for text in (
        "Failures by kind",
        "No matching response information found.",
        "throughput",
        "files/s",
        "process",
        "remove_response",
        "Before and after",
        "BW.RJOB..EHE",
    ):
        assert text in page.text
    assert page.tags.count("svg") == 2


def test_pandas(root):
    pd = pytest.importorskip("pandas")
    table = run(root).to_pandas()
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == ["file", "id", "output", "nbytes", "step", "error", "message"]
    assert len(table) == 13
    assert table["output"].notna().sum() == 12
    assert set(table["error"].dropna()) == {"ValueError"}


def test_summary_of_many_kinds_is_short(tmp_path):
    # A million failures are not a million lines.
    root = archive(tmp_path / "archive", events=["e"])
    folder = root / "e" / "raw"
    for i in range(30):
        (folder / f"bad{i:02}.mseed").write_bytes(b"text")
    report = run(root)
    assert len(str(report).splitlines()) < 20
    assert "and 20 other kinds of failure" in str(report)
    assert len(report.failed) == 30


def test_warnings_are_counted_not_shown(root, recwarn):
    responses(root, "event_a")
    content = (root / "event_a" / "resp" / "BW.RJOB.xml").read_text(encoding="utf-8")
    path = root / "event_a" / "resp" / "BW.RJOB.xml"
    path.write_text(content.replace("<Name>M/S</Name>", "<Name>FURLONG</Name>"), encoding="utf-8")
    report = run(root)
    assert not recwarn.list
    assert any("FURLONG" in text for text in report.totals.notes)
