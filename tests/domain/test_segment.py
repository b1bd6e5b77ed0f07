"""Segment files: what they hold, where their mistakes are, and how they name each other."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.segment import MAX_CHAIN, Segment, Segments, read_segment
from outreach.domain.terms import Vocabulary
from outreach.domain.tiers_file import read_tiers
from outreach.errors import ConfigError, NotFoundError, Problem

ROOT = Path(__file__).parents[2]
TIERS = read_tiers((ROOT / "outreach" / "starter" / "tiers.toml").read_text("utf-8"))
VOCABULARY = Vocabulary({}, tuple(TIERS), tuple(TIERS.roles))


def read(text: str, name: str = "mine") -> Segment:
    return read_segment(name, text, f"segments/{name}.toml", VOCABULARY)


def problems(text: str, name: str = "mine") -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read(text, name)
    return caught.value.problems


def several(wheres: Mapping[str, str]) -> Segments:
    def text(name: str) -> tuple[str, str]:
        return f"segments/{name}.toml", f"description = 'd'\nwhere = '''{wheres[name]}'''\n"

    return Segments(wheres, text, VOCABULARY)


def test_a_segment_file() -> None:
    segment = read("description = ' Mine '\nwhere = '''\n tier == \"client\"\n'''\n")
    assert (segment.name, segment.description) == ("mine", "Mine")
    assert segment.where == 'tier == "client"'
    assert str(segment.condition) == segment.where
    assert segment.uses == ()


def test_the_starter_set_is_right_and_whole() -> None:
    files = {path.stem: path for path in (ROOT / "segments").glob("*.toml")}
    assert {
        "clients",
        "customers",
        "inquirers",
        "partners",
        "quiet-clients",
        "everyone",
    } <= set(files)
    segments = Segments(files, lambda name: (name, files[name].read_text("utf-8")), VOCABULARY)
    for name in files:
        assert segments.get(name).description
    assert segments.get("quiet-clients").uses == ("clients",)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("where = 'foo'", 1, 10),
        ("  where   =   'foo'", 1, 16),
        ('where = "foo"', 1, 10),
        ("'where' = 'foo'", 1, 12),
        ('where = "\\u0020foo"', 1, 16),
        ('where = "\\"x\\" in foo"', 1, 19),
        ("where = '''\nfoo'''", 2, 1),
        ("where = '''foo'''", 1, 12),
        ("where = '''\r\n\r\n  foo'''", 3, 3),
        ('where = """\n\\"x\\" in\n foo"""', 3, 2),
        ('where = """true and \\\n\n      foo"""', 3, 7),
        ('where = """true\\tand\\nfoo"""', 1, 23),
        ("# where = 'foo'\ndescription = '''\nwhere = 'bar'\n'''\nwhere = 'foo' # it", 5, 10),
        ("where = '\"é😀\" in foo'", 1, 18),
    ],
)
def test_the_place_of_a_mistake_is_that_in_the_file(text: str, line: int, column: int) -> None:
    if "description" not in text:
        text += "\ndescription = 'd'"
    (problem,) = problems(text)
    assert problem.message.startswith(('there is no field "foo"', "foo")), problem
    assert (problem.source, problem.line, problem.column) == ("segments/mine.toml", line, column)


NASTY = st.text(" \t\n\"\\'é😀\u2028a", max_size=12)


@given(before=NASTY, quotes=st.sampled_from(['"', '"""']))
def test_places_are_right_behind_any_text(before: str, quotes: str) -> None:
    def escape(text: str, mark: str) -> str:
        for char, name in (("\\", "\\\\"), (mark, "\\" + mark), ("\n", "\\n"), ("\t", "\\t")):
            text = text.replace(char, name)
        return text

    inner = escape(before, '"')
    where = f'company == "{inner}" or foo'
    text = f"description = 'd'\nwhere = {quotes}{escape(where, chr(34))}{quotes}\n"
    (problem,) = problems(text)
    line = text.split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith("foo")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["description is missing", "where is missing"]),
        ("description = 3\nwhere = ['a']", ["description must be a text", "where must be a text"]),
        ("description = ''\nwhere = '  '", ["description must be a text", "where must be a text"]),
        ("description = 'd'\nwhere = 'true'\nwher = 'x'", ['a segment has no "wher"']),
        ("description = 'd'\n[where]\na = 1", ["where must be a text"]),
        ("description = 'd'\nwhere = 'true'\n[[more]]", ['a segment has no "more"']),
        ("where = tier == 'x'", ["not valid TOML: Invalid value"]),
        ("where = 'a'\nwhere = 'b'", ["not valid TOML: Cannot overwrite a value"]),
        ("where = 'a\x00'", ["not valid TOML"]),
        ("a = " + "[" * 5000, ["not valid TOML"]),
    ],
)
def test_what_is_wrong_with_a_file(text: str, wanted: list[str]) -> None:
    found = problems(text)
    assert len(found) == len(wanted)
    for problem, message in zip(found, wanted, strict=True):
        assert message in problem.message
        assert problem.source == "segments/mine.toml"
        assert problem.hint or "nested" in problem.message


