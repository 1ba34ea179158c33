"""Prints one letter and ends: what the first letter of a process costs.  `python -m bench.first_letter`."""

import os

from bench.unanswered import ON, draft
from tests.servers import REHEARSAL
from wiring.profile import load_profile
from wiring.writer import MessageWriter

if __name__ == "__main__":
    MessageWriter(load_profile(REHEARSAL)).write(draft(0), ON)
    os._exit(0)
