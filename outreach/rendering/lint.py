"""What is wrong with a mail that could be made: findings, each with a rule, a place and a remedy.

`Linter.findings` is given what was rendered for one contact. It judges the mail as its reader gets
it, after every include and loop, and says where in the sources the cause stands.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from unicodedata import category
from urllib.parse import unquote

from lxml import html as lxml_html

from outreach.domain.contact import Contact
from outreach.domain.mailing import ContentClass, MailKind, Sender
from outreach.domain.tiers import EVERYONE, avoided
from outreach.errors import Problem, suggestion
from outreach.rendering import client_support, lint_images, lint_page
from outreach.rendering.legibility import pieces
from outreach.rendering.lint_page import Hit, host_of
from outreach.rendering.lint_words import ADDRESS, FORBIDDEN, LINK, PRICE, SHOP, is_like_an_answer
from outreach.rendering.rules import RULES, Rule, named
from outreach.rendering.sources import Place, Sources
from outreach.rendering.templates import Rendered, Template
from outreach.rendering.text import html_to_text, links_of

GMAIL_CLIP = 102_400
"""Octets of HTML above which Gmail cuts a mail off; observed by many, documented by nobody."""
SIZE_WARNING = 90_000
"""Octets of HTML above which a mail is close to being cut off."""
PREHEADER = (40, 130)
"""Characters that a preheader should have: fewer tell nothing, more are shown nowhere."""
LONG_SUBJECT = 60
"""Characters of subject that a desktop's inbox shows."""
HEAVY_IMAGE = 1_000_000
"""Octets above which one image is heavy."""

_TYPICAL_VALUE = 20  # characters that count of a value of the contact's, however long it is
#: The night's colours are asked for by good practice; images in the HTML have a rule of their own.
_TOLD_ELSEWHERE = client_support.NIGHT | {"image-base64"}
#: Markdown shows links that it does not trust as words.
_NO_LINK = re.compile(
    r"(?:(?<!!)\[[^\]\n]*\]\(\s*<?|^ {0,3}\[[^\]\n]+\]:\s*<?|<(?=\w+:[^\s<>]*>))"
    r"(?P<found>(?:javascript|vbscript|file|data)\s*:[^)\s>]*)",
    re.IGNORECASE | re.MULTILINE,
)
_NO_WAY_OUT = (
    "set link_base or unsubscribe_address in outreach.toml, then print {{ links.unsubscribe }}"
)
_HOST = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)
#: A sentence may end behind a link, in signs that go on nowhere.
_GOES_ON = r"[.,;:!?(_*]*[A-Za-z0-9/#&=%~@+$-]"
_FREE_MAIL = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a mail is held against: how it comes about, who writes, what has to be in it.

    `unsubscribe` are the beginnings of links by which a reader can leave. `words` are those
    that are not said to a tier or to `EVERYONE`, each with what to say instead. `clients` are
    caniemail's names. `weights` are octets of images that come along, by ``src``. `locale` is that
    of contacts whose own is not known.
    """

    kind: MailKind
    content_class: ContentClass
    sender: Sender
    unsubscribe: tuple[str, ...] = ()
    postal_address: str | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clients: tuple[str, ...] = ("gmail", "outlook", "apple-mail")
    weights: Mapping[str, int] = field(default_factory=dict)
    locale: str = "en"

    @property
    def may_be_left(self) -> bool:
        """Whether readers may refuse such mail: newsletters, and all that gives or asks.

        Mail about work in hand is none of it. Gmail and Yahoo ask for a visible way out of all that
        is promotional or comes again and again, laws for an address.
        """
        if self.kind is MailKind.NEWSLETTER:
            return True
        promotes = self.content_class in (ContentClass.GIVE, ContentClass.ASK)
        return promotes and self.kind is not MailKind.SERVICE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, and how often in this mail."""

    rule: Rule
    problem: Problem
    count: int = 1


