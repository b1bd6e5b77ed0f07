"""Mail that is made and judged at once, for the tests of what `outreach check` finds."""

from outreach.domain.contact import Contact
from outreach.domain.mailing import ContentClass, MailKind, Sender
from outreach.rendering.lint import Finding, Linter, Policy
from tests.rendering.mail import SCENE, contact, template

PREHEADER = "Forty characters at the least, and no more than inboxes show."
PAGE = """\
<mjml lang="en">
  <mj-head><mj-title>Title</mj-title></mj-head>
  <mj-body><mj-section><mj-column>
  <mj-text font-size="16px">Words enough to be a letter, because a mail of pictures alone is another
  matter altogether and has a rule of its own.</mj-text>
{body}
  </mj-column></mj-section></mj-body>
</mjml>
"""
FIRST = 10
"""The line on which the body of `PAGE` begins."""


def policy(**values: object) -> Policy:
    given_: dict[str, object] = {
        "kind": MailKind.SERVICE,
        "content_class": ContentClass.SERVICE,
        "sender": Sender("Anna Weber", "anna@studio.example"),
        "unsubscribe": ("https://studio.example/u/",),
        "postal_address": "1 Main Street",
    }
    return Policy(**given_ | values)  # type: ignore[arg-type]


def lint(
    body: str,
    *,
    head: str = f"subject: Hello\npreheader: {PREHEADER}",
    suffix: str = "mjml",
    person: Contact | None = None,
    whole: bool = False,
    files: dict[str, str] | None = None,
    **values: object,
) -> list[Finding]:
    source = body if whole or suffix != "mjml" else PAGE.format(body=body)
    made = template(source, suffix=suffix, head=head, files=files)
    person = person or contact(first_name="Maija")
    linter = Linter(made, policy(**values))
    mail = made.version_for(person, "en").render(person, SCENE)
    return linter.of_template() + linter.findings(mail, person)


def rules(*arguments: object, **options: object) -> list[str]:
    return sorted({found.rule.id for found in lint(*arguments, **options)})  # type: ignore[arg-type]


def at(body: str, rule: str, **options: object) -> list[tuple[int | None, int | None]]:
    """Where a rule finds something, in lines of the body."""
    found = [one.problem for one in lint(body, **options) if one.rule.id == rule]  # type: ignore[arg-type]
    return [(one.line - FIRST + 1 if one.line else None, one.column) for one in found]


TEXT = '<mj-text font-size="16px">{}</mj-text>'


def text(inside: str) -> str:
    return TEXT.format(inside)
