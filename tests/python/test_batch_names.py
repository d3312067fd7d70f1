"""Patterns find what they should, and templates name what they should."""

import pytest
from batch import START, raw, responses, run, trace
from obspy import UTCDateTime

from obspeed._batch.shards import Shard, shard_of
from obspeed._batch.stations import Listing, Pairing
from obspeed._batch.templates import Output, Template


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def find(root, text):
    return {
        found.path: {k: v for k, v in found.fields.items() if v} | ({} if found.fits else {"!": ""})
        for found in Template(text).find(str(root))
    }


MASS = "{event}/raw/{network}.{station}.{location}.{channel}__{start}__{end}.mseed"
SDS = (
    "{year}/{network}/{station}/{channel}.D/"
    "{network}.{station}.{location}.{channel}.D.{year}.{julday}"
)


@pytest.mark.parametrize(
    ("text", "path", "fields"),
    [
        ("*/raw/*.mseed", "e1/raw/x.mseed", {"event": "e1"}),
        ("*/*/raw/*.mseed", "2019/e1/raw/x.mseed", {"event": "2019/e1"}),
        ("**/raw/*.mseed", "a/b/c/raw/x.mseed", {"event": "a/b/c"}),
        ("**/*.mseed", "x.mseed", {}),
        ("data/*/raw/*.mseed", "data/e1/raw/x.mseed", {"event": "e1"}),
        ("e1/raw/*.mseed", "e1/raw/x.mseed", {"event": "e1"}),
        ("*.mseed", "x.mseed", {}),
        ("raw/x.mseed", "raw/x.mseed", {}),
        ("e[0-9]/r?w/*.ms[!x]eed", "e1/raw/x.msAeed", {"event": "e1/raw"}),
        (
            MASS,
            "e1/raw/BW.RJOB..EHZ__20090824T0020__20090824T0040.mseed",
            {
                "event": "e1",
                "network": "BW",
                "station": "RJOB",
                "channel": "EHZ",
                "start": "20090824T0020",
                "end": "20090824T0040",
            },
        ),
        (
            SDS,
            "2009/BW/RJOB/EHZ.D/BW.RJOB..EHZ.D.2009.236",
            {
                "year": "2009",
                "network": "BW",
                "station": "RJOB",
                "channel": "EHZ",
                "julday": "236",
                "event": "2009/BW/RJOB",
            },
        ),
        ("{event}/{id}.sac", "e1/BW.RJOB..EHZ.sac", {"event": "e1", "id": "BW.RJOB..EHZ"}),
    ],
)
def test_patterns_find_files_and_read_their_names(tmp_path, text, path, fields):
    decoys = ("e1/.hidden/x.mseed", ".obspeed-1/raw/x.mseed", "e1/raw/.x.mseed", "other/x.txt")
    make(tmp_path, path, *decoys)
    assert find(tmp_path, text) == {path: fields}
    template = Template(text)
    assert template.matches(path)
    assert not template.matches("other/x.txt")


def test_a_field_has_one_value(tmp_path):
    # A file in the wrong folder of an SDS archive is a name that does not fit.
    path = "2009/BW/RJOB/EHZ.D/BW.FURT..EHZ.D.2009.236"
    make(tmp_path, path)
    assert [key for fields in find(tmp_path, SDS).values() for key in fields if key == "!"] == []
    text = "{station}/{network}.{station}.mseed"
    make(tmp_path, "RJOB/BW.RJOB.mseed", "RJOB/BW.FURT.mseed", "RJOB/x.txt")
    found = find(tmp_path, text)
    assert "!" not in found["RJOB/BW.RJOB.mseed"]
    assert "!" in found["RJOB/BW.FURT.mseed"]
    assert "RJOB/x.txt" not in found


def test_folders_that_cannot_be_listed_are_empty(tmp_path):
    assert find(tmp_path / "none", "*/raw/*.mseed") == {}
    make(tmp_path, "loop/raw/x.mseed")
    (tmp_path / "loop" / "again").symlink_to(tmp_path)
    assert list(find(tmp_path, "**/*.mseed")) == ["loop/raw/x.mseed"]


@pytest.mark.parametrize(
    ("raw_text", "text", "expected"),
    [
        ("*/raw/*.mseed", "*/resp/*.xml", "{event}/resp/*.xml"),
        ("{event}/raw/*.mseed", "*/resp/*.xml", "{event}/resp/*.xml"),
        ("2019*/raw/*.mseed", "*/resp/*.xml", "{event}/resp/*.xml"),
        ("e1/raw/*.mseed", "*/resp/*.xml", "{event}/resp/*.xml"),
        ("*/*/raw/*.mseed", "*/*/resp/*.xml", "{event}/resp/*.xml"),
        ("data/*/raw/*.mseed", "meta/*/*.xml", "meta/{event}/*.xml"),
        ("*/*/*/*.D/*", "*/resp/*.xml", "*/resp/*.xml"),
        ("*.mseed", "*/resp/*.xml", "*/resp/*.xml"),
        ("*/raw/*.mseed", "net*/*.xml", "net*/*.xml"),
        ("*/raw/*.mseed", "{event}/*/x.xml", "{event}/*/x.xml"),
        ("*/raw/*.mseed", "all.xml", "all.xml"),
        ("/a/*/raw/*", "/a/*/resp/*", "/a/{event}/resp/*"),
    ],
)
def test_station_files_are_those_of_the_event(raw_text, text, expected):
    assert Template(text).of_event(Template(raw_text)).text == expected


def test_values_are_literal_in_patterns():
    text = Template("{event}/{station}*.xml").substitute({"event": "[a]*", "station": "x?"})
    assert text == "[[]a][*]/x[?]*.xml"
    assert Template("{event}/{station}.xml").substitute({"event": "e"}) == "e/*.xml"


