"""`outreach dkim`: the keys that sign mail, and the record that lets receivers verify it."""

from typing import TYPE_CHECKING

import click

from outreach.cli.output import Invocation, json_option, pass_invocation, printable, table
from outreach.errors import ConfigError

if TYPE_CHECKING:
    from outreach.services.signing import Check


@click.group()
def dkim() -> None:
    """Make the keys that sign mail, and check them.

    A signature shows receivers that mail is yours and arrived as you sent it. Gmail and Yahoo take
    no newsletters without one, and offer to unsubscribe in one click only where it is good.
    """


@dkim.command()
@click.option(
    "--domain", metavar="DOMAIN", help="The domain that signs; the sender's if not given."
)
@click.option(
    "--selector",
    metavar="NAME",
    help="The key's name in the DNS; the month, such as s202612, if not given.",
)
@click.option(
    "--algorithm",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="All receivers know RSA; Ed25519 only ever stands beside it.",
)
@json_option
@pass_invocation
def new(invocation: Invocation, domain: str | None, selector: str | None, algorithm: str) -> None:
    """Make a key, and print its DNS record and what to put into outreach.toml.

    The key is written into keys/ in the workspace, readable by you alone. Nothing signs with it
    before it stands in outreach.toml; publish the record first.

    \b
    Examples:
      outreach dkim new
      outreach dkim new --domain studio.example --selector s2027
      outreach dkim new --algorithm ed25519
    """
    from outreach.config.settings import listed
    from outreach.domain.address import parse_address
    from outreach.services import signing

    app = invocation.app
    settings = app.settings
    chosen = domain or settings.dkim_domain
    domain = chosen or parse_address(settings.sender_called(None).address).domain
    domain = parse_address(f"postmaster@{domain}").domain  # as it stands in the DNS
    if selector is None:
        selector = f"s{app.clock():%Y%m}" + ("" if algorithm == "rsa" else "e")
    path, key = signing.new_key(app.root, domain=domain, selector=selector, algorithm=algorithm)
    name = str(path.relative_to(app.root))
    files, selectors = listed(settings.dkim_key), listed(settings.dkim_selector)
    beside = algorithm == "ed25519" and len(files) == 1
    setting = {
        "dkim_key": ", ".join([*files, name] if beside else [name]),
        "dkim_selector": ", ".join([*selectors, selector] if beside else [selector]),
    }
    if chosen:
        setting["dkim_domain"] = domain

    def human() -> str:
        lines = [f'{word} = "{value}"' for word, value in setting.items()]
        return "\n".join(
            [
                f"Made {name}.",
                "",
                f"1. Publish this record in the DNS of {domain}. As a line of a zone file:",
                "",
                key.dns_record,
                "",
                "   Where a form asks for its parts: type TXT, name",
                f"   {key.dns_name}",
                "   and this value in one piece:",
                "",
                key.dns_value,
                "",
                "2. Then put this into outreach.toml, above its first [table]:",
                "",
                *lines,
                "",
                "3. See that it works: outreach dkim check",
            ]
        )

    invocation.console.result(
        {
            "file": name,
            "algorithm": key.algorithm,
            "dns": {"name": key.dns_name, "value": key.dns_value, "zone": key.dns_record},
            "settings": setting,
        },
        human,
    )


@dkim.command()
@click.option(
    "--template", metavar="TEMPLATE", help="Make a mail of it; the newsletter if not given."
)
@json_option
@pass_invocation
def check(invocation: Invocation, template: str | None) -> int:
    """Make a message as it would be sent, and verify its signatures.

    They are verified with the public keys that belong to the key files: whether the DNS has the
    same ones is not looked up. Nothing is sent.

    \b
    Examples:
      outreach dkim check
      outreach dkim check --template check-in
    """
    from outreach.services import signing
    from outreach.services.checking import nasty_contacts

    app = invocation.app
    if not app.settings.dkim_key:
        raise ConfigError(
            "mail is not signed: no dkim_key is set",
            source="outreach.toml",
            hint="outreach dkim new makes a key and says what to put there",
        )
    now = app.clock()
    name = template or app.templates.current(app.settings.newsletter, now)
    composer = app.composer(app.templates.load(name), trial=True)
    reader = nasty_contacts(now, list(app.tiers))[1]
    found = signing.check(composer, app.signing(composer.sender), reader, now)
    invocation.console.result(
        {
            "template": found.template,
            "sender_domain": found.sender_domain,
            "signatures": [
                {
                    "domain": signature.domain,
                    "selector": signature.selector,
                    "algorithm": signature.algorithm,
                    "dns_name": signature.dns_name,
                    "signed": signature.signed,
                    "fault": signature.fault,
                }
                for signature in found.signatures
            ],
            "faults": found.faults,
            "warnings": found.warnings,
        },
        lambda: _told(found),
    )
    return ConfigError.exit_code if found.faults else 0


def _told(found: "Check") -> str:
    rows = [
        (signature.algorithm, signature.dns_name, signature.fault or "verifies")
        for signature in found.signatures
    ]
    lines = [table(("algorithm", "record", "a message made now"), rows), ""]
    for problems, title, colour in (
        (found.faults, "error", "red"),
        (found.warnings, "remark", "yellow"),
    ):
        lines += [
            click.style(f"{title}:", fg=colour, bold=True) + f" {printable(str(problem))}"
            for problem in problems
        ]
    if not found.faults:
        lines.append(f"Mail of {found.template} from {found.sender_domain} is signed and verifies.")
    return "\n".join(lines)
