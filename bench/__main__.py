"""`make bench`: what Holdfast costs, beside peers, in one run.

Prints tables; nothing here is a test, and no number is compared with a bound.
"""

import argparse
import os
import sys
from importlib import import_module
from time import perf_counter
from typing import Final

import uvloop

from bench import machine

MEASUREMENTS: Final = (
    "lives",
    "intake",
    "letters",
    "messages",
    "memory",
    "worklist",
    "ranking",
    "repairs",
    "repair_storm",
)
"""One file each, in the order in which they are run."""


def main() -> None:
    """Run what was asked for, and print each table as soon as it is there."""
    wanted = _wanted()
    print(f"{machine.facts()}\n")
    for name in wanted:
        began, load = perf_counter(), os.getloadavg()[0]
        table = uvloop.run(import_module(f"bench.{name}").measure())
        print(table)
        print(f"   {perf_counter() - began:.0f} s; load average of the machine when it began: {load:.1f}\n")
        sys.stdout.flush()


def _wanted() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "measurement", nargs="*", help=f"{', '.join(MEASUREMENTS)}; by default all, one after the other"
    )
    wanted: list[str] = parser.parse_args().measurement
    if unknown := set(wanted) - set(MEASUREMENTS):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    return wanted or list(MEASUREMENTS)


if __name__ == "__main__":
    main()
    os._exit(0)  # short processes that used temporalio may die in the interpreter's clean-up