@pytest.mark.parametrize(
    ("name", "station"),
    [
        ("BW.RJOB.xml", "BW.RJOB"),
        ("BW.RJOB..EHZ.xml", "BW.RJOB"),
        ("BW_RJOB.xml", "BW.RJOB"),
        ("RESP.BW.RJOB..EHZ", "BW.RJOB"),
        ("dataless.BW.RJOB", "BW.RJOB"),
        ("dataless.seed.BW_RJOB", "BW.RJOB"),
        ("inventory.xml", None),
        ("stations.2019.xml", None),
        ("all_stations.xml", None),
    ],
)
def test_names_of_station_files(tmp_path, name, station):
    make(tmp_path, name)
    listing = Listing(str(tmp_path / "*"))
    assert len(listing.of(station or "XX.ANY")) == 1
    assert len(listing.of("XX.ANY")) == (0 if station else 1)


def test_each_station_file_content_is_read_once(tmp_path, monkeypatch):
    from obspeed._batch import stations

    read = []
    original = stations.read_stations
    monkeypatch.setattr(
        stations, "read_stations", lambda files: read.extend(files) or original(files)
    )
    for event in ("a", "b", "c"):
        responses(tmp_path, event, ["BW.RJOB..EH"])
        raw(tmp_path, trace(), event)
    path = tmp_path / "c" / "resp" / "BW.RJOB.xml"
    path.write_text(path.read_text(encoding="utf-8") + "<!-- other -->", encoding="utf-8")
    report = run(tmp_path, max_memory=1)
    assert (len(report.ok), len(report.failed)) == (3, 0)
    assert len(read) == len(set(read)) == 3
    contents = {id(one) for one in original(read)}
    assert len(contents) == 2


def test_pairing_of_all_kinds(tmp_path):
    responses(tmp_path, "a")
    make(tmp_path, "a/resp/generic.xml")
    pairing = Pairing(str(tmp_path), Template("{event}/resp/*.xml"))
    found = pairing.find([("a", "BW.RJOB..EHZ"), ("a", "XX.NONE..HHZ"), ("b", "BW.RJOB..EHZ")])
    assert [stamp.path.split("/")[-1] for stamp in found["a", "BW.RJOB..EHZ"].used] == [
        "BW.RJOB.xml",
        "generic.xml",
    ]
    assert [type(one).__name__ for one in found["a", "XX.NONE..HHZ"].stations] == ["TypeError"]
    assert found["b", "BW.RJOB..EHZ"].stations == []
    stations, codes = found["a", "BW.RJOB..EHZ"].stations[0], ("BW", "RJOB", "", "EHZ")
    assert stations.select(codes, START).response is not None
    assert stations.select(codes, UTCDateTime(0)) is None


VALUES = {"event": "2019/e", "id": "BW.RJOB..EHZ", "station": "RJOB", "location": "", "start": "s"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{event}/processed/{id}__{start}.sac", "2019/e/processed/BW.RJOB..EHZ__s.sac"),
        ("out/{location}/{station}.sac", "out/RJOB.sac"),
        ("/abs/{id}", "/abs/BW.RJOB..EHZ"),
        ("{event}{{x}}", "2019/e{x}"),
    ],
)
def test_outputs_are_named(text, name):
    assert Output(text).name(VALUES) == name


def test_no_event_is_no_folder():
    assert Output("{event}/{id}").name({"event": "", "id": "x"}) == "x"


@pytest.mark.parametrize("station", ["..", ".", "", "a/b", "a\0b", "a\nb", "../../x"])
def test_names_that_no_file_may_have(station):
    with pytest.raises(ValueError, match="no file can have the name"):
        Output("out/{station}").name({"station": station})


def test_folder_of_the_outputs():
    assert Output("{event}/x/{id}").folder == ""
    assert Output("out/deep/{event}/{id}").folder == "out/deep"
    assert Output("/abs/{id}.sac").folder == "/abs"


def test_shards_part_the_files_and_keep_stations_together():
    paths = [f"e{i}/raw/N.S{j}..EH{c}__x.mseed" for i in range(20) for j in range(9) for c in "ZNE"]
    shares = [[p for p in paths if Shard(i, 4).has(p)] for i in range(4)]
    assert sorted(p for share in shares for p in share) == sorted(paths)
    assert all(len(share) > len(paths) // 8 for share in shares)
    owner = {}
    for i, share in enumerate(shares):
        for path in share:
            assert owner.setdefault(path.split("..")[0], i) == i


@pytest.mark.parametrize(
    ("variables", "shard"),
    [
        ({"SLURM_ARRAY_TASK_ID": 3, "SLURM_ARRAY_TASK_COUNT": 8}, (3, 8)),
        (
            {
                "SLURM_ARRAY_TASK_ID": 5,
                "SLURM_ARRAY_TASK_MIN": 1,
                "SLURM_ARRAY_TASK_MAX": 7,
                "SLURM_ARRAY_TASK_STEP": 2,
            },
            (2, 4),
        ),
        (
            {"SLURM_ARRAY_TASK_ID": 1, "SLURM_ARRAY_TASK_MIN": 1, "SLURM_ARRAY_TASK_COUNT": 1},
            (0, 1),
        ),
        ({"AWS_BATCH_JOB_ARRAY_INDEX": 2, "AWS_BATCH_JOB_ARRAY_SIZE": 5}, (2, 5)),
    ],
)
def test_array_jobs_say_the_shard(monkeypatch, variables, shard):
    for name in ("ID", "MIN", "MAX", "STEP", "COUNT"):
        monkeypatch.delenv(f"SLURM_ARRAY_TASK_{name}", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    assert shard_of("auto") == shard
    assert shard_of(None) is None
    assert shard_of("1/2") == (1, 2)
