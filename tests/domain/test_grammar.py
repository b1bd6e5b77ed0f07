"""Jinja's grammar: where things stand, and what is said when they stand wrong."""

import pytest
from jinja2 import nodes

from outreach.domain.grammar import GrammarError, read_tree, spine, start_of


def test_nodes_know_where_they_start() -> None:
    text = 'a.b  <  c and\n  "é😀" in [d,  e(1)|f] or not g is h "x"'
    tree = read_tree(text)
    found = {
        getattr(node, "name", None) or getattr(node, "value", None): start_of(node)
        for node in tree.find_all((nodes.Name, nodes.Const))
    }
    for name in "acdeg":
        assert text[found[name]] == name
    assert text[found["é😀"] :].startswith('"é😀"')
    (test,) = tree.find_all(nodes.Test)
    assert text[start_of(test)] == "g"
    (compare, *_) = tree.find_all(nodes.Compare)
    assert start_of(compare) == 0


def test_a_thousand_parts_are_no_deeper_than_two() -> None:
    tree = read_tree(" or ".join(["a"] * 1000))
    assert isinstance(tree, nodes.Or)
    assert len(list(spine(tree))) == 1000


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("a = 1", 2, 'unexpected "="', 'write "=="'),
        ("a ==", 4, "stops too early", "missing"),
        ("(a", 2, "stops too early", "bracket"),
        ("a == 1 AND b", 7, 'unexpected "AND"', "lower case"),
        ("a && b", 2, "unexpected char '&'", '"and"'),
        ("a <> b", 3, "unexpected '>'", '"!="'),
        ("a like 'x'", 2, 'unexpected "like"', "is contains"),
        ("a == 'x", 5, "not closed", "quotation mark"),
        ('a == "\\d"', 6, "unknown escape \\d", "backslash"),
        ('a == "\\x4"', 6, "unknown escape \\x", "backslash"),
        ('a == "\\N{NO SUCH THING}"', 5, "unknown Unicode character name", ""),
        ("a == " + "9" * 21, 5, "too large", ""),
        ("a == " + "9" * 5000, 5, "too large", ""),
        ("a b", 2, 'unexpected "b"', '"and"'),
        ("a }} b", 2, 'unexpected "}}"', ""),
        ("{% if %}", 1, "unexpected '%'", ""),
        ("a\r == 1", 1, "carriage return", ""),
        ("(" * 9000 + ")" * 9000, 0, "too deeply", ""),
        ("not " * 4000 + "a", 0, "too deeply", ""),
        ("- " * 4000 + "1", 0, "too deeply", ""),
        ("a" * 20_001, 0, "20,001 characters", "attribute"),
        ("a is b is c", 7, "chain", "brackets"),
    ],
)
def test_errors_point_at_the_place_and_say_what_to_do(
    text: str, offset: int, message: str, hint: str
) -> None:
    with pytest.raises(GrammarError) as caught:
        read_tree(text)
    assert message in caught.value.message
    assert caught.value.offset == offset
    assert hint in (caught.value.hint or "")
