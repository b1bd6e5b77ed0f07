"""What can be told from a mail's HTML alone: whether all can read it, and where its links lead."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from outreach.rendering.legibility import (
    INVISIBLE,
    LARGE_CONTRAST,
    NORMAL_CONTRAST,
    UNSEEN,
    Piece,
    declarations,
    has_night_rules,
    hexadecimal,
    is_hidden,
    knows_the_dark,
    pieces,
)
from outreach.rendering.lint_words import DOMAIN
from outreach.rendering.sources import Place

SMALL_FONT = 14
"""Pixels below which text is small."""
_FEW_CHARACTERS = 100  # of text, below which a mail with any picture is a picture
_PER_IMAGE = 60  # characters of text for each picture, from four pictures on
_FORBIDDEN = re.compile(r"\s*(?:javascript|vbscript|data|file|blob|about)\s*:", re.IGNORECASE)
_WORKS = re.compile(r"\bmj-(?:accordion|carousel)\b")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PADDING = "".join(map(chr, (0x34F, 0xAD, 0x200B, 0x200C, 0x2007, 0x2060, 0xFEFF))) + " \t\r\n\xa0"
_SHOWN_URL = re.compile(r"(?:https?://|www\.)[^\s/]+\.[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_SHOWN_NAME = re.compile(rf"{DOMAIN}(?:[/?#]\S*)?")
_NUMBER = re.compile(r"[\w*#]")
_PICTURES = frozenset(["img", "video"])
_FOR_OUTLOOK = re.compile(r"\bsrc\s*=\s*[\"']\s*([^\"']*)")
_URL_IN_CSS = re.compile(
    r"(?:\burl\(|@import)\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s)\"']+))", re.IGNORECASE
)
_NOT_FETCHED = re.compile(r"/\*.*?\*/|@namespace\b[^;]*;", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule applied. `needles` are words that lead to the place in the sources.

    `key` names a line of the front matter instead, `source` a file beside the templates, and
    `place` where it stands if that is known.
    """

    rule: str
    message: str | None = None
    needles: tuple[str, ...] = ()
    hint: str | None = None
    key: str | None = None
    source: str | None = None
    place: Place | None = None
    count: int = 1


def hits(page: Any, known: Callable[[str], bool]) -> Iterator[Hit]:  # noqa: ANN401 - lxml
    """Yield all that is wrong in a document. `known` tells whether a source has these words."""
    # MJML writes "und" where nobody says it.
    if (page.get("lang") or "").strip() in ("", "und"):
        yield Hit("L103", needles=("<mjml",))
    if not (page.findtext(".//title") or "").strip():
        yield Hit("L104", needles=("<mj-title", "<mj-head", "<mjml"))
    shown = shown_in(page)
    by_day = list(pieces(page))
    yield from _images(shown, by_day)
    yield from _unencrypted(page, known)
    yield from _links(page, shown, known)
    yield from _headings(shown)
    yield from _tables(shown)
    yield from _small(by_day)
    yield from _faint("L105", by_day)
    if knows_the_dark(page) or has_night_rules(page):
        faint_by_day = {
            (id(piece.element), piece.text) for piece in by_day if not piece.look.legible
        }
        by_night = pieces(page, dark=True)
        yield from _faint(
            "L106", [one for one in by_night if (id(one.element), one.text) not in faint_by_day]
        )


def shown_in(page: Any) -> list[Any]:  # noqa: ANN401
    """Return the elements that a reader sees, without the works of MJML."""
    elements = [element for element in page.iter() if isinstance(element.tag, str)]
    return [one for one in elements if not _is_unseen(one) and not _is_of_mjml(one)]


def preview_of(page: Any) -> str | None:  # noqa: ANN401
    """Return what is hidden in front of all words, for inboxes to show beside the subject."""
    hidden, place = [], None
    for text in page.xpath("//body//text()"):
        parent = _around(text)
        around = (parent, *parent.iterancestors())
        if not INVISIBLE.sub("", text) or any(one.tag in UNSEEN for one in around):
            continue
        hiding = [one for one in around if is_hidden(one)]
        # What else is hidden, such as another picture for telephones, is not written for inboxes.
        if not hiding or place not in (None, hiding[-1]):
            break
        hidden.append(text)
        place = hiding[-1]
    return " ".join("".join(hidden).strip(_PADDING).split()) or None


def host_of(url: str) -> str:
    """Return the host of a link, or what stands for it."""
    try:
        return urlsplit(url).hostname or url.partition(":")[0]
    except ValueError:
        return "no valid address"


