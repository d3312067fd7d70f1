"""Whatever is wrong with an input is a row, and the rest of the job is done."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from batch import (
    START,
    archive,
    everything,
    failures,
    outputs,
    raw,
    run,
    stem,
    stream,
    trace,
)
from subprocesses import run_python

import obspeed

GOOD = 12


@pytest.fixture
def root(tmp_path):
    return archive(tmp_path / "archive")


def one_row(report, step, error, good=GOOD):
    """The job is done but for one row, which is in the table, too."""
    assert len(report.ok) == good
    (row,) = report.failed
    assert (row.step, row.error) == (step, error), row
    table = report.failures_csv.read_text(encoding="utf-8")
    assert f"{row.file},{row.id},{step},{error}," in table
    assert row.message
    return row


@pytest.mark.parametrize("content", [b"", b"text in place of data\n" * 99, b"\0" * 4096])
def test_no_seismogram(root, content):
    path = raw(root, trace())
    path.with_name("bad.mseed").write_bytes(content)
    row = one_row(run(root), "read", "TypeError")
    assert row.file == "event_a/raw/bad.mseed"


def test_truncated_within_the_first_record(root):
    path = raw(root, trace())
    path.with_name("cut.mseed").write_bytes(path.read_bytes()[:300])
    assert len(run(root).failed) == 1


def test_flipped_bits(root):
    # Either a row or what ObsPy makes of it; never the end of the job.
    path = raw(root, trace(npts=5000))
    content = bytearray(path.read_bytes())
    path.unlink()
    rng = np.random.default_rng(1)
    for i in range(40):
        broken = content.copy()
        for place in rng.integers(len(content), size=12):
            broken[place] ^= 1 << rng.integers(8)
        path.with_name(f"flipped{i:02}.mseed").write_bytes(broken)
    report = run(root)
    assert {row.file for row in report.ok} >= {
        str(p.relative_to(root)) for p in root.glob("*/raw/[!f]*")
    }
    for row in [*report.ok, *report.failed]:
        assert row.file.startswith("event_")
        assert row.output is None or "/processed/" in row.output
    assert not [name for name in everything(root) if "/.obspeed" in name]


def test_ids_that_lead_elsewhere(root):
    # A header may hold anything; no file is written outside of its place.
    for i, code in enumerate(("..", "a/b", "../x")):
        tr = trace(seed=i)
        tr.stats.update({"network": "", "station": code, "channel": ""})
        raw(root, trace(), event="evil").with_name(f"{i}.mseed").write_bytes(b"")
        tr.write(str(root / "evil" / "raw" / f"{i}.mseed"), "MSEED")
    (root / "evil" / "raw" / f"{stem(trace())}.mseed").unlink()
    before = everything(root).keys()
    output = "{event}/processed/{station}/{channel}_{start}.sac"
    report = run(root, obspeed.Pipeline().detrend("demean"), output=output)
    assert {(row.step, row.error) for row in report.failed} == {("name", "ValueError")}
    assert len(report.failed) == 3
    assert all("/processed/" in name for name in everything(root).keys() - before)


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", "TypeError"), (b"<no-stationxml", "TypeError"), (b"text", "TypeError")],
)
def test_broken_station_file(root, content, error):
    (root / "event_b" / "resp" / "BW.RJOB.xml").write_bytes(content)
    report = run(root)
    assert len(report.ok) == GOOD - 3
    assert {(row.id, row.step, row.error) for row in report.failed} == {
        (f"BW.RJOB..EH{c}", "responses", error) for c in "ZNE"
    }
    assert all("BW.RJOB.xml" in row.message for row in report.failed)


def test_missing_station_file_and_missing_epoch(root):
    (root / "event_b" / "resp" / "BW.RJOB.xml").unlink()
    raw(root, trace("GR.FUR..HHZ", START - 40 * 365 * 86400))
    report = run(root)
    assert len(report.ok) == GOOD - 3
    assert [row.message for row in report.failed] == ["No matching response information found."] * 4


def test_station_file_of_another_station(root):
    # Named after one, and holding another: there is nothing for the trace in it.
    folder = root / "event_b" / "resp"
    (folder / "BW.RJOB.xml").write_bytes((folder / "GR.FUR.xml").read_bytes())
    assert len(run(root).failed) == 3


def test_mixed_sampling_rates_and_overlaps(root):
    # Each trace of such a file is one of its own, as ObsPy reads it.
    path = root / "event_a" / "raw" / "mixed.mseed"
    st = stream(trace("BW.RJOB.01.EHZ"), trace("BW.RJOB.01.EHZ", START + 3, rate=50.0))
    st.write(str(path), "MSEED")
    pipe = obspeed.Pipeline().detrend("demean")
    report = run(root, pipe)
    assert (len(report.ok), len(report.failed)) == (GOOD + 2, 0)


def test_two_traces_of_a_file_with_one_name(root):
    path = root / "event_a" / "raw" / "twice.mseed"
    stream(trace("BW.RJOB.01.EHZ"), trace("BW.RJOB.01.EHZ", START + 0.004, seed=1)).write(
        str(path), "MSEED"
    )
    row = one_row(run(root, obspeed.Pipeline().detrend("demean")), "name", "FileExistsError", 13)
    assert row.id == "BW.RJOB.01.EHZ"


@pytest.mark.parametrize("max_memory", [1, "1G"], ids=["tasks of a file", "one task"])
@pytest.mark.parametrize("name", ["A_first", "zz_last"])
def test_two_inputs_for_one_output(root, name, max_memory):
    # The first in the order of names has it, whichever was done first.
    path = next((root / "event_a" / "raw").glob("BW.RJOB..EHZ*"))
    other = trace(seed=77)
    other.write(str(path.with_name(f"{name}.mseed")), "MSEED")
    report = run(root, max_memory=max_memory)
    row = one_row(report, "name", "FileExistsError")
    first = min(f"{name}.mseed", path.name, key=str)
    assert row.file == f"event_a/raw/{max(f'{name}.mseed', path.name)}"
    assert f"event_a/raw/{first} has the output" in row.message
    again = outputs(root)
    other_root = archive(root.parent / "other")
    if first != path.name:
        (other_root / path.relative_to(root)).unlink()
        other.write(str(other_root / path.relative_to(root)), "MSEED")
    run(other_root)
    assert outputs(other_root) == again


def test_late_first_input_takes_the_output_over(root):
    # Done in an earlier run is no reason to keep it.
    path = next((root / "event_a" / "raw").glob("BW.RJOB..EHZ*"))
    run(root)
    trace(seed=77).write(str(path.with_name("A_first.mseed")), "MSEED")
    report = run(root)
    assert one_row(report, "name", "FileExistsError").file == str(path.relative_to(root))
    made = outputs(root)
    report = run(root, resume=False)
    one_row(report, "name", "FileExistsError")
    assert outputs(root) == made


def test_names_that_break_the_template(root):
    folder = root / "event_a" / "raw"
    raw(root, trace()).with_name("unnamed.mseed").write_bytes(b"")
    (folder / "README.txt").write_text("no seismogram, and of another kind")
    report = run(root, raw="{event}/raw/{id}__{start}__{end}.mseed")
    row = one_row(report, "name", "ValueError")
    assert row.file == "event_a/raw/unnamed.mseed"


def test_names_with_wildcards_and_spaces(tmp_path):
    root = archive(tmp_path / "arc [1] {x}", events=["ev [ab]*?", "ev {id}"])
    report = run(root)
    assert (len(report.ok), len(report.failed)) == (GOOD, 0)


def test_names_that_are_no_text(root):
    path = raw(root, trace())
    name = b"\xff\xfe.mseed".decode("utf-8", "surrogateescape")
    path.with_name(name).write_bytes(path.read_bytes())
    row = one_row(run(root), "name", "ValueError")
    assert "udcff" in row.file


def test_no_inputs_at_all(tmp_path):
    report = run(tmp_path)
    assert "no file fits '*/raw/*.mseed'" in str(report)
    assert not report.ok
    assert not report.failed


def test_folders_and_broken_links_among_the_inputs(root):
    (root / "event_a" / "raw" / "folder.mseed").mkdir()
    (root / "event_a" / "raw" / "link.mseed").symlink_to("nowhere")
    report = run(root)
    assert len(report.ok) == GOOD
    assert {(row.file[12:], row.step) for row in report.failed} == {
        ("folder.mseed", "read"),
        ("link.mseed", "read"),
    }


def test_a_file_that_vanishes(root, monkeypatch):
    # Between the listing and the reading; when it is back, the job has it.
    from obspeed._batch import work

    path = next((root / "event_b" / "raw").glob("*"))
    content = path.read_bytes()

    def read(paths):
        path.unlink(missing_ok=True)
        return original(paths)

    original = work.read
    monkeypatch.setattr(work, "read", read)
    row = one_row(run(root), "read", "FileNotFoundError", GOOD - 1)
    assert row.file == str(path.relative_to(root))
    monkeypatch.undo()
    path.write_bytes(content)
    report = run(root)
    assert (len(report.ok), len(report.failed), report.totals.done) == (GOOD, 0, 1)


def test_a_place_that_cannot_be_written_to(root):
    (root / "event_a" / "processed").write_text("in the way")
    report = run(root)
    assert len(report.ok) == GOOD // 2
    assert {row.step for row in report.failed} == {"write"}
    assert not list(root.rglob(".obspeed*"))
    (root / "event_a" / "processed").unlink()
    assert len(run(root).failed) == 0


def test_no_folder_for_the_outputs(root):
    (root / "out").write_text("in the way")
    with pytest.raises(OSError, match="out"):
        run(root, output="out/{id}.sac")


def test_an_event_on_another_disk(root):
    # A rename cannot bring an output there; it is copied, and still there wholly or not at all.
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == root.stat().st_dev:
        pytest.skip("no second file system")
    with tempfile.TemporaryDirectory(dir=shm) as other:
        (root / "event_a" / "processed").symlink_to(other)
        report = run(root)
        assert (len(report.ok), len(report.failed)) == (GOOD, 0)
        names = {path.name for path in Path(other).iterdir()}
        assert names == {Path(name).name for name in outputs(root, "event_a/processed/*")}


def test_a_full_disk_ends_the_job_and_corrupts_nothing(tmp_path):
    # In a namespace of its own, where anybody may mount a small disk.
    launcher = [shutil.which("unshare") or "false", "--map-root-user", "--mount"]
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path / "disk")]
    if subprocess.run([*launcher, *mount], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    out = run_python(
        """
        import os, subprocess, sys
        from pathlib import Path
        os.chdir(sys.argv[1])
        subprocess.run(sys.argv[2:], check=True)
        from batch import archive, everything, outputs, run
        root = archive("archive", events=["a", "b", "c", "d", "e", "f"])
        run(root)
        expected = outputs(root)
        os.mkdir("disk/fill")
        options = {"output": str(Path("disk").absolute()) + "/out/{event}/{id}__{start}__{end}.sac"}
        Path("disk/fill/a").write_bytes(bytes(2_700_000))
        try:
            run(root, max_memory=1, **options)
        except OSError as error:
            print(type(error).__name__, error)
        else:
            sys.exit("the disk was not full")
        made = {k: v for k, v in everything("disk/out").items()}
        whole = {k.replace("/processed", ""): v for k, v in expected.items()}
        assert made.items() <= whole.items(), made.keys() - whole.keys()
        assert len(made) < len(whole)
        Path("disk/fill/a").unlink()
        report = run(root, **options)
        assert everything("disk/out") == whole and not len(report.failed)
        """,
        tmp_path,
        *mount,
        launcher=launcher,
    )
    assert "OSError" in out


def test_no_more_than_a_file_may_have(root):
    # The limit of the shell, `ulimit -f`: a row a trace, no halves, and a later run has them all.
    run(root)
    expected = outputs(root)
    out = run_python(
        """
        import resource, sys
        from batch import everything, run
        root = sys.argv[1]
        soft = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, soft[1]))
        try:
            run(root, output="new/{event}/{id}__{start}__{end}.sac")
        except OSError as error:
            print("OSError", error)
        """,
        root,
    )
    assert "OSError" in out
    assert not outputs(root, "new/*/*.sac")
    report = run(root, output="new/{event}/{id}__{start}__{end}.sac")
    assert not failures(report)
    made = outputs(root, "new/*/*.sac")
    assert {
        k.replace("new/", "").replace("/", "/processed/"): v for k, v in made.items()
    } == expected


def test_memory_for_the_biggest_only(root):
    # More than is allowed for one file is one file at a time, not an error.
    assert len(run(root, max_memory="1K").ok) == GOOD
