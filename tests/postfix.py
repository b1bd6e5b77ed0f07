"""A throw-away mail server: Debian's Postfix with a configuration and a queue of its own.

It listens on a port of loopback, delivers to mailboxes below its folder, and sends no mail to any
other machine: a domain goes where the test says, and all others bounce.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

DOMAIN = "studio.example"

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}/log
myhostname = mta.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_tls_security_level = none
smtp_dns_support_level = disabled
smtp_host_lookup = native
biff = no

# Whoever is not here bounces, instead of being refused at once.
smtpd_reject_unlisted_recipient = no
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_mailbox_base = {folder}/mail
virtual_mailbox_limit = 1000000
message_size_limit = 1000000
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
recipient_delimiter = +
transport_maps = texthash:{folder}/transports

# What is put off is given up within seconds, and somebody is told of the delay before. That goes
# for notices as well: Postfix has no more patience with them than with other mail.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
maximal_queue_lifetime = {lifetime}
bounce_queue_lifetime = {lifetime}
delay_warning_time = 2s
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def find_program() -> str | None:
    """Return where Postfix is, or None where it is not, or cannot run because we are not root."""
    if os.getuid() != 0:
        return None
    return shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Postfix:
    """One running server. Mail to ``NAME@studio.example`` lies in the Maildir ``mail/NAME``.

    `transports` says where the mail of other domains, or of one address, goes, in Postfix's words,
    and `lifetime` for how long it tries, such as ``6s``.
    """

    def __init__(
        self,
        program: str,
        mailboxes: Mapping[str, str],
        transports: Mapping[str, str],
        lifetime: str = "6s",
    ) -> None:
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="outreach-mta-", dir="/tmp"))
        self.folder.chmod(0o755)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        for name in ("queue", "data", "mail", "log", "etc"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "data", postfix.pw_uid, postfix.pw_gid)
        os.chown(self.folder / "mail", nobody.pw_uid, nobody.pw_gid)
        self._map("mailboxes", {f"{name}@{DOMAIN}": place for name, place in mailboxes.items()})
        usual = {DOMAIN: "virtual:", "*": "error:5.4.4 no mail leaves this machine"}
        self._map("transports", {**usual, **transports})
        config = self.folder / "etc"
        ids = {"uid": nobody.pw_uid, "gid": nobody.pw_gid}
        (config / "main.cf").write_text(
            _MAIN.format(folder=self.folder, domain=DOMAIN, lifetime=lifetime, **ids)
        )
        (config / "master.cf").write_text(_MASTER.format(port=self.port))
        self._server = subprocess.Popen(
            [program, "-c", str(config), "start-fg"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            self._await()
        except RuntimeError:
            self.stop()
            raise

    @property
    def log(self) -> str:
        """What it says that it did."""
        file = self.folder / "log" / "mail.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def maildir(self, name: str) -> Path:
        """Return the Maildir of one of the mailboxes."""
        return self.folder / "mail" / name

    def give_up_after(self, lifetime: str) -> None:
        """Try from now on for so long, those mails too that wait already."""
        config = self.folder / "etc" / "main.cf"
        line = re.compile("(queue_lifetime) = .*")
        config.write_text(line.sub(rf"\1 = {lifetime}", config.read_text()))
        subprocess.run(
            [self.program, "-c", str(self.folder / "etc"), "reload"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=30,
        )

    def fill(self, name: str) -> None:
        """Make the mbox ``mail/NAME`` as large as a mailbox may be."""
        nobody = pwd.getpwnam("nobody")
        file = self.folder / "mail" / name
        file.write_bytes(b"From x Tue Dec  1 09:00:00 2026\n\n" + b"x\n" * 499_970)
        os.chown(file, nobody.pw_uid, nobody.pw_gid)

    def _map(self, name: str, pairs: Mapping[str, str]) -> None:
        text = "".join(f"{key} {value}\n" for key, value in pairs.items())
        (self.folder / name).write_text(text)

    def _await(self) -> None:
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                    if client.recv(3) == b"220":
                        return
            except OSError:
                pass
            if self._server.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"Postfix did not start: {self.log}")

    def stop(self) -> None:
        """End the server with its daemons, and remove all it had."""
        if self._server.poll() is None:
            subprocess.run(
                [self.program, "-c", str(self.folder / "etc"), "stop"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=30,
            )
        self._server.communicate(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(0 if find_program() else 1)
