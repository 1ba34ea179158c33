"""The pages are built from named packages, and wear nothing that belongs to the government."""

import json
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
FRONTEND = HOUSE / "frontend"
BUILT = FRONTEND / "dist"


def test_every_package_is_locked_by_its_content_and_none_by_an_address() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert "node_modules/govuk-frontend" in packages
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_assets_are_built() -> None:
    missing = {"holdfast.css", "trades.css", "page.js", "govuk-frontend.min.js", "icon.svg"} - {
        f.name for f in BUILT.glob("*")
    }
    assert not missing, f"`make assets` builds them: {missing}"


@pytest.mark.parametrize("theirs", ["GDS Transport", "@font-face", "url(", "crest", "crown"])
def test_the_styles_have_no_typeface_and_no_picture_of_the_government(theirs) -> None:
    assert theirs not in (BUILT / "holdfast.css").read_text()


def test_no_template_has_anything_inline_that_the_policy_of_the_pages_refuses() -> None:
    for template in (HOUSE / "templates/pages").rglob("*.html"):
        text = template.read_text()
        assert " style=" not in text, template.name
        assert "<style" not in text, template.name
        assert " onclick=" not in text, template.name
        assert text.count("<script") == text.count('<script type="module" src="/assets/'), template.name
