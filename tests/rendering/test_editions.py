"""The folder of templates: names, editions, keys."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.errors import NotFoundError, TemplateError
from outreach.rendering.editions import TemplateFolder
from outreach.rendering.templates import TemplateSet
from tests.rendering.mail import NOW

STARTER = Path(__file__).parents[2] / "templates"


class TestFolder:
    def test_names_leave_out_what_is_no_mail(self, folder: Path):
        assert TemplateFolder(folder).names() == [
            "check-in",
            "newsletter/2026-09",
            "newsletter/2026-12",
            "newsletter/2027-01",
        ]

    def test_editions_are_in_the_order_of_their_numbers(self):
        templates = TemplateFolder({f"tips/{number}.md": "" for number in (10, 9, 1)})
        assert templates.editions("tips") == ["tips/1", "tips/9", "tips/10"]

    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("check-in", "check-in.mjml"),
            ("check-in.txt", "check-in.txt"),
            ("newsletter/2026-12", "newsletter/2026-12.md"),
            ("templates/newsletter/2026-12.md", "newsletter/2026-12.md"),
            ("./newsletter/2026-12.md", "newsletter/2026-12.md"),
            ("newsletter", "newsletter/2027-01.md"),
            ("newsletter/", "newsletter/2027-01.md"),
        ],
    )
    def test_a_template_can_be_named_in_several_ways(self, folder: Path, name: str, file: str):
        assert TemplateFolder(folder).find(name) == file

    @pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", ".", "newsletter/../../x", "a\0b"])
    def test_a_name_outside_of_the_folder_is_none(self, folder: Path, name: str):
        (folder.parent / "x.md").write_text("---\nsubject: secret\n---\n")
        with pytest.raises(NotFoundError):
            TemplateFolder(folder).edition(name)

    def test_a_link_out_of_the_folder_is_not_followed(self, folder: Path):
        (folder.parent / "secret.md").write_text("---\nsubject: secret\n---\n")
        (folder / "link.md").symlink_to(folder.parent / "secret.md")
        with pytest.raises(NotFoundError):
            TemplateFolder(folder).edition("link")

    def test_a_misspelt_name_is_answered(self, folder: Path):
        with pytest.raises(NotFoundError, match='did you mean "newsletter"'):
            TemplateFolder(folder).edition("newsleter")

    def test_the_current_edition_is_the_newest_that_is_due(self, folder: Path):
        templates = TemplateFolder(folder, timezone="Asia/Tokyo")
        assert templates.current("newsletter", NOW) == "newsletter/2026-12"
        # In Tokyo the year has begun.
        new_year = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)
        assert templates.current("newsletter", new_year) == "newsletter/2027-01"
        with pytest.raises(NotFoundError, match="has no editions"):
            templates.current("other", NOW)
        with pytest.raises(NotFoundError, match="is for later"):
            templates.current("newsletter", datetime(2026, 8, 1, tzinfo=UTC))

    def test_files_that_cannot_be_read_are_told(self, folder: Path):
        (folder / "bad.md").write_bytes(b"---\nsubject: x\n---\n\xff")
        (folder / "huge.md").write_bytes(b"x" * 2_000_001)
        (folder / "nul.md").write_bytes(b"---\nsubject: x\n---\n\0")
        for name, said in (("bad", "bad.md:4: is not UTF-8"), ("huge", "larger"), ("nul", "NUL")):
            with pytest.raises(TemplateError, match=said):
                TemplateFolder(folder).edition(name)


class TestKeys:
    @pytest.mark.parametrize(
        ("file", "head", "key"),
        [
            ("newsletter/2026-12.md", "", "newsletter@2026-12"),
            ("newsletter/2026-12.md", "period: month", "newsletter@2026-12"),
            ("newsletter/2026-11.md", "period: month", "newsletter@2026-11"),
            ("newsletter/spring.md", "", "newsletter@spring"),
            ("newsletter/spring.md", "period: month", "newsletter@2027-01"),
            ("weekly.md", "period: week", "weekly@2026-W53"),
            ("weekly.md", "period: quarter\nseries: tips", "tips@2027-Q1"),
            ("welcome.md", "", "welcome"),
        ],
    )
    def test_a_mailing_has_a_key(self, file: str, head: str, key: str):
        source = f"---\nsubject: x\n{head}\n---\nx"
        made = TemplateFolder({file: source}, timezone="Europe/Berlin").edition(file)
        assert made.key(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == key

    @pytest.mark.parametrize("name", TemplateFolder(STARTER).names())
    def test_a_template_says_of_its_mailing_what_the_whole_of_it_says(self, name: str):
        loaded = TemplateSet(STARTER, attributes=()).load(name)
        assert TemplateFolder(STARTER).edition(name) == loaded.edition

    def test_a_layout_gives_what_the_template_leaves_out(self):
        layout = "---\nseries: tips\nsegment: clients\n---\n{{ content }}"
        files = {"a.md": "---\nsubject: x\nlayout: b\n---\n", "layouts/b.mjml": layout}
        made = TemplateFolder(files).edition("a")
        assert (made.series, made.front_matter.segment) == ("tips", "clients")

    def test_what_is_wrong_in_the_front_matter_is_told_with_its_place(self):
        files = {"a.md": "---\nsubject: x\nclass: gift\nperiod: moon\n---\n"}
        with pytest.raises(TemplateError) as caught:
            TemplateFolder(files).edition("a")
        places = [(problem.source, problem.line) for problem in caught.value.problems]
        assert places == [("templates/a.md", 3), ("templates/a.md", 4)]
