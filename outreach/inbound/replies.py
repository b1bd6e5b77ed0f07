"""The words a person wrote, without what their mail program put around them.

`own_words` takes the text of a reply and returns the new part: no quotation with its introduction,
no forwarded mail below, no signature and no line that a device added. Answers written between the
lines of a quotation are kept together with the lines they answer; what is quoted below everything
is not. Where nothing would be left, the text is returned as it came: the reader of a reply would
rather see too much than nothing.

The module knows nothing of the rest of Outreach. It first gives every line a class, and then cuts
by the order of the classes; languages differ only in the tables of `reply_words`.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import re
from dataclasses import dataclass
from typing import Final

from outreach.inbound.introductions import (
    CLOSING,
    DIGIT,
    LONG_RULE,
    MAX_HEADER_NAME,
    MAX_LAYOUT,
    OPENING,
    QUOTE,
    RULING,
    WROTE,
    attribution_at,
    ends_below,
    headers_at,
    with_words_apart,
    without_run_ons,
)
from outreach.inbound.patterns import filed
from outreach.inbound.reply_words import alternatives, words
from outreach.inbound.signatures import PICTURE, signature_at

MAX_LINES: Final = 5000
"""Lines of a reply that are looked at. What lies beyond is quotation in all of practice."""

_MAX_LINE: Final = 2000
_SIGNATURE_LINES: Final = 15  # a longer text below "--" is no signature


_ORIGINAL: Final = re.compile(rf"(?:{alternatives('original')})\s*[:：]?$")
_SENT_FROM: Final = re.compile(
    rf"^[\s*_<>\[(-]{{0,4}}(?:{alternatives('sent_from')})[\s*_.!\])<>]*(?:\([^()]*\))?[\s.!]*$"
)
_BARE_STAMP: Final = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:,?\s+\d{1,2}:\d\d(?:\s+(?:gmt|utc)?\s?[+-]\d\d:?\d\d)?)\s+\S.{0,80}$",
    re.I,
)
_NOTES_STAMP: Final = re.compile(r"\w ?---\d\d[/.]\d\d[/.]\d{4} \d\d:\d\d(?::\d\d)?(?: [AP]M)?---")
_RULE_MARKS: Final = "-_=~+*#•·–—\u2015\u2500ᐧ\u200b━═☆★◇◆□■○●△▲▽▼＊＝－"
_RULE: Final = re.compile(rf"(?:[{_RULE_MARKS}\s]+|[{_RULE_MARKS}.\s]{{8,}})$")
_SIGNATURE_RULE: Final = re.compile(r"^\s?(?:--|—|–|——|__)\s{0,2}$")
_DASHED_NAME: Final = re.compile(r"^-{1,2}\s?[^\W\d_][\w.'-]*(?: [^\W\d_][\w.'-]*){0,2}$")
_RULED_OFF: Final = re.compile(r"^\s*[-=*~─━—_]{3,}\s*$")
_CONTACT: Final = re.compile(
    rf"[\w.]@[\w-]|https?://|\bwww\.|\+?\d[\d ()/.-]{{7,}}\d|{alternatives('contact')}",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    r"\[([^\[\]]*)\]\([^()\s]*\)|<(?:https?:|mailto:)[^<>]*>|\(\s?https?:[^()\s]*\s?\)"
)
_DEVICE: Final = re.compile(
    r"i-?phone|i-?pad|android|samsung|galaxy|blackberry|outlook|windows|nokia|gmail|yahoo|proton|mail\b|e-?mail|huawei|xiaomi|\bmi\b"
    rf"|sony|htc|lg\b|motorola|spark|thunderbird|k-9|{alternatives('devices')}",
    re.IGNORECASE,
)
# What lists, providers, lawyers and virus scanners add below: the first letters of a line tell whether it may be one.
_FOOTERS: Final = (
    *words("footers"),
    "avast",
    "<https://www\\.avast\\.com/sig-email",
    "nod32(?<=__ nod32)",
)
_FOOTER: Final = re.compile(rf"^(?:[\s*_>-]{{0,4}}|_+ )(?:{filed(_FOOTERS)})", re.IGNORECASE)
_FOOTER_START: Final = 4
_FOOTER_STARTS: Final = frozenset(
    written(footer[:_FOOTER_START])
    for footer in _FOOTERS
    for written in (str.lower, str.capitalize, str.upper, str.title)
)
_LIST: Final = re.compile(rf"mailman|listinfo|google groups|{alternatives('mailing_list')}")
_ABOVE: Final = re.compile(
    rf"(?:{alternatives('reply')})[^.]{{0,40}}(?:{alternatives('above')})[^.]{{0,20}}(?:{alternatives('line')})"
)


@dataclass(slots=True)  # frozen ones take longer to make, and each mail has one
class Reply:
    """What a person wrote: `text`, with the quoted lines they answered between; and without."""

    text: str
    #: The words without any quoted line: what they ask is asked here.
    unquoted: str
    #: Whether something was recognised as quoted, forwarded or signed, and left out.
    trimmed: bool


NOTHING: Final = Reply("", "", trimmed=False)


def own_words(text: str) -> Reply:
    """Return what the author of `text` wrote anew. See the module for what is left out."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    whole = whole.replace("\ufeff", "")
    signed, whole = whole, _without_openpgp(whole)
    lines = list(map(str.rstrip, whole.split("\n", MAX_LINES)[:MAX_LINES]))
    if len(whole) > _MAX_LINE and max(map(len, lines)) > _MAX_LINE:
        lines = [line if len(line) <= _MAX_LINE else line[:_MAX_LINE].rstrip() for line in lines]
    if ">" in whole:
        lines = without_run_ons(lines, whole)
    if "@" in whole and ":  " in whole:
        lines = with_words_apart(lines)
    classes, lines = _classify(lines)
    kept, kinds = _cut(lines, classes)
    words = "\n".join(kept).strip("\n")
    bare = words.strip()
    if not bare:
        whole = whole.strip()
        kept = [line for line in whole.split("\n") if not QUOTE.match(line)]
        return Reply(whole, "\n".join(kept).strip(), trimmed=False)
    if "q" in kinds:
        fresh = [line for line, kind in zip(kept, kinds, strict=True) if kind != "q"]
        bare = "\n".join(fresh).strip()
    left_out = len(kinds) - kinds.count("e") < len(classes) - classes.count("e")
    return Reply(words, bare, trimmed=left_out or signed is not whole)


