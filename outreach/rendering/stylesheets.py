"""CSS as rules and declarations, for reading only; what is nested absurdly deep is left out."""

import re
from typing import Any

import tinycss2

MAX_DEPTH = 32
"""Brackets in brackets. The parser calls itself for each, and no mail client goes as deep."""

_BRACKET = re.compile(r"[(\[{]|[)\]}]")


def declarations_in(css: str) -> list[Any]:
    """Return the declarations of a ``style`` attribute, as tinycss2's nodes."""
    return _declarations(css) if _is_shallow(css) else []


def rules_in(css: str) -> list[Any]:
    """Return the rules of a style block, as tinycss2's nodes."""
    if not _is_shallow(css):
        return []
    found: list[Any] = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return found


def rules_of(at_rule: Any) -> list[Any]:  # noqa: ANN401 - tinycss2's nodes have no types
    """Return the rules inside of an at-rule such as ``@media``."""
    if at_rule.content is None:
        return []
    found: list[Any] = tinycss2.parse_rule_list(
        at_rule.content, skip_comments=True, skip_whitespace=True
    )
    return found


def declarations_of(rule: Any) -> list[Any]:  # noqa: ANN401
    """Return the declarations of a rule."""
    return _declarations(rule.content)


def written(tokens: Any) -> str:  # noqa: ANN401
    """Return nodes as CSS."""
    text: str = tinycss2.serialize(tokens)
    return text.strip()


def _declarations(css: Any) -> list[Any]:  # noqa: ANN401 - text or nodes
    nodes = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
    return [node for node in nodes if node.type == "declaration"]


def _is_shallow(css: str) -> bool:
    depth = deepest = 0
    for found in _BRACKET.finditer(css):
        depth += 1 if found[0] in "([{" else -min(1, depth)
        deepest = max(deepest, depth)
    return deepest <= MAX_DEPTH
