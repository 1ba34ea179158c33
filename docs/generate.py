"""Makes the reference pages from the code, or says which of them no longer say what the code does.

python docs/generate.py          writes every page
python docs/generate.py --check  exit status 1, naming each page that is missing or stale
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]  # this checkout goes before anything installed

import generate_environment  # noqa: E402
import generate_lifecycle  # noqa: E402
import generate_profile  # noqa: E402

PAGES = {
    HERE / "reference" / "profile.md": generate_profile.render,
    HERE / "reference" / "environment.md": generate_environment.render,
    HERE / "reference" / "lifecycle.md": generate_lifecycle.render,
}
"""Each page with what writes it."""


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python docs/generate.py [--check]\n")
        return 2
    if arguments:
        return _check()
    for page, render in PAGES.items():
        page.parent.mkdir(exist_ok=True)
        page.write_text(render(), encoding="utf-8")
    return 0


def _check() -> int:
    stale = [page for page, render in PAGES.items() if not _says(page, render())]
    for page in stale:
        sys.stderr.write(f"{page.relative_to(HERE.parent)} is stale: run `make docs`\n")
    return 1 if stale else 0


def _says(page: Path, text: str) -> bool:
    return page.is_file() and page.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