class Linter:
    """Judges the mail that one template makes, under one policy."""

    def __init__(self, template: Template, policy: Policy) -> None:
        self.template = template
        self.policy = policy
        self.sources = _sources(template, template.files)
        self._own_sources = {
            version.file: _sources(version, version.own_files)
            for version in (template, *template.translations.values())
        }

    def of_template(self) -> list[Finding]:
        """Return what is wrong whoever the mail is for."""
        found = [Finding(RULES["L002"], problem) for problem in self.template.warnings]
        slugs = client_support.catalogue()
        for silence in (one for many in self.sources.silences.values() for one in many):
            word = silence.word
            if named(word) is None and word not in slugs:
                near = suggestion(word, [*RULES, *(rule.name for rule in RULES.values())])
                hit = Hit("L003", f'there is no rule "{word}" to ignore', hint=near)
                found.append(self._placed(hit, silence.place, 1))
        if self.template.format != ".txt":
            untrusted = self.sources.matches(_NO_LINK)
            found += [self._placed(Hit("L202"), place, 1) for place, _ in untrusted]
        found += [self._finding(hit, 1, self.template) for hit in _sender_hits(self.policy.sender)]
        return self._kept(found)

    def findings(self, mail: Rendered, contact: Contact) -> list[Finding]:
        """Return what is wrong with the mail to `contact`, each thing once, with its number."""
        version = self.template.version_for(contact, self.policy.locale)
        found = [Finding(RULES["L002"], problem) for problem in mail.warnings]
        counted: Counter[tuple[Rule, Problem]] = Counter()
        for hit in self._hits(mail, _Own(contact), version):
            finding = self._finding(hit, 1, version)
            counted[finding.rule, finding.problem] += hit.count
        found += [Finding(rule, problem, count) for (rule, problem), count in counted.items()]
        return self._kept(found)

    def _kept(self, findings: Iterable[Finding]) -> list[Finding]:
        kept = []
        for finding in findings:
            words = [finding.rule.id, finding.rule.name]
            # A feature's slug ends the address of its page.
            words += re.findall(r"/features/([\w-]+)/", finding.problem.hint or "")
            if not self.sources.silent(finding.problem.source, words):
                kept.append(finding)
        return kept

    def _finding(self, hit: Hit, count: int, version: Template) -> Finding:
        sources = self._own_sources[version.file]
        place: Place | None
        if hit.place:
            place = hit.place
        elif hit.source:
            place = Place(hit.source)
        elif hit.key:
            place = self._line(hit.key, version)
        else:
            place = sources.find(hit.needles) if hit.needles else None
        return self._placed(hit, place or Place(sources.main), count)

    def _line(self, key: str, version: Template) -> Place:
        """Return where front matter says `key`: the translation's own, or the original's."""
        for template in (version, self.template):
            if line := template.front_matter.lines.get(key):
                return Place(template.display(template.file), line, template.column(line))
        return Place(version.display(version.file))

    @staticmethod
    def _placed(hit: Hit, place: Place, count: int) -> Finding:
        rule = RULES[hit.rule]
        message, hint = hit.message or rule.sentence, hit.hint or rule.hint
        return Finding(rule, Problem(message, place.file, place.line, place.column, hint), count)

    def _hits(self, mail: Rendered, own: "_Own", version: Template) -> Iterator[Hit]:
        page = _page(mail.html) if mail.html else None
        yield from self._inbox(mail, page, own)
        words = own.without(_said(mail, page, version))
        yield from self._words(words, own.contact.tier)
        if self.policy.content_class is ContentClass.GIVE:
            yield from self._sales(words, mail)
        if self.policy.may_be_left:
            yield from self._imprint(mail, page)
        if mail.html is None or version.front_matter.text is not None:
            yield from self._links_in_text(mail.text)
        if mail.html is None or page is None:
            return
        yield from self._size(mail.html)
        yield from lint_page.hits(page, self.sources.holds)
        yield from lint_images.hits(page, self._own_sources[version.file], version.image_names)
        yield from self._clients(page)
        yield from self._weights(page, version)
        yield from self._text_links(mail.html, mail.text)

    def _inbox(
        self, mail: Rendered, page: "lxml_html.HtmlElement | None", own: "_Own"
    ) -> Iterator[Hit]:
        if is_like_an_answer(mail.subject):
            yield Hit("L305", key="subject")
        if own.typical(mail.subject) > LONG_SUBJECT:
            yield Hit("L404", key="subject")
        if page is None:
            return
        least, most = PREHEADER
        # What the page hides in front of its words counts: an mj-preview may say something else.
        preheader = lint_page.preview_of(page) or mail.preheader
        if preheader is None:
            yield Hit("L401", key="subject")
            return
        is_ours = _squeezed(preheader) == _squeezed(mail.preheader or "")
        key, needles = ("preheader", ()) if is_ours else (None, (preheader,))
        if (size := own.typical(preheader)) < least:
            yield Hit("L402", needles=needles, key=key)
        elif size > most:
            yield Hit("L403", needles=needles, key=key)

    def _words(self, text: str, tier: str) -> Iterator[Hit]:
        for word, instead in avoided(self.policy.words, tier).items():
            pattern = r"\s+".join(map(re.escape, word.split()))
            found = re.findall(rf"(?<!\w){pattern}(?:s|['\u2019]s)?(?!\w)", text, re.IGNORECASE)
            if not found:
                continue
            whose = [name for name, words in self.policy.words.items() if word in words]
            tiers = "tiers" if len(whose) > 1 else "tier"
            message = f'"{word}" is no word for the {tiers} {" and ".join(whose)}'
            if EVERYONE in whose:
                message = f'"{word}" is no word for anybody'
            hint = f'write "{instead}"' if instead else "leave it out, or say what is meant"
            yield Hit("L308", message, tuple(dict.fromkeys(found)), hint=hint, count=len(found))

    def _sales(self, text: str, mail: Rendered) -> Iterator[Hit]:
        for price in dict.fromkeys(found[0] for found in PRICE.finditer(text)):
            yield Hit("L307", f"the mail is declared `give`, and names a price: {price}", (price,))
        links = links_of(mail.html) if mail.html else LINK.findall(mail.text)
        for link in dict.fromkeys(link for link in links if SHOP.match(link)):
            shown = link if self.sources.holds(link) else f"at {host_of(link)}"
            yield Hit("L307", f"the mail is declared `give`, and links to a shop: {shown}", (link,))

    def _imprint(self, mail: Rendered, page: "lxml_html.HtmlElement | None") -> Iterator[Hit]:
        policy = self.policy
        unset = None if policy.unsubscribe else _NO_WAY_OUT
        links = links_of(mail.html) if mail.html else []
        if page is not None and not any(link.startswith(policy.unsubscribe) for link in links):
            yield Hit("L301", hint=unset)
        if not any(start in mail.text for start in policy.unsubscribe):
            yield Hit("L302", key="text", hint=unset)
        if not policy.postal_address:
            yield Hit("L303", source="outreach.toml")
            return
        wanted = _squeezed(policy.postal_address)
        seen = _squeezed("".join(one.text for one in pieces(page))) if page is not None else None
        missing = [
            name
            for name, text in (("HTML", seen), ("text", _squeezed(mail.text)))
            if text is not None and wanted not in text
        ]
        if missing:
            told = " and not in the ".join(missing)
            key = "text" if missing == ["text"] else None
            yield Hit("L304", f"the postal address is not in the {told}", key=key)

    def _size(self, html: str) -> Iterator[Hit]:
        size = len(html.encode())
        if size > GMAIL_CLIP:
            yield Hit("L011")
            ends = [html.find(start.replace("&", "&amp;")) for start in self.policy.unsubscribe]
            first = min((end for end in ends if end >= 0), default=0)
            if len(html[:first].encode()) > GMAIL_CLIP:
                yield Hit("L013", needles=("links.unsubscribe",))
        elif size > SIZE_WARNING:
            yield Hit("L012")

    def _clients(self, page: "lxml_html.HtmlElement") -> Iterator[Hit]:
        known, usual = client_support.catalogue(), client_support.baseline()
        for slug, words in client_support.features_of(page).items():
            feature = known.get(slug)
            if feature is None or slug in usual or slug in _TOLD_ELSEWHERE:
                continue
            hint = f"tested on {feature.tested}: {feature.url}"
            needles = _css_needles(words)
            if without := client_support.lacking(feature.unsupported, self.policy.clients):
                rule = "L603" if feature.adorns else "L601"
                yield Hit(rule, f"{feature.title}: does not work in {without}", needles, hint=hint)
            elif not feature.adorns and (
                partly := client_support.lacking(feature.partial, self.policy.clients)
            ):
                message = f"{feature.title}: works only in part in {partly}"
                yield Hit("L602", message, needles, hint=hint)

    def _weights(self, page: "lxml_html.HtmlElement", version: Template) -> Iterator[Hit]:
        for source in dict.fromkeys(image.get("src", "") for image in page.iter("img")):
            weight = self.policy.weights.get(source, 0)
            if weight > HEAVY_IMAGE:
                needles = (source, *version.image_names(source.removeprefix("cid:")))
                yield Hit("L504", f"an image has {weight / 1_000_000:.1f} MB", needles)

    def _links_in_text(self, text: str) -> Iterator[Hit]:
        for found in LINK.finditer(text):
            link = found[0]
            if link[:5].lower() == "http:":
                told = link if self.sources.holds(link) else f"one at {host_of(link)}"
                yield Hit("L203", f"a link is not encrypted: {told}", (link,))
        for found in FORBIDDEN.finditer(text):
            message = f"a link does what no mail program allows: {found[0][:60]}"
            yield Hit("L202", message, (found[0],))

    def _text_links(self, html: str, text: str) -> Iterator[Hit]:
        flat = _alike(text)
        for link in dict.fromkeys(links_of(html)):
            if link.startswith("#") or _whole(link).search(flat):
                continue
            shown = link if self.sources.holds(link) else f"one at {host_of(link)}"
            yield Hit("L207", f"the text part lacks a link that the HTML has: {shown}", key="text")