def _without_openpgp(text: str) -> str:
    """Return a text without what OpenPGP puts around words that are signed (RFC 9580 section 7)."""
    begin = text.find(_SIGNED_HEAD)
    begins_line = begin == 0 or (begin > 0 and text[begin - 1] == "\n")
    signed = _SIGNED.match(text, begin) if begins_line else None
    if signed is None:
        return text
    words = _DASH_ESCAPED.sub("", signed[1])
    return f"{text[: signed.start()]}{words}\n{text[signed.end() :]}"


_SIGNED_HEAD: Final = "-----BEGIN PGP SIGNED MESSAGE-----\n"
_SIGNED: Final = re.compile(
    rf"{_SIGNED_HEAD}(?:[A-Za-z-]+: [^\n]*\n)*[ \t]*\n(.*?)"
    r"^-----BEGIN PGP SIGNATURE-----\n(?:.*?^-----END PGP SIGNATURE-----|.*)",
    re.DOTALL | re.MULTILINE,
)
_DASH_ESCAPED: Final = re.compile("^- ", re.MULTILINE)


# Line classes: e(mpty) q(uoted) t(ext) r(ule) a(ttribution) h(eader) o(riginal-message rule)
# s(ignature rule) d(evice line) f(ooter)


def _classify(lines: list[str]) -> tuple[str, list[str]]:
    """Return a letter for each line, and the lines; an introduction of several lines becomes one of them."""
    text = "\n".join(lines) + "\n"
    code = _code(lines) if "`" in text and "```" in text else frozenset[int]()
    classes = _plain_classes(lines, code)
    gone: list[int] = []  # lines that are part of another
    index = at = 0  # the line, and where in `text` it begins
    while True:
        run = _PLAIN_LINES.match(text, at)
        after = run.end() if run else at
        index += text.count("\n", at, after)
        if index >= len(lines):
            break
        kind, taken = ("t", 1) if index in code else _class_of(lines, index)
        first, index = index, index + taken
        at = text.index("\n", after) + 1
        if kind == "t":
            continue  # or what it was taken for: words or a footer
        for _ in range(1, taken):
            at = text.index("\n", at) + 1
        if kind == "a":
            if lines[first].lstrip()[:1] == "<" and _is_name_above(lines, classes, first):
                classes[first - 1] = "a"
                gone.append(first - 1)
            lines[first] = "\n".join(lines[first:index])
        classes[first:index] = kind * taken
        gone += range(first + 1, index)
        if kind in "hosfr" and "t" in classes[:first] and _is_last(kind, lines, index):
            below = "".join(classes[index:])
            told, rest = lines[:index], lines[index:]
            known = _with_device_lines(told, _without(gone, told, classes[:index]))
            if kind in "ho":
                return known, told
            # How much stands below a mark may decide what it is: see `_end`.
            return known + (below.replace("t", "f") if kind == "r" else below), told + rest
    return _with_device_lines(lines, _without(gone, lines, classes)), lines