def _is_unseen(element: Any) -> bool:  # noqa: ANN401
    return any(one.tag in UNSEEN or is_hidden(one) for one in (element, *element.iterancestors()))


def _is_of_mjml(element: Any) -> bool:  # noqa: ANN401
    """Whether an element is the works of an accordion or carousel, which no template writes."""
    parent = element.getparent()
    classes = [one.get("class", "") for one in (element, parent) if one is not None]
    return element.tag in ("a", "table") and any(map(_WORKS.search, classes))


def _images(shown: list[Any], texts: list[Piece]) -> Iterator[Hit]:
    images = [element for element in shown if element.tag == "img"]
    for image in images:
        source = image.get("src", "").strip()
        needles = (source,) if source[:5] != "data:" else (source[:40], "data:")
        if image.get("alt") is None:
            yield Hit("L101", needles=needles)
        styles = declarations(image.get("style", ""))
        if any(side not in styles and not image.get(side) for side in ("width", "height")):
            yield Hit("L501", needles=needles)
        if source[:5].lower() == "data:":
            yield Hit("L503", needles=needles)
    letters = sum(len(piece.text) for piece in texts)
    few = letters < _FEW_CHARACTERS or (len(images) > 3 and letters < _PER_IMAGE * len(images))
    if images and few:
        yield Hit("L502")


def _unencrypted(page: Any, known: Callable[[str], bool]) -> Iterator[Hit]:  # noqa: ANN401
    """Yield all that a mail program fetches on its own, also for what nobody sees."""
    images = Counter(image.get("src", "").strip() for image in page.iter("img"))
    others = dict.fromkeys(address for element in page.iter() for address in _fetched(element))
    for address, count in {**dict.fromkeys(others, 1), **images}.items():
        if address[:5].lower() == "http:":
            what = "an image" if address in images else "something"
            told = address if known(address) else f"one at {host_of(address)}"
            message = f"{what} is fetched without encryption: {told}"
            yield Hit("L203", message, (address,), count=count)


