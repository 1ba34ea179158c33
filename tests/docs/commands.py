"""The commands of a page: what is marked to be run, as one script, and what the page says it prints."""

import re
from dataclasses import dataclass
from pathlib import Path

_RUN = re.compile(r"^<!-- run -->\n```(bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Commands:
    script: str
    """Every marked block of the page, in its order: variables of one are known in the next."""
    told: tuple[str, ...]
    """The lines of output in `console` blocks; `…` stands for anything."""

    @classmethod
    def of(cls, page: Path) -> "Commands":
        script: list[str] = []
        told: list[str] = []
        for kind, block in _RUN.findall(page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                if kind == "bash":
                    script.append(line)
                elif line.startswith(("$ ", "> ")):
                    script.append(line[2:])
                else:
                    told.append(line)
        return cls(script="\n".join(script) + "\n", told=tuple(told))


def missing_line(told: tuple[str, ...], printed: str) -> str | None:
    """The first line a page promises that was not printed after the one before it."""
    lines = iter(printed.splitlines())
    for promised in told:
        pattern = re.compile(".*".join(map(re.escape, promised.split("…"))))
        if not any(pattern.fullmatch(line) for line in lines):
            return promised
    return None