def test_toml_mistakes_have_a_place() -> None:
    (problem,) = problems("description = 'd'\nwhere = tier\n")
    assert (problem.line, problem.column) == (2, 9)


@pytest.mark.parametrize("name", ["My Clients", "ä", "", "-x", "a" * 65, "a.b", "../etc"])
def test_a_name_that_cannot_be(name: str) -> None:
    found = problems("description = 'd'\nwhere = 'true'", name)
    assert "cannot be a segment's name" in found[0].message


def test_segments_ask_about_segments() -> None:
    segments = several({"a": 'in_segment("b") and not in_segment("c")', "b": "true", "c": "false"})
    assert segments.get("a").uses == ("b", "c")
    assert str(segments.parse('in_segment("a")')) == 'in_segment("a")'


def test_a_circle_is_named_where_it_closes() -> None:
    segments = several({"a": 'in_segment("b")', "b": 'in_segment("c")', "c": 'in_segment("a")'})
    with pytest.raises(ConfigError) as caught:
        segments.get("a")
    (problem,) = caught.value.problems
    assert problem.message == 'segment "a" asks about itself: a -> b -> c -> a'
    assert (problem.source, problem.line, problem.column) == ("segments/c.toml", 2, 23)
    with pytest.raises(ConfigError, match="asks about itself"):
        several({"a": 'in_segment("a")'}).get("a")


def test_mistakes_in_a_segment_that_is_asked_about_are_told_where_they_are() -> None:
    segments = several({"a": 'in_segment("b") and foo or in_segment("b")', "b": "bar"})
    with pytest.raises(ConfigError) as caught:
        segments.get("a")
    places = {(problem.source, problem.column) for problem in caught.value.problems}
    assert places == {("segments/b.toml", 12), ("segments/a.toml", 32)}
    assert len(caught.value.problems) == 2


def test_a_segment_that_is_not_there() -> None:
    segments = several({"clients": 'in_segment("cleints")'})
    with pytest.raises(NotFoundError, match='did you mean "clients"') as caught:
        segments.get("clents")
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigError, match=r"clients\.toml:2:23: there is no segment"):
        segments.get("clients")
    with pytest.raises(NotFoundError, match="none yet"):
        several({}).get("clients")


def test_a_chain_and_a_bomb_of_segments_are_refused() -> None:
    chain = {f"s{n}": f'in_segment("s{n + 1}")' for n in range(500)} | {"s500": "true"}
    with pytest.raises(ConfigError, match=f"{MAX_CHAIN} times over"):
        several(chain).get("s0")
    bomb = {f"s{n}": f'in_segment("s{n + 1}") or in_segment("s{n + 1}")' for n in range(15)}
    with pytest.raises(ConfigError, match="conditions are more than"):
        several(bomb | {"s15": "suppressed"}).get("s0")
    deep = {
        f"s{n}": "not (" * 48 + f'in_segment("s{n + 1}")' + ")" * 48 for n in range(MAX_CHAIN - 1)
    }
    with pytest.raises(ConfigError, match="deep"):
        several(deep | {f"s{MAX_CHAIN - 1}": "suppressed"}).get("s0")