def _fetched(element: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the addresses that an element, or a comment for Outlook, has fetched."""
    if not isinstance(element.tag, str):
        if (element.text or "").startswith("[if"):
            yield from _FOR_OUTLOOK.findall(element.text)
        return
    for name in ("src", "background", "poster"):
        yield element.get(name, "").strip()
    if element.tag == "link":
        yield element.get("href", "").strip()
    yield from re.split(r"[\s,]+", element.get("srcset", ""))
    sheet = element.text if element.tag == "style" else element.get("style")
    for found in _URL_IN_CSS.finditer(_NOT_FETCHED.sub(" ", sheet or "")):
        yield (found[1] or found[2] or found[3]).strip()


def _links(page: Any, shown: list[Any], known: Callable[[str], bool]) -> Iterator[Hit]:  # noqa: ANN401
    places = {element.get("id") for element in page.iter()} - {None}
    places |= {element.get("name") for element in page.iter("a")} - {None}
    for link in shown:
        if link.tag not in ("a", "area") or link.get("href") is None:
            continue
        href = link.get("href").strip()
        words = _words_of(link)
        needles = tuple(filter(None, (href if len(href) > 1 else "", words)))
        told = href if known(href) else f"one at {host_of(href)}"
        if not words and link.tag == "a":
            yield Hit("L102", f"a link has no text: {told}" if href else None, needles)
        if _leads_nowhere(href):
            told = f'the link "{words[:60]}" leads nowhere' if known(words) else None
            yield Hit("L201", told, (words, f'href="{href}"'))
            continue
        if _FORBIDDEN.match(href):
            yield Hit("L202", f"a link does what no mail program allows: {href[:60]}", needles)
        elif href[:1] == "#":
            # As it is written, else decoded, or the top whatever its case, as HTML says.
            place = unquote(href[1:])
            if not {href[1:], place} & places and place.lower() != "top":
                yield Hit("L204", f"a link leads to #{place}, which is not in the mail", needles)
        elif href[:5].lower() == "http:":
            yield Hit("L203", f"a link is not encrypted: {told}", needles)
        elif not _SCHEME.match(href):
            yield Hit("L205", f"a link has no host: {href[:80]}", needles, hint=_whole(href))
        is_name = _SHOWN_NAME.fullmatch(words)
        if (is_name or _SHOWN_URL.fullmatch(words)) and href[:4].lower() == "http":
            seen = host_of(words if "://" in words else f"https://{words}")
            shown_host, host = _bare(seen), _bare(host_of(href))
            # A name says whose place it is, and what lies below it is theirs.
            if host != shown_host and not (is_name and host.endswith(f".{shown_host}")):
                yield Hit("L206", f"a link shows {seen} and leads to {host_of(href)}", needles)


def _whole(href: str) -> str | None:
    """Return what to write for a link that only lacks its beginning, as people forget it."""
    if re.fullmatch(r"[^@\s/]+@[\w-]+(?:\.[\w-]+)+", href):
        return f"write mailto:{href}"
    if re.match(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#]|\Z)", href, re.IGNORECASE):
        is_page = re.search(r"^[^/?#]*\.(?:html?|php|aspx?|pdf|png|jpe?g|gif)\Z", href)
        return None if is_page else f"write https://{href}"
    return None


def _leads_nowhere(href: str) -> bool:
    """Whether a link lacks whom or what it is to reach."""
    scheme, _, rest = href.partition(":")
    rest = unquote(rest).strip()
    if scheme.lower() in ("http", "https"):
        try:
            return not unquote(urlsplit(href).hostname or "").strip()
        except ValueError:
            return False
    if scheme.lower() == "mailto":
        # Without an address it asks whom to write to, if it says what.
        return rest in ("", "?")
    return href in ("", "#") or (scheme.lower() in ("tel", "sms") and not _NUMBER.search(rest))


def _bare(host: str) -> str:
    with suppress(UnicodeError):  # no host that there can be is told as it is
        host = host.encode("idna").decode()
    return host.lower().removeprefix("www.")


def _words_of(link: Any) -> str:  # noqa: ANN401
    """Return what a link says: its words, else those that stand for its pictures."""
    parts = [one for one in link.iter() if isinstance(one.tag, str) and not _is_unseen(one)]
    seen = set(parts)
    texts = [text for text in link.xpath(".//text()") if _around(text) in seen]
    if words := " ".join(INVISIBLE.sub(" ", "".join(texts)).split()):
        return words
    if not any(one.tag in _PICTURES or "background" in one.get("style", "") for one in parts):
        return ""  # a name for nothing that could be seen
    alternatives = [image.get("alt", "") for image in parts if image.tag == "img"]
    named = [link.get("aria-label", ""), link.get("title", ""), link.get("alt", "")]
    return " ".join(" ".join([*alternatives, *named]).split())


def _around(text: Any) -> Any:  # noqa: ANN401 - lxml's text knows where it stands
    """Return the element that a text is in."""
    return text.getparent().getparent() if text.is_tail else text.getparent()


def _headings(shown: list[Any]) -> Iterator[Hit]:
    before = None
    for element in shown:
        if not re.fullmatch(r"h[1-6]", element.tag):
            continue
        level = int(element.tag[1])
        if before is not None and level > before + 1:
            message = f"a heading skips a level: h{level} comes after h{before}"
            yield Hit("L108", message, (element.text_content(), f"<h{level}"))
        before = level


def _tables(shown: list[Any]) -> Iterator[Hit]:
    for table in shown:
        if table.tag != "table" or table.get("role") in ("presentation", "none"):
            continue
        if table.find(".//th") is None and table.find("caption") is None:
            texts = [text.strip() for text in table.itertext() if text.strip()]
            yield Hit("L109", needles=tuple(texts[:3]))


def _small(texts: list[Piece]) -> Iterator[Hit]:
    sizes: dict[float, list[str]] = {}
    for piece in texts:
        raised = any(
            one.tag in ("sup", "sub")
            for one in (piece.element, piece.element.getparent())
            if one is not None
        )
        if piece.look.size < SMALL_FONT and not raised:
            sizes.setdefault(piece.look.size, []).append(piece.text)
    for size, words in sizes.items():
        yield Hit(
            "L107",
            f"text is {size:g} px high, less than {SMALL_FONT}",
            (*words[:3], f"{size:g}px"),
            count=len(words),
        )


def _faint(rule: str, texts: list[Piece]) -> Iterator[Hit]:
    pairs: dict[tuple[str, str, bool, float], list[str]] = {}
    for piece in texts:
        look = piece.look
        if look.legible or look.background is None or look.contrast is None:
            continue
        key = hexadecimal(look.colour), hexadecimal(look.background), look.large, look.contrast
        pairs.setdefault(key, []).append(piece.text)
    for (colour, background, large, ratio), words in pairs.items():
        least = LARGE_CONTRAST if large else NORMAL_CONTRAST
        night = " where the reader's screen is dark" if rule == "L106" else ""
        # Cut off, not rounded: 4.499 is not 4.5.
        message = (
            f"text in {colour} on {background} has a contrast of {int(ratio * 100) / 100:g}:1, "
            f"less than {least:g}:1{night}"
        )
        yield Hit(rule, message, (*words[:4], colour), count=len(words))
