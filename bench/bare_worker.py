"""Runs the bare worker until killed: `python -m bench.bare_worker ADDRESS`."""

import sys

import uvloop
from temporalio.client import Client

from bench.bare import worker


async def _main() -> None:
    await worker(await Client.connect(sys.argv[1])).run()


if __name__ == "__main__":
    uvloop.run(_main())
