"""Small makers for the tests of templates."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from outreach.domain.contact import Contact
from outreach.domain.mailing import Sender
from outreach.rendering.scene import ContactLinks, Scene
from outreach.rendering.templates import Rendered, Template, TemplateSet

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SCENE = Scene(
    sender=Sender("Anna Weber", "anna@studio.example"),
    now=NOW,
    links=ContactLinks("https://studio.example/u/token", "https://studio.example/p/token"),
    company="Studio & Co",
    postal_address="1 Main Street",
)
LAYOUT = """\
<mjml lang="{{ language }}" dir="{{ direction }}">
  <mj-head><mj-title>{{ subject }}</mj-title></mj-head>
  <mj-body>
{{ content }}
    <mj-section><mj-column><mj-text>{{ company }}
      <a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text></mj-column></mj-section>
  </mj-body>
</mjml>
"""


def contact(**values: Any) -> Contact:
    """A contact with what is given, and what every contact has."""
    given: dict[str, Any] = {
        "id": 7,
        "email": "ann@example.com",
        "tier": "client",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Contact(**given | values)


def template(
    body: str,
    *,
    suffix: str = "txt",
    head: str = "subject: Hello",
    files: Mapping[str, str] | None = None,
    attributes: tuple[str, ...] | None = None,
) -> Template:
    """A template called ``mail`` with this body. Its first line is line 4 of the file."""
    source = f"---\n{head}\n---\n{body}"
    everything = {f"mail.{suffix}": source, "layouts/letter.mjml": LAYOUT, **(files or {})}
    return TemplateSet(everything, attributes=attributes).load("mail")


def render(body: str, person: Contact | None = None, **options: Any) -> Rendered:
    """What a template with this body gives."""
    return template(body, **options).render(person or contact(), SCENE)


def text(body: str, person: Contact | None = None, **options: Any) -> str:
    """The text that a plain-text template with this body gives, without its last line break."""
    return render(body, person, **options).text.removesuffix("\n")
