"""
Seeds for the fuzz targets, from the test data that ObsPy installs: `corpus/`, and a dictionary.

    python fuzz/seeds.py
"""

import re
from pathlib import Path

import obspy

HERE = Path(__file__).resolve().parent
LARGEST = {"mseed": 1 << 14, "stationxml": 1 << 16}


def seeds(target, pattern, begin):
    """Copy small files of ObsPy's to the corpus of a target, and return what they hold."""
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    contents = []
    for path in sorted(Path(obspy.__file__).parent.glob(pattern)):
        if not path.is_file() or path.stat().st_size > LARGEST[target]:
            continue
        content = path.read_bytes()
        if re.search(begin, content[:2000]):
            (folder / f"{path.parents[2].name}-{path.name}").write_bytes(content)
            contents.append(content)
    print(f"{target}: {len(contents)} files")
    return contents


def main():
    seeds("mseed", "io/mseed/tests/data/**/*", rb"\A[0-9 ]{6}[DRQM][ \0]")
    documents = seeds("stationxml", "io/**/tests/data/**/*.xml", rb"<FDSNStationXML")
    words = {word for text in documents for word in re.findall(rb"</?[A-Za-z]+|[A-Za-z]+=", text)}
    lines = [f'"{word.decode()}"' for word in sorted(words)]
    (HERE / "stationxml.dict").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