def _without(gone: list[int], lines: list[str], classes: list[str]) -> str:
    """Take out of `lines`, and of their classes, which are returned, those that are part of others."""
    for at in reversed(gone):
        del lines[at], classes[at]
    return "".join(classes)


def _code(lines: list[str]) -> frozenset[int]:
    """Return the numbers of the lines between fences, which are what they are, and of the fences."""
    fences = [at for at, line in enumerate(lines) if line[:3] == "```"]
    pairs = zip(fences[::2], fences[1::2], strict=False)
    return frozenset(fences).union(*(range(first, last) for first, last in pairs))


def _is_last(kind: str, lines: list[str], below: int) -> bool:
    """Whether nothing from the line `below` on can be the author's, be it what it may, after such a line."""
    if kind in "ho":
        return True
    if kind == "r":
        return bool(LONG_RULE.match(lines[below - 1])) and _speaks_of_a_list(lines, below)
    return len(lines) - below <= _SIGNATURE_LINES


def _plain_classes(lines: list[str], code: frozenset[int]) -> list[str]:
    """Return the classes of lines that are empty, quoted or plain words: right for no others."""
    classes: list[str] = []
    starts, lead, first = _FOOTER_STARTS, _FOOTER_LEAD, _FOOTER_START
    for at, line in enumerate(lines):
        if not line:
            classes.append("e")
        elif line[0] == ">":
            classes.append("q")
        elif line.lstrip(lead)[:first] in starts and at not in code and _is_footer(lines, at):
            classes.append("f")
        else:
            classes.append("t")
    return classes


# Lines that need no thought: empty; quoted; or words. Words have a letter near their beginning, do not
# end like a rule or an introduction, and are none of what `_class_of` asks about: they begin like no
# head, no introduction and no stamp of a program. Most have neither digit nor colon, and are asked nothing.
# (Nothing here is given back once it is matched, so that a match costs a few looks at each letter.)
_NO_END: Final = rf"(?<![{re.escape(''.join(CLOSING))}#=])"
_NO_WORDS: Final = "_@:：<>|#=*–—─-"
_DIGITS: Final = "0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19"
_PLAIN_LINES: Final = re.compile(
    "(?:"
    + "|".join(
        [
            r"\n",
            r">(?!>> [^\n]* >>>\n)[^\n]*+\n",
            rf"[ \t]*+[\"'(\[“”„«‘’$&.,!?%]{{0,3}}+[^\W\d_ᐧ][^:：@{_DIGITS}>\n]*+{_NO_END}\n",
            rf"[ \t]*+https?://[^@\n-]*+(?:-(?!--)[^@\n-]*+)*+{_NO_END}\n",
            rf"(?![A-Za-z]{{1,3}}>)[ \t]*+(?![{_NO_WORDS}]|{OPENING})[^\w\s{_NO_WORDS}]{{0,3}}+[ \t]*+[^\W_ᐧ]"
            rf"[^@\n-]*+(?:-(?!--)[^@\n-]*+)*+{_NO_END}\n",
        ]
    )
    + ")*+"
)


