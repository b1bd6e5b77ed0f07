import pytest

from outreach.domain.toml import lines_of, read_toml
from outreach.errors import ConfigError


def test_a_mistake_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        read_toml("a = 1\nb = [1, ,]\n", "x.toml", hint="mind the commas")
    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.column) == ("x.toml", 2, 9)
    assert problem.message.startswith("not valid TOML: ")
    assert "(at line" not in problem.message
    assert problem.hint == "mind the commas"


def test_nesting_without_end_is_a_mistake_like_others() -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_toml("a = " + "[" * 100_000, "x.toml")


def test_keys_are_found_on_the_lines_where_they_first_stand() -> None:
    text = 'a = 1\n[t.u]\n  "b" = 2\nc.d = 3\n[[list]]\nb = 4\n[[list]]\n[t.u.v]\na = 5'
    assert lines_of(text) == {
        ("a",): 1,
        ("t", "u"): 2,
        ("t", "u", "b"): 3,
        ("t", "u", "c"): 4,
        ("list",): 5,
        ("list", "0"): 5,
        ("list", "0", "b"): 6,
        ("list", "1"): 7,
        ("t", "u", "v"): 8,
        ("t", "u", "v", "a"): 9,
    }
