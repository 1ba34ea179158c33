"""How a measurement is printed: one table, and below it what one has to know to read it."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One measurement, with its peers beside it."""

    title: str
    head: tuple[str, ...]
    """Over the columns after the first."""
    rows: tuple[tuple[str, ...], ...]
    """A name, then a value for each column."""
    notes: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    """Ours beside its peers, said before any number: they depend least on the machine."""

    @override
    def __str__(self) -> str:
        lines = [("", *self.head), *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.head) + 1)]
        shown = [_aligned(line, widths) for line in lines]
        return "\n".join(
            [
                f"## {self.title}",
                *(f"   {ratio}" for ratio in self.ratios),
                *shown,
                *(f"   {note}" for note in self.notes),
            ]
        )


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def by_process(milliseconds: dict[str, float]) -> str:
    """Processor time by process, the dearest first."""
    dearest = sorted(milliseconds.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {spent:.1f}" for name, spent in dearest)


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of all lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