def _is_footer(lines: list[str], index: int) -> bool:
    """Whether a line begins what a list or a provider says; never within a sentence."""
    return not (index and lines[index - 1][-1:].isalnum()) and bool(_FOOTER.match(lines[index]))


_FOOTER_LEAD: Final = " \t\u00a0*_>-"


def _is_name_above(lines: list[str], classes: list[str], index: int) -> bool:
    """Whether the line above is the name before an address that was wrapped onto a line of its own."""
    if not index or classes[index - 1] != "t" or (index > 1 and classes[index - 2] != "e"):
        return False
    name = lines[index - 1].strip()
    return len(name) < 80 and (
        len(name.split()) <= 4 or bool(DIGIT.search(name) or WROTE.search(f" {name.lower()}"))
    )


def _with_device_lines(lines: list[str], classes: str) -> str:
    """Return the classes with those of what a device added: the last words before what is no words."""
    for last in reversed(list(_LAST_WORDS.finditer(classes))):
        at = last.end() - 1
        while at >= 0 and classes[at] == "t":
            line = lines[at]
            plain = line.strip()
            if not (plain[0] in "![<" and PICTURE.match(plain)) and (
                len(line) >= _MAX_DEVICE_LINE or not _is_device_line(plain)
            ):
                break
            classes = f"{classes[:at]}d{classes[at + 1 :]}"
            at = len(classes[:at].rstrip("e")) - 1
    return classes


_LAST_WORDS: Final = re.compile("[te]*t(?=e*(?:[^te]|$))")


def _class_of(lines: list[str], index: int) -> tuple[str, int]:  # noqa: PLR0911, PLR0912
    """Return the class of one line, and how many lines it takes with it.

    Most lines of most mails are plain words and do not come here; the costly questions are asked only
    of lines that begin or are made like something else.
    """
    line = lines[index]
    plain = line.strip()
    if not plain:
        return "e", 1
    first = plain[0]
    if (first in ">|" or (">" in line[:5] and line[0].isalpha())) and QUOTE.match(line):
        return "o" if first == ">" and _FRAMED.match(plain) else "q", 1
    if len(line) > MAX_LAYOUT:
        return "t", 1
    last = plain[-1]
    marked = not first.isalnum() or first == "ᐧ"
    if marked:
        if len(plain) <= 2 and _SIGNATURE_RULE.match(line):
            return "s", 1
        if first in RULING and _is_original_rule(plain):
            return "o", 1
        if last in _RULE_MARKS and _RULE.match(plain) and (len(plain) > 1 or plain in "—–ᐧ"):
            return "r", 1
    colon = line.find(":")
    if "：" in line:
        wide = line.find("：")
        colon = wide if colon < 0 else min(colon, wide)
    if colon >= 0:
        if last in ":：" and _ORIGINAL.match(plain.lower()):
            return "o", 1
        if colon < MAX_HEADER_NAME and not line.startswith("//", colon + 1):
            taken = headers_at(lines, index)
            if taken:
                return "h", taken
    if (first.isdecimal() and _BARE_STAMP.match(plain)) or (
        "---" in plain and _NOTES_STAMP.search(plain)
    ):
        return "a", 1
    if ends_below(lines, index):
        taken = attribution_at(lines, index)
        if taken:
            return "a", taken
    edged = (first in "#-=*_" or last in "#-=*_") and len(line) < _MAX_DEVICE_LINE
    if edged and _ABOVE.search(line.lower()):
        return "o", 1
    return "t", 1


