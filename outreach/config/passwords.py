"""Passwords and other secrets: asked for when one is needed, from the environment or the keyring.

Nothing else ever holds them, and they stand in no file of the workspace.
"""

from collections.abc import Mapping, Sequence

from outreach.errors import ConfigError
from outreach.inbound.declared import Mailbox

IMAP_PASSWORD = "OUTREACH_IMAP_PASSWORD_"  # noqa: S105 - the variable's name, not a password
"""Followed by a mailbox's name in capitals: the variable that holds its password."""
WEBHOOK_SECRET = "OUTREACH_WEBHOOK_SECRET_"  # noqa: S105 - the variable's name
"""Followed by a webhook's name in capitals: the variable that holds what proves its origin."""


def find_password(user: str, host: str, environ: Mapping[str, str]) -> str | None:
    """Return the password for `user` at mail server `host`, from the environment or the keyring.

    The keyring entry is that of the service ``outreach:HOST``. A machine without a keyring is no
    error: the answer is then None.
    """
    return environ.get("OUTREACH_SMTP_PASSWORD") or _from_keyring(user, host)


def find_mailbox_password(
    mailbox: Mailbox, user: str, host: str, environ: Mapping[str, str]
) -> str | None:
    """Return the password or token for a mailbox.

    It comes from the environment, from the mailbox's own command, or from the keyring. Raises
    `ConfigError` where the command fails; what it printed is in no message.
    """
    told = environ.get(IMAP_PASSWORD + mailbox.name.upper())
    if told or not mailbox.password_command:
        return told or _from_keyring(user, host)
    return _printed(mailbox.password_command, f"mailboxes.{mailbox.name}")


def find_webhook_secret(name: str, environ: Mapping[str, str]) -> str | None:
    """Return what proves that a request to the webhook `name` comes from its provider, or None.

    The keyring entry is that of the service ``outreach:webhook`` with the webhook's name as user.
    """
    return environ.get(WEBHOOK_SECRET + name.upper()) or _from_keyring(name, "webhook")


def _printed(command: Sequence[str], source: str) -> str:
    """Return the first line that a program prints."""
    import subprocess  # noqa: PLC0415 - few need it

    try:
        done = subprocess.run(  # noqa: S603 - the person's own command, and no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        said = error.strerror if isinstance(error, OSError) else "it took over a minute"
        raise ConfigError(
            f"password_command: {command[0]} could not be run ({said})",
            source=source,
            hint="run it by hand to see what is the matter",
        ) from None
    first = done.stdout.decode("utf-8", "replace").partition("\n")[0].strip()
    if done.returncode or not first:
        raise ConfigError(
            f"password_command: {command[0]} ended with {done.returncode} and "
            + ("printed nothing" if not first else "may have printed something else"),
            source=source,
            hint="run it by hand to see what is the matter",
        )
    return first


def _from_keyring(user: str, host: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to import
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    try:
        found: str | None = keyring.get_password(f"outreach:{host}", user)
    except KeyringError:
        return None
    return found


def store_password(user: str, host: str, password: str) -> None:
    """Put the password for `user` at mail server `host` into the keyring."""
    problem = ConfigError(
        "there is no keyring on this machine that could keep a password",
        hint="set OUTREACH_SMTP_PASSWORD instead, or pip install 'outreach-engine[keyring]'",
    )
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to import
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise problem from error
    try:
        keyring.set_password(f"outreach:{host}", user, password)
    except KeyringError as error:
        raise problem from error