class _Own:
    """What a contact brings into a mail: values that no template answers for."""

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        values = [contact.name, contact.first_name, contact.last_name, contact.company]
        values += [contact.job_title, contact.relies_on, contact.email]
        values += [value for value in contact.attributes.values() if isinstance(value, str)]
        texts = {" ".join(value.split()) for value in values if value}
        self.values = sorted((text for text in texts if len(text) > 2), key=len, reverse=True)

    def without(self, text: str) -> str:
        """Return `text` with the contact's own values taken out."""
        flat = " ".join(text.split())
        for value in self.values:
            flat = flat.replace(value, "…")
        return flat

    def typical(self, text: str) -> int:
        """Return how many characters `text` would have with values of usual length."""
        size = len(text)
        for value in self.values:
            if len(value) > _TYPICAL_VALUE and value in text:
                size -= text.count(value) * (len(value) - _TYPICAL_VALUE)
                text = text.replace(value, "")
        return size


def _sources(template: Template, files: Mapping[str, str]) -> Sources:
    """Return `files` as a person names them, that of `template` first."""
    ordered = {template.file: files[template.file], **files}
    return Sources({template.display(name): text for name, text in ordered.items()})


def _said(mail: Rendered, page: "lxml_html.HtmlElement | None", version: Template) -> str:
    """Return all words of a mail, and no addresses; a text by hand does not stand for the HTML."""
    parts = [mail.subject, mail.preheader or "", mail.text]
    if page is not None:
        preview = lint_page.preview_of(page) or ""
        parts += [preview] if _squeezed(preview) != _squeezed(mail.preheader or "") else []
    if mail.html and version.front_matter.text is not None:
        parts.append(html_to_text(mail.html))
    return ADDRESS.sub("…", "\n".join(parts))