# GroupWise frames its introduction, and quotes below without a mark: ">>> Ann <ann@example.org> 9/29/2025 7:58 AM >>>"
_FRAMED: Final = re.compile(r">>> (?=[^>]*\S)[^\n]{5,160}\d[^\n]{0,20} >>>$")
_MAX_DEVICE_LINE: Final = 120


def _is_original_rule(plain: str) -> bool:
    """Whether a line says "original message" between, or after, the strokes of a rule."""
    core = plain.strip(RULING)
    if "&nbsp;" in core:
        core = core.replace("&nbsp;", " ").strip()
    return 3 < len(core) < 80 and plain[0] in RULING and bool(_ORIGINAL.match(core.lower()))


def _is_device_line(line: str) -> bool:
    plain = (
        _LINK.sub(lambda link: link[1] or "", line).strip()
        if "[" in line or "<" in line or "(" in line
        else line
    )
    low = plain.lower()
    # What a program says of itself names a device, or links to its maker; what it says of a head
    # below stands between strokes as a rule, and alone with some.
    told = _SENT_FROM.match(low) and (_DEVICE.search(plain) or plain != line.strip())
    return bool(told or _ORIGINAL.match(low))


def _cut(lines: list[str], classes: str) -> tuple[list[str], str]:
    """Return the lines that are the author's, and their classes."""
    begin = len(classes) - len(classes.lstrip("ed"))
    if begin < len(classes) and classes[begin] == "t" and _warns(lines[begin]):
        # Our own mail server's warning of a stranger, as far as its paragraph goes.
        end = classes.find("e", begin)
        rest = len(classes[end:]) - len(classes[end:].lstrip("ed")) if end >= 0 else 0
        begin = end + rest if end >= 0 and end + rest < len(classes) else begin
    # What introduces the mail itself says whose words follow; they are all there is.
    if begin < len(classes) and classes[begin] in "aho":
        begin = _skip_introduction(classes, begin)
    elif classes[begin : begin + 1] == "q" and attribution_at([lines[begin].lstrip("> ")], 0):
        begin = _behind_quotation(classes, begin)  # its introduction was quoted with it
    end = _end(lines, classes, begin)
    kept, kinds = lines[begin:end], classes[begin:end]
    if "a" in kinds and _WRAPPED_AROUND.fullmatch(kinds):
        # A few last words below one whole quotation answer all of it, and no line of it.
        kept = [line for line, kind in zip(kept, kinds, strict=True) if kind != "q"]
        kinds = kinds.replace("q", "")
    if "a" in kinds or "d" in kinds:
        kept = [line for line, kind in zip(kept, kinds, strict=True) if kind not in "ad"]
        kinds = kinds.replace("a", "").replace("d", "")
    kinds = kinds.rstrip("ersofq" if "t" in kinds else "ersof")
    while kinds[-2:-1] == "e" and _weak_signature(kept[len(kinds) - 1]):
        kinds = kinds[:-1].rstrip("er")
    quoted = kinds.find("q")
    if quoted >= 0 and attribution_at([kept[quoted].lstrip("> ")], 0):
        # The introduction was quoted with what it introduces, which is answered.
        kept = kept[:quoted] + kept[quoted + 1 :]
        kinds = kinds[:quoted] + kinds[quoted + 1 :]
    own = kinds.rfind("q") + 1
    signed = own + signature_at(kept[own : len(kinds)])
    kinds = kinds[:signed].rstrip("er")
    kept = kept[: len(kinds)]
    kinds = kinds.lstrip("erso")
    return kept[len(kept) - len(kinds) :], kinds


_WARNING: Final = re.compile(rf"\W*(?:{alternatives('warnings')})\b")
_OUTSIDE: Final = re.compile(alternatives("outside"))


