from pathlib import Path

import pytest

from tests.rendering.mail import LAYOUT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "templates"
    for name in ("newsletter/2026-09.md", "newsletter/2026-12.md", "newsletter/2027-01.md"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("---\nsubject: Hi\nlayout: base\nperiod: month\n---\nHello")
    (root / "layouts").mkdir()
    (root / "layouts/base.mjml").write_text(LAYOUT)
    (root / "check-in.txt").write_text("---\nsubject: Hi\n---\nHello")
    (root / "_draft.md").write_text("x")
    (root / "notes.html").write_text("x")
    (root / "check-in.mjml").write_text("---\nsubject: Hi\n---\n<mjml></mjml>")
    return root
