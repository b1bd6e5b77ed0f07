"""The keys that sign mail (DKIM): made, loaded, and checked before anyone relies on them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from outreach.domain.address import parse_address
from outreach.domain.contact import Contact
from outreach.errors import ConfigError, Problem, RefusedError, UnavailableError
from outreach.rendering.dkim import (
    Signature,
    SigningKey,
    generate_key,
    load_key,
    verify_message,
)
from outreach.services.composing import Composer

FOLDER = "keys"
"""Where keys lie in a workspace; nothing in it belongs under version control."""
ALGORITHMS = ("rsa", "ed25519")
#: Without both in the signature, no receiver may offer to unsubscribe in one click (RFC 8058 4).
ONE_CLICK = ("List-Unsubscribe", "List-Unsubscribe-Post")


@dataclass(frozen=True, slots=True)
class Signing:
    """Keys that sign, and what is not right about their files but does not stop them."""

    keys: tuple[SigningKey, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What a message made now shows. `faults` say what a receiver would find wrong."""

    template: str
    sender_domain: str
    signatures: tuple[Signature, ...]
    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def new_key(root: Path, *, domain: str, selector: str, algorithm: str) -> tuple[Path, SigningKey]:
    """Make a key and write it into the workspace `root`, for its owner's eyes only.

    Raises `ConfigError` for a name that cannot stand in the DNS, and `RefusedError` where the file
    exists: a key in use is never overwritten.
    """
    pem = generate_key(algorithm)
    key = load_key(pem, domain=domain, selector=selector, source="dkim new")
    folder = root / FOLDER
    path = folder / f"{selector}.{domain}.pem"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ignored = folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(pem)
    except FileExistsError:
        raise RefusedError(
            f"{FOLDER}/{path.name} exists already",
            hint="give the new key another name with --selector, and change to it when its "
            "record is published",
        ) from None
    except OSError as error:
        raise UnavailableError(
            f"the key cannot be written ({error.strerror})", source=str(path)
        ) from error
    return path, key


def load_keys(root: Path, named: Sequence[tuple[str, str]], domain: str) -> Signing:
    """Return the keys in files, each `named` with its selector, that sign for `domain`.

    Files are relative to `root`. Raises `ConfigError` with everything that is wrong with them.
    """
    keys: list[SigningKey] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for name, selector in named:
        path = root / name
        try:
            pem = path.read_text(encoding="ascii")
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            hint = "`outreach dkim new` makes a key; dkim_key in outreach.toml names its file"
            problems.append(Problem(f"the DKIM key cannot be read: {reason}", name, hint=hint))
            continue
        if mode & 0o077:
            warnings.append(
                Problem(
                    f"other people on this machine may open this key (mode {mode & 0o777:o})",
                    name,
                    hint=f"chmod 600 {path}",
                )
            )
        try:
            keys.append(load_key(pem, domain=domain, selector=selector, source=name))
        except ConfigError as error:
            problems += error.problems
    if not problems and keys and not any(key.algorithm == "rsa-sha256" for key in keys):
        problems.append(
            Problem(
                "only an Ed25519 key signs, which most receivers cannot verify",
                named[0][0],
                hint="set an RSA key beside it: outreach dkim new",
            )
        )
    if problems:
        raise ConfigError(problems)
    return Signing(tuple(keys), tuple(warnings))


def check(composer: Composer, signing: Signing, reader: Contact, now: datetime) -> Check:
    """Make a message to `reader` as it would be sent, and verify it as a receiver would.

    The public keys are those that belong to `signing`, not what the DNS has.
    """
    composed = composer.compose(reader, delivery_id=0, date=now)
    records = {key.dns_name: key.dns_value for key in signing.keys}
    signatures = verify_message(composed.message, records.get)
    sender = parse_address(composer.sender.address).domain
    faults = [
        Problem(f"{signature.dns_name}: {signature.fault}")
        for signature in signatures
        if signature.fault
    ]
    faults += [
        Problem(
            f"mail from {sender} is signed by {domain}, which DMARC does not take for it",
            hint=f"set dkim_domain to {sender} or the domain above it",
        )
        for domain in dict.fromkeys(signature.domain for signature in signatures)
        if not _aligned(domain, sender)
    ]
    head = composed.message.partition(b"\r\n\r\n")[0].lower()
    faults += [
        Problem(f"{header} is not covered by the signature of {signature.domain}")
        for signature in signatures
        for header in ("From", "Subject", "To", "Date", *ONE_CLICK)
        if f"\n{header}:".lower().encode() in head and not signature.covers(header)
    ]
    return Check(composer.template.name, sender, signatures, tuple(faults), signing.warnings)


def _aligned(signer: str, sender: str) -> bool:
    """Whether one domain is the other or above it: DMARC's relaxed alignment, as far as it shows.

    Which domain is the organisation's is not looked up.
    """
    return signer == sender or sender.endswith(f".{signer}") or signer.endswith(f".{sender}")
