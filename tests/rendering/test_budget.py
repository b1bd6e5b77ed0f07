"""What one rendering may cost: what would never end is stopped, soon and always alike."""

import threading
import time

import pytest

from tests.rendering.mail import SCENE, contact, template
from tests.rendering.test_sandbox import refusal


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "does not come to an end",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself without end"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", "make a list of"),
        ("{{ 'x' * 10 ** 9 }}", "make a text of"),
        ("{{ 9 ** 9 ** 9 }}", "make a number of"),
        ("{{ (10 ** 60) * (10 ** 60) }}", "make a number of"),
        ("{{ [1] * 10 ** 9 }}", "make a list of"),
        (
            "{% set n = namespace(x='ab') %}{% for i in range(99) %}"
            "{% set n.x = n.x ~ n.x %}{% endfor %}",
            "make a text of",
        ),
        (
            "{% set n = namespace(x='ab') %}{% for i in range(99) %}"
            "{% set n.x = n.x + n.x %}{% endfor %}",
            "make a text of",
        ),
        (
            "{% set n = namespace(x=[1]) %}{% for i in range(99) %}"
            "{% set n.x = n.x + n.x %}{% endfor %}",
            "make a list of",
        ),
        (
            "{% set n = namespace(x='ab') %}{% for i in range(99) %}"
            "{% set y %}{{ n.x }}{{ n.x }}{% endset %}{% set n.x = y %}{% endfor %}",
            "prints more than",
        ),
        (
            "{% for i in range(9999) %}{% set x %}" + "word " * 500 + "{% endset %}{% endfor %}",
            "prints more than",
        ),
        (
            "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(99) %}"
            "{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}"
            "{{ 'same' if n.a == n.b else 'other' }}",
            "make a list of",
        ),
        (
            "{% macro m() %}{% set ns.a = varargs %}{% endmacro %}"
            "{% set ns = namespace(a=(1,)) %}{% for i in range(99) %}{{ m(ns.a, ns.a) }}"
            "{% endfor %}{{ {ns.a: 1} | length }}",
            "",
        ),
        ("{{ [1] | batch(10 ** 9) | list }}", "a number from 0"),
        ("{{ 1.5 | round(10 ** 9) }}", "a number from 0"),
        ("{{ 'ab' | replace('', 'x' * 1000000) }}", "make a text of"),
        ("{{ 1 | number(10 ** 9) }}", "a number from 0"),
        ("{{ 1 | money('XXXX') }}", "no currency"),
        ("{{ 1 / 0 }}", "division by zero"),
        (
            "".join(f"{{% for a{i} in [1] %}}" for i in range(30)) + "{% endfor %}" * 30,
            "nested",
        ),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", ""),
    ],
)
def test_what_would_never_end_is_stopped_soon(body: str, said: str):
    start = time.perf_counter()
    assert said in refusal(body)
    assert time.perf_counter() - start < 8


def test_a_file_that_includes_itself_is_stopped():
    said = refusal("{% include 'mail.txt' %}")
    assert "includes run in a circle: mail.txt → mail.txt" in said


def test_the_budget_is_for_each_rendering_and_thread():
    # A fifth of the budget each: together they would exceed it many times over.
    mail = template("{% for i in range(200) %}{% for j in range(200) %}{% endfor %}{% endfor %}ok")
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(3):
                assert mail.render(contact(), SCENE).text == "ok\n"
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_stop_is_the_same_each_time():
    body = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"
    assert refusal(body) == refusal(body)