def _warns(line: str) -> bool:
    """Whether a line is what mail servers put above mail from outside."""
    low = line[:_MAX_WARNING].lower()
    return bool(_WARNING.match(low) and _OUTSIDE.search(low))


_MAX_WARNING: Final = 300
_WRAPPED_AROUND: Final = re.compile("[^aq]*t[^aq]*ae*q[qe]*(?:t[^aqt]*){1,6}")


def _weak_signature(line: str) -> bool:
    """Whether a last line is a name behind a hyphen, or what a device adds in words of its own."""
    plain = _LINK.sub(lambda link: link[1] or "", line).strip()
    return bool(_DASHED_NAME.match(plain) or (len(plain) <= 60 and _SENT_FROM.match(plain.lower())))


def _skip_introduction(classes: str, begin: int) -> int:
    """Return where the words begin in a mail that starts with a quotation or a forwarded head."""
    head = _HEAD.match(classes, begin)
    return _behind_quotation(classes, head.end() if head else begin)


def _behind_quotation(classes: str, at: int) -> int:
    """Return where an introduced quotation ends if there is one answer below it: only that is new.

    Where further quotations are answered below, it is the first of those that are.
    """
    quoted = _QUOTED.match(classes, at)
    if not quoted or "t" not in classes[quoted.end() :]:
        return at
    return at if _ANSWERED_AGAIN.match(classes, quoted.end()) else quoted.end()


_HEAD: Final = re.compile("[aehor]+")
_QUOTED: Final = re.compile("[qe]+")
_ANSWERED_AGAIN: Final = re.compile("[^qahos]*t[^qahos]*q[qe]*t")


def _end(lines: list[str], classes: str, begin: int) -> int:
    """Return the line at which the author's words end."""
    first = classes.find("t", begin)
    for mark in _MARKED.finditer(classes, first) if first >= 0 else ():
        at, kind = mark.start(), mark[0][0]
        if (
            kind in "ho"
            or (kind == "a" and not _ANSWERED.match(classes, at + 1))
            or (kind == "q" and not _ANSWERED.match(classes, at))
            or (kind in "sf" and _text_after(classes, at) <= _SIGNATURE_LINES)
            or (kind == "r" and _is_rule_of_a_footer(lines, classes, at))
        ):
            return at
    return len(classes)


# Of quoted lines one below another, the first is answered if any is.
_MARKED: Final = re.compile("q+|[^teq]")
# The quotation that begins here has answers between or below its lines. Directly below a quoted line
# words may be the rest of that line, wrapped in transit; words before any quoted line were introduced.
_ANSWERED: Final = re.compile("[^qt]*q(?:[^thos]|(?<!e)t(?=q))*(?:(?<=e)t|t(?!q))")


def _is_rule_of_a_footer(lines: list[str], classes: str, at: int) -> bool:
    """Whether below the rule in line `at` only what a list or a signature says of itself follows."""
    stop = _INTRODUCED.search(classes, at + 1)
    below = "\n".join(
        lines[at + 1 : min(at + 1 + _FOOTER_LINES, stop.start() if stop else len(lines))]
    )
    if LONG_RULE.match(lines[at]) and _speaks_of_a_list(lines, at + 1):
        return True
    following = _text_after(classes, at)
    if lines[at].lstrip().startswith("__") and following <= 4:
        return True
    return bool(
        following <= _SIGNATURE_LINES / 2
        and "|" not in lines[at - 1]  # the head of a table
        and _RULED_OFF.match(lines[at])
        and _CONTACT.search(below)
    )


def _speaks_of_a_list(lines: list[str], at: int) -> bool:
    low = "\n".join(lines[at : at + _FOOTER_LINES]).lower()
    return bool(_LIST.search(low))


_FOOTER_LINES: Final = 7


def _text_after(classes: str, at: int) -> int:
    """Return how many lines of text follow before anything introduced or headed does."""
    stop = _INTRODUCED.search(classes, at + 1)
    return classes.count("t", at + 1, stop.start() if stop else len(classes))


_INTRODUCED: Final = re.compile("[aho]")
