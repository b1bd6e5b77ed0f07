"""Messages are read by three parsers as they were meant, whatever stands in a contact's record.

The standard library, `fast-mail-parser` (Rust) and, where Node and npm's `postal-mime` are present,
that one too; it is looked for as `tests.rendering.reference` looks for MJML. ``make parsers`` does
for 100,000 messages what every run does for a few.
"""

import email
import email.policy
import json
import os
import random
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from functools import cache
from pathlib import Path

import fast_mail_parser
import pytest

from outreach.errors import OutreachError
from outreach.services.composing import Composed, Composer, shown_name
from tests.rendering.mail import contact, template
from tests.rendering.reference import ROOT
from tests.rendering.test_compiled import (
    ARTICLES,
    ATTRIBUTES,
    FIRM,
    INLINE,
    NAME,
    NAMES,
    NOW,
    TIERS,
    composer,
    page,
)

MANY = int(os.environ.get("OUTREACH_MESSAGES", "150"))
ALPHABET = "abcXYZ 019.,:;=?_-+()<>@\"'\\/&%äßéøИש中🎄\u202e\u200d\u0301\u00a0\u00ad\r\n\t\x00"


def makers() -> list[Composer]:
    """Composers of a newsletter, of a letter with a text of its own, and of plain text."""
    subject = "subject: '{{ contact.plan }}: für {{ contact.company | default(\"alle\") }}'"
    letter = template(
        f"# For {NAME}\n\nHow is **{FIRM}**?\n\n[Read on](https://x.example/?c="
        "{{ contact.plan | urlencode }}) or [leave]({{ links.unsubscribe }}).\n",
        suffix="md",
        head=f"{subject}\ntext: |\n  Hello {NAME},\n  {FIRM}\n  {{{{ links.unsubscribe }}}}",
        attributes=ATTRIBUTES,
    )
    plain = template(
        f"Hello {NAME},\n\n{FIRM}\n.{{{{ contact.plan }}}}\n{{{{ links.unsubscribe }}}}\n",
        head=subject,
        attributes=ATTRIBUTES,
    )
    rich = page(
        *INLINE[:6], INLINE[8], "{{ contact.plan | upper }}", head=f"shop2: x\n{ARTICLES[:0]}"
    )
    return [composer(made) for made in (rich, letter, plain)]


def messages(count: int) -> Iterator[tuple[Composed, str | None]]:
    """Yield so many messages, with the name each was meant to be addressed to."""
    chance = random.Random(count)
    made_by = makers()
    number = refused = 0
    while number < count:
        usual = ["Ada", "Mary Ann", "Jürgen", "O'Brien & Sons", f"Reader {number}", f"x{number}.y"]
        odd = ["".join(chance.choices(ALPHABET, k=chance.randint(1, 90))), chance.choice(NAMES)]
        pick = lambda: chance.choice(usual * 3 + odd) or None  # noqa: B023, E731
        person = contact(
            id=number + refused + 1,
            email=f"reader{number}.a'b+{number % 7}@mail{number % 97}.example",
            tier=chance.choice(list(TIERS)),
            first_name=pick(),
            last_name=pick(),
            company=pick(),
            locale=chance.choice([None, "de", "ar", "ja"]),
            attributes={"plan": pick() or "basic", "seats": number, "items": ("a",)},
        )
        try:
            when = NOW + timedelta(seconds=number)
            composed = made_by[number % 3].compose(person, delivery_id=number + 1, date=when)
        except OutreachError:
            refused += 1  # clearly: nothing is sent of what no mail can carry
            assert refused < count + 100
            continue
        number += 1
        yield composed, shown_name(person)


def unbroken(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")


def wanted(composed: Composed) -> tuple[str, str, str]:
    rendered = composed.rendered
    return rendered.subject, unbroken(rendered.text), unbroken(rendered.html or "")


def read_by_python(data: bytes, composed: Composed, name: str | None) -> None:
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    assert not parsed.defects
    assert not any(part.defects for part in parts)
    (to,) = parsed["To"].addresses
    assert to.addr_spec == composed.recipient
    # The new parser puts a space between two encoded-words of a phrase, where RFC 2047 6.2 has
    # none, and takes one of two away; the older functions read them right.
    phrase, _ = parseaddr(str(email.message_from_bytes(data)["To"]).replace("\r\n", ""))
    assert str(make_header(decode_header(phrase))) == (name or "").strip(" ")
    assert parsed["Message-ID"] == composed.message_id
    kinds = {part.get_content_type(): unbroken(part.get_content()) for part in parts}
    found = kinds.get("text/plain"), kinds.get("text/html", "")
    assert (parsed["Subject"], *found) == wanted(composed)


def read_by_rust(data: bytes, composed: Composed) -> None:
    parsed = fast_mail_parser.parse_email(data)
    assert not parsed.warnings
    html = "".join(parsed.text_html)
    assert (parsed.subject, unbroken(parsed.text_plain[0]), unbroken(html)) == wanted(composed)
    (link,) = parsed.headers["List-Unsubscribe"]
    assert link.startswith("<https://m.studio.example/u/")
    assert parsed.headers["Message-ID"] == [composed.message_id]


@cache
def node_folder() -> Path | None:
    given = os.environ.get("OUTREACH_MJML_NODE")
    for folder in [Path(given)] if given else [ROOT, ROOT / "tests"]:
        if shutil.which("node") and (folder / "node_modules" / "postal-mime").is_dir():
            return folder
    return None


PROGRAM = """
import PostalMime from 'postal-mime'
import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: process.stdin })) {
  const mail = await PostalMime.parse(Buffer.from(line, 'base64'))
  const header = (name) => mail.headers.filter((one) => one.key === name).map((one) => one.value)
  console.log(JSON.stringify({
    subject: mail.subject, text: mail.text, html: mail.html ?? '', id: mail.messageId,
    to: mail.to.map((one) => one.address), leave: header('list-unsubscribe'),
  }))
}
"""


def read_by_javascript(made: list[tuple[bytes, Composed]]) -> None:
    lines = "\n".join(b64encode(data).decode() for data, _ in made)
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PROGRAM],
        cwd=node_folder(),
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    for (_, composed), found in zip(made, answers, strict=True):
        read = found["subject"], unbroken(found["text"]), unbroken(found["html"])
        assert read == wanted(composed)
        assert found["id"] == composed.message_id
        assert found["to"] == [composed.recipient]
        assert len(found["leave"]) == 1


@pytest.mark.timeout(0 if MANY > 1000 else 120)
def test_every_message_is_read_as_it_was_meant() -> None:
    batch: list[tuple[bytes, Composed]] = []
    for composed, name in messages(MANY):
        data = composed.message
        read_by_python(data, composed, name)
        read_by_rust(data, composed)
        if node_folder() is not None:
            batch.append((data, composed))
            if len(batch) == 500:
                read_by_javascript(batch)
                batch = []
    if batch:
        read_by_javascript(batch)
