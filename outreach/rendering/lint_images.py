"""Which images nobody described, and where they are written.

MJML and Markdown give ``alt=""`` to an image without words, as if somebody had meant it. So the
HTML tells only which images have none. Each was made by the tag in the sources that says most of
its address; if that tag says nothing of what the image shows, it is the place of the fault.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import unquote

from outreach.rendering.lint_page import Hit, shown_in
from outreach.rendering.sources import Place, Sources

_TAG = r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>"
_ATTRIBUTES = re.compile(
    r"(?P<found><mj-attributes\b.*?</mj-attributes\s*>)", re.IGNORECASE | re.DOTALL
)
_GENERAL = re.compile(rf"<(?P<tag>mj-[\w-]+)\b{_TAG}", re.IGNORECASE)
_IMAGE = re.compile(
    r"<mj-attributes\b.*?</mj-attributes\s*>"
    rf"|(?P<found><(?P<tag>mj-(?:carousel-)?image|img)\b{_TAG})",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_BARE = r"(?:\{\{.*?\}\}|[^\s()]|\([^\s()]*\))*"
#: Code shows how an image is written, and is none.
_MARKDOWN = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|(?P<found>!\[\s*\]"
    rf"(?:\(\s*(?:<(?P<within>[^<>\n]*)>|(?P<bare>{_BARE}))|\[(?P<label>[^\]]+)\]))",
    re.DOTALL | re.MULTILINE,
)
_DEFINITION = re.compile(
    r"^ {0,3}(?P<found>\[(?P<label>[^\]]+)\]:\s*(?:<(?P<within>[^<>\n]*)>|(?P<bare>\S+)))",
    re.MULTILINE,
)
_STATEMENTS = re.compile(r"\{%.*%\}", re.DOTALL)
_VALUE = re.compile(r"\{%.*%\}|\{\{.*?\}\}", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ANY = "{{ }}"
"""The address of an image whose tag says none, because a class does, or a value."""
_NAME_IT = 'say between [ and ] what it shows; write <img alt="" …> if it only adorns'


@dataclass(frozen=True, slots=True)
class _Tag:
    """What makes images: their address, as far as it is written there, and what it says of them.

    `words` is whether it says what they show, `at_times` whether it does so under a condition.
    """

    place: Place
    address: str
    words: bool
    at_times: bool = False
    hint: str | None = None

    def likeness(self, names: Sequence[str]) -> int:
        """Return how many characters of an address it says; -1 for one that it cannot make."""
        parts = _VALUE.split(unquote(unescape(self.address)).strip())
        parts[0] = re.sub(r"^(?:\.\.?/)+", "", parts[0])
        # A file may be named from where the template lies.
        pattern = re.compile("(?:.*/)?" + ".*".join(map(re.escape, parts)), re.DOTALL)
        return sum(map(len, parts)) if any(map(pattern.fullmatch, names)) else -1


def hits(
    page: Any,  # noqa: ANN401 - lxml
    sources: Sources,
    files_of: Callable[[str], Sequence[str]],
) -> Iterator[Hit]:
    """Yield each tag that describes none of the images it made.

    `files_of` gives the names of the file that travels as an inline image.
    """
    images = [element for element in shown_in(page) if element.tag == "img"]
    # An image without the attribute is not taken for an adornment, and has been told as it is.
    silent = [image for image in images if not image.get("alt", "…").strip()]
    if not silent:
        return
    tags = _tags(sources)
    for address, count in Counter(image.get("src", "").strip() for image in silent).items():
        names = [unquote(address), *files_of(address.removeprefix("cid:"))]
        for tag in _makers(tags, names):
            yield Hit("L101", hint=tag.hint, place=tag.place, count=count)


def _makers(tags: Sequence[_Tag], names: Sequence[str]) -> list[_Tag]:
    """Return the tags that an image without words came from, if it should have had some."""
    likeness = {tag: tag.likeness(names) for tag in tags}
    most = max((alike for alike in likeness.values() if alike >= 0), default=None)
    made = [tag for tag, alike in likeness.items() if alike == most]
    never = [tag for tag in made if not tag.words and not tag.at_times]
    # A tag that is values alone, and has words at times, may have made any image or none.
    unsure = not most or any(tag.words for tag in made)
    return never or ([] if unsure else made)


@lru_cache(maxsize=16)
def _tags(sources: Sources) -> tuple[_Tag, ...]:
    """Return all that makes images, but for those of Markdown that have words."""
    return (*_written_as_tags(sources), *_nameless_in_markdown(sources))


def _written_as_tags(sources: Sources) -> Iterator[_Tag]:
    general = {name for _, block in sources.matches(_ATTRIBUTES) for name in _described(block[0])}
    for place, found in sources.matches(_IMAGE):
        attributes = _attributes(found["found"])
        names = {found["tag"].lower(), "mj-all"}
        names |= {f".{name}" for name in attributes.get("mj-class", "").split()}
        is_mjml = found["tag"][:3].lower() == "mj-"
        yield _Tag(
            place,
            attributes.get("src", _ANY),
            words="alt" in _attributes(_STATEMENTS.sub("", found["found"]))
            or (is_mjml and bool(names & general)),
            at_times="alt" in attributes or "{{" in _QUOTED.sub("", found["found"]),
        )


def _described(block: str) -> Iterator[str]:
    """Yield the tags, and behind a dot the classes, that ``mj-attributes`` gives an ``alt``."""
    for found in _GENERAL.finditer(block):
        attributes = _attributes(found[0])
        if "alt" in attributes:
            tag = found["tag"].lower()
            yield f".{attributes.get('name', '')}" if tag == "mj-class" else tag


def _attributes(tag: str) -> dict[str, str]:
    return {found[1].lower(): found[2].strip("\"'") for found in _ATTRIBUTE.finditer(tag)}


def _nameless_in_markdown(sources: Sources) -> Iterator[_Tag]:
    addresses = {
        _label(found["label"]): found["within"] or found["bare"]
        for _, found in sources.matches(_DEFINITION)
    }
    for place, found in sources.matches(_MARKDOWN):
        address = found["within"] or found["bare"]
        if found["label"] is not None:
            address = addresses.get(_label(found["label"]))
        if address:
            yield _Tag(place, address, words=False, hint=_NAME_IT)


def _label(words: str) -> str:
    return " ".join(words.casefold().split())
