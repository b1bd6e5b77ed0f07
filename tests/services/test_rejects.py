"""The rejects file: complete, importable, and never in the way of somebody's work."""

from pathlib import Path

import pytest

from outreach.errors import UnavailableError, UsageError
from outreach.services.contact_files import Record, examine, read
from outreach.services.rejects import Rejects


def written(tmp_path: Path, content: str, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_text(content)
    return path


def test_rejects_are_read_again_and_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, 'Email,Name\nbad,"B"\nc@x.example,"C\n')
    file = examine(path)

    def reject() -> Path | None:
        with Rejects(file, None) as rejects:
            for record in read(file):
                rejects.add(record, record.reason or "no address")
        return rejects.path

    first = reject()
    assert first == tmp_path / "people.rejects.csv"
    assert reject() == first
    first.write_text("somebody's work")
    assert reject() == tmp_path / "people.rejects-2.csv"
    assert first.read_text() == "somebody's work"
    again = list(read(examine(tmp_path / "people.rejects-2.csv")))
    assert [row.cells for row in again] == [
        ["2", "no address", "bad", "B"],
        ["3", "the quotes do not match (unexpected end of data)", 'c@x.example,"C', ""],
    ]
    assert not list(tmp_path.glob("*.part"))


def test_no_rejects_file_without_rejects(tmp_path: Path) -> None:
    file = examine(written(tmp_path, "Email\na@x.example\n"))
    with Rejects(file, None) as rejects:
        pass
    assert rejects.path is None
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_place_that_cannot_be_written_is_found_before_anything_is_done(tmp_path: Path) -> None:
    file = examine(written(tmp_path, "Email\na@x.example\n"))
    with (
        pytest.raises(UsageError, match="--rejects PATH"),
        Rejects(file, tmp_path / "nowhere" / "bad.csv"),
    ):
        pass


def test_a_full_disk_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rejects = Rejects(examine(written(tmp_path, "Email\nbad\n")), None)
    with pytest.raises(UnavailableError, match="No space left on device"), rejects:
        monkeypatch.setattr(rejects, "_new_part", lambda: Path("/dev/full"))
        rejects.add(Record(2, ["bad"]), "no address")


def test_what_is_too_long_to_keep_is_cut_and_says_so(tmp_path: Path) -> None:
    with Rejects(examine(written(tmp_path, "Email\nbad\n")), None) as rejects:
        rejects.add(Record(2, None, "too long", "x" * 200_000), "too long")
    assert rejects.path is not None
    (row,) = read(examine(rejects.path))
    assert row.cells is not None
    assert row.cells[2].endswith("… (cut here; line 200,000 characters or longer)")