def _sender_hits(sender: Sender) -> Iterator[Hit]:
    name, domain = sender.name, sender.address.rpartition("@")[2].lower()
    wrong = []
    if is_like_an_answer(name):
        wrong.append("begins like an answer")
    if "@" in name or "://" in name:
        wrong.append("holds an address")
    if any(category(char) in ("So", "Cs") or char in "✓✔☑★" for char in name):
        wrong.append("holds a symbol that looks like a badge")
    if re.search(r"[!?]|[\[({]\d+[\])}]|[$€£%]", name):
        wrong.append("holds what belongs into a subject")
    if any(domain_ in name.lower() for domain_ in _FREE_MAIL):
        wrong.append("names Gmail")
    source = "outreach.toml"
    for reason in wrong:
        yield Hit("L306", f'the sender\'s name "{name}" {reason}', source=source)
    if domain in _FREE_MAIL:
        hint = "write from a domain of your own; receivers refuse mail that borrows Gmail's"
        yield Hit("L306", f"the sender's address is at {domain}", source=source, hint=hint)


def _css_needles(words: str) -> tuple[str, ...]:
    """Return the ways in which CSS or markup may be written in a source."""
    name, colon, value = words.partition(":")
    if not colon or words.startswith((":", "http", "data", "mailto", "#")):
        return (words,)
    return (f"{name}: {value}", words, f'{name}="{value}"', f"{name}:", f'{name}="')


def _alike(text: str) -> str:
    """Return `text` with the links in it as `_whole` looks for them."""
    return _HOST.sub(lambda found: found[0].lower(), unquote(text))


def _whole(link: str) -> re.Pattern[str]:
    """Return what finds a link in a text, and none that it is only a part of."""
    target = _alike(link).removeprefix("mailto:").removeprefix("tel:")
    host = _HOST.match(target)
    # Without a path it is the same with a slash (RFC 3986, 6.2.3).
    root = host is not None and target[host.end() :] in ("", "/")
    pattern = re.escape(target.removesuffix("/")) + "/?" if root else re.escape(target)
    return re.compile(rf"(?<![A-Za-z0-9/.@+%&=?#~-]){pattern}(?!{_GOES_ON})")


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _page(html: str) -> "lxml_html.HtmlElement":
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    return lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
