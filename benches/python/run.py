"""ObsPy beside obspeed, timed in turns on the same samples, answers compared.

    python benches/python/run.py [--budget SECONDS] [--strict] [--cpu] [NAME ...]

NAME is a group (response, simulate, lanczos, pointwise, methods, many, job), `sweep` (never slower
at any size), `memory`, or part of a case's name; without any, all groups and `memory`. Times are
minima in milliseconds; "to floor" is the distance from the two FFTs, the memory or the
multiplications that the method needs at least (`floors.py`). With --cpu they are CPU seconds of all
threads, which other work on the machine disturbs less; two threads then give twice the ratio at
best. The exit status is 1 if answers differ, and with --strict if a goal is missed.
"""

import argparse
import sys
import time

import memory
import timing
from cases import GROUPS as FIRST_GROUPS
from methods import many_cases, method_cases
from sweep import sweep_cases
from timing import HEADER, NotEqualError, measure

import obspeed

GROUPS = FIRST_GROUPS | {"methods": method_cases, "many": many_cases}


def chosen(names):
    """Yield the cases that the names on the command line mean."""
    groups = GROUPS | {"sweep": sweep_cases}
    for name in names or GROUPS:
        if name in groups:
            yield from groups[name]()
        elif name != "memory":
            found = [case for make in GROUPS.values() for case in make() if name in case.name]
            if not found:
                raise SystemExit(f"no group and no case is called {name!r}")
            yield from found


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--budget", type=float, help="seconds for one case; 4, in the sweep 0.2")
    parser.add_argument("--strict", action="store_true", help="a missed goal is a failure")
    parser.add_argument("--cpu", action="store_true", help="CPU seconds, for a busy machine")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()

    if args.cpu:
        timing.clock = time.process_time
    budget = args.budget or (0.2 if args.names == ["sweep"] else 4.0)
    cases = unequal = missed = 0
    print(HEADER, flush=True)
    for case in chosen(args.names):
        cases += 1
        try:
            row = measure(case, budget)
        except (NotEqualError, obspeed.ObspeedError) as error:
            unequal += 1
            print(f"{case.name:<44} FAILED: {error}", flush=True)
            continue
        missed += row.missed
        print(row, flush=True)
    if not args.names or "memory" in args.names:
        cases += 1
        missed += not memory.main()
    print(f"\n{cases} cases, {unequal} with unequal answers, {missed} below their goal")
    return 1 if unequal or (args.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
