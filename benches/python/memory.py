"""Peak memory of remove_response on 24 hours at 100 Hz, each side in a process of its own."""

import subprocess
import sys
from pathlib import Path

GOAL = 0.5
NPTS = 8_640_000

PROGRAM = """
import sys
from pathlib import Path
import obspeed
from cases import channel, noise

def kilobytes(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])

who, npts = sys.argv[1], int(sys.argv[2])
inventory = channel("RJOB")[1]
remove = obspeed.remove_response if who == "obspeed" else lambda st, **kw: st.remove_response(**kw)
remove(noise(1, 1000), inventory=inventory)  # what is loaded on first use is not the question
st = noise(1, npts)
Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
before = kilobytes("VmRSS")
remove(st, inventory=inventory)
print((kilobytes("VmHWM") - before) / 1024)
"""


def peak(who, npts=NPTS):
    """Return the megabytes that the call needed at most, beyond what was there before it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, who, str(npts)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


def main():
    """Print one line; return whether the goal is met."""
    obspy, obspeed = peak("obspy"), peak("obspeed")
    met = obspeed <= GOAL * obspy
    print(
        f"\npeak memory of remove_response, 24 h at 100 Hz: ObsPy {obspy:.0f} MB, "
        f"obspeed {obspeed:.0f} MB, {obspeed / obspy:.2f} of it, goal {GOAL}"
        f"{'' if met else '  MISSED'}"
    )
    return met
