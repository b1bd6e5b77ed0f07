"""What a file is written in, and its rows, whatever is wrong with them."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import UsageError
from outreach.services import contact_files
from outreach.services.contact_files import Record, examine, read, sniff


def written(tmp_path: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(path: Path, **options: str) -> list[Record]:
    return list(read(examine(path, **options)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("encoding", "found", "certain"),
    [
        ("utf-8", "utf-8", True),
        ("utf-8-sig", "utf-8-sig", True),
        ("utf-16", "utf-16", True),
        ("utf-32", "utf-32", True),
        ("cp1252", "cp1252", False),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, found: str, certain: bool) -> None:
    path = written(tmp_path, "Email,Vorname\r\nj@x.example,Jürgen\r\n".encode(encoding))
    file = examine(path)
    assert (file.encoding, file.certain) == (found, certain)
    assert file.header == ("Email", "Vorname")
    assert file.sample == (("j@x.example", "Jürgen"),)


def test_the_language_of_the_workspace_says_which_code_page(tmp_path: Path) -> None:
    path = written(tmp_path, "Email,Imię\nl@x.example,Łucja Żak\n".encode("cp1250"))
    file = examine(path, language="pl")
    assert file.encoding == "cp1250"
    assert not file.certain
    assert file.sample[0][1] == "Łucja Żak"
    assert examine(path, encoding="cp1250").certain


def test_a_file_glued_from_two_encodings_keeps_its_good_rows(tmp_path: Path) -> None:
    good = "".join(f"j{n}@x.example,Jürgen Größer\n" for n in range(20)).encode()
    path = written(tmp_path, b"Email,Name\n" + good + "k@x.example,Käthe\n".encode("latin-1"))
    file = examine(path)
    assert file.encoding == "utf-8"
    assert not file.certain
    assert list(read(file))[-1].cells == ["k@x.example", "K\udce4the"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04....", "Excel workbook"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        ("Email\n".encode("utf-16-le") * 20, "UTF-16"),
        (b"a\x81\x8d\n" * 3, "neither UTF-8 nor cp1252"),
        (",".join(f"c{n}" for n in range(10_000)).encode(), "10,000 columns"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        examine(written(tmp_path, content))
    assert caught.value.problems[0].source


def test_missing_files_and_encodings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        examine(tmp_path / "nobody.csv")
    with pytest.raises(UsageError, match="no encoding 'klingon'"):
        examine(written(tmp_path, "Email\n"), encoding="klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    lines = [["Email", "Note", "Company"], ["a@x.example", "one, two; three", "A | B"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines * 3)
    assert sniff(text.getvalue()) == delimiter


def test_a_file_with_one_column_has_no_delimiter(tmp_path: Path) -> None:
    path = written(tmp_path, "Email\nann@x.example\nbob@x.example\n")
    assert examine(path).header == ("Email",)
    assert [row.cells for row in rows(path)] == [["ann@x.example"], ["bob@x.example"]]


def test_excel_names_its_delimiter_and_headers_may_be_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "sep=;\r\nEmail;Name\r\na@x.example;Ann\r\n")
    assert [(row.line, row.cells) for row in rows(path)] == [(3, ["a@x.example", "Ann"])]
    bare = written(tmp_path, "Ann,a@x.example\nBob,b@x.example\n", "bare.csv")
    assert examine(bare).header == ("column 1", "column 2")
    assert [row.line for row in rows(bare)] == [1, 2]


def test_lines_are_counted_through_blank_and_multi_line_rows(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '\nEmail,"Long\nname"\n\na@x.example,"one\ntwo"\nb@x.example\n,\nc@x.example,C,,\n',
    )
    found = rows(path)
    assert [(row.line, row.cells) for row in found] == [
        (5, ["a@x.example", "one\ntwo"]),
        (7, ["b@x.example", ""]),
        (8, ["", ""]),
        (9, ["c@x.example", "C"]),
    ]


def test_a_stray_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'Email,Name\na@x.example,"Ann\nb@x.example,Bob\nc@x.example,"C"\nd@x.example,"D" E\n'
        'e@x.example,"last\nf@x.example,F\n',
    )
    found = rows(path)
    assert [(row.line, row.cells) for row in found if row.reason is None] == [
        (3, ["b@x.example", "Bob"]),
        (4, ["c@x.example", "C"]),
        (7, ["f@x.example", "F"]),
    ]
    assert [(row.line, row.raw) for row in found if row.reason] == [
        (2, 'a@x.example,"Ann\n'),
        (5, 'd@x.example,"D" E\n'),
        (6, 'e@x.example,"last\n'),
    ]


def test_too_many_cells(tmp_path: Path) -> None:
    path = written(tmp_path, "Email,Name\na@x.example,Ann,extra\n" + "b," * 10_000 + "\nc@x,C\n")
    found = rows(path)
    assert found[0].reason == "the row has 3 cells, the header has 2"
    assert found[0].cells == ["a@x.example", "Ann", "extra"]
    assert found[2].cells == ["c@x", "C"]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_40_megabytes_is_rejected_in_flat_memory(tmp_path: Path, quote: str) -> None:
    path = tmp_path / "people.csv"
    with path.open("w") as file:
        file.write(f"Email,Name\na@x.example,{quote}")
        for _ in range(40):
            file.write("x" * (1 << 20))
        file.write(f"{quote}\nb@x.example,Bob\n")
    tracemalloc.start()
    found = [(row.line, row.cells, row.reason) for row in read(examine(path))]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [line for line, _, _ in found] == [2, 3]
    assert found[0][1] is None
    assert "longer than" in (found[0][2] or "")
    assert found[1][1] == ["b@x.example", "Bob"]
    assert peak < 24 << 20


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=3, max_size=3
        ),
        max_size=6,
    ),
    st.sampled_from(contact_files.DELIMITERS),
)
def test_what_python_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["Email", "A", "B"], *cells])
    shape = examine(path, delimiter=delimiter, encoding="utf-8")
    assert [row.cells for row in read(shape) if row.cells and any(row.cells)] == [
        row for row in cells if any(row)
    ]


@pytest.mark.parametrize(
    ("option", "value"), [("delimiter", ";;"), ("delimiter", '"'), ("encoding", "base64")]
)
def test_options_that_cannot_be(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(UsageError, match=r"divided by|no encoding"):
        examine(written(tmp_path, "Email\na@x.example\n"), **{option: value})  # type: ignore[arg-type]
