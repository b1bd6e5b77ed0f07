"""A throw-away IMAP server: Debian's Dovecot, on a port of loopback, with one account."""

import base64
import getpass
import grp
import hmac
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USER = "anna@example.com"
PASSWORD = "pässword with spaces"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:{folder}/mail
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "Gesendete Objekte & mehr" {{
    auto = create
    special_use = \\Sent
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  chroot =
}}
"""

# Tokens are checked against a key of the server's own, without asking anybody.
_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""
_TOKEN_KEY = b"a key that only the tests know"


def make_token(user: str, key: bytes = _TOKEN_KEY) -> str:
    """Return an access token for `user` (RFC 7519), good for an hour."""
    head = {"alg": "HS256", "typ": "JWT"}
    now = int(time.time())
    said = {"sub": user, "iat": now, "nbf": now, "exp": now + 3600}
    signed = ".".join(_base64(json.dumps(each).encode()) for each in (head, said))
    return f"{signed}.{_base64(hmac.digest(key, signed.encode(), 'sha256'))}"


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def find_program() -> str | None:
    """Return where Dovecot is, or None."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Dovecot:
    """One running server with one account, `USER`; its INBOX is empty."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="outreach-imap-", dir="/tmp"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        me = getpass.getuser()
        uid, gid = os.getuid(), os.getgid()
        internal, login = me, me
        if uid == 0:
            # It refuses to read mail as root.
            internal, login = "dovecot", "dovenull"
            nobody = pwd.getpwnam("nobody")
            uid, gid = nobody.pw_uid, nobody.pw_gid
        for name in ("mail", "home", "run", "state"):
            (self.folder / name).mkdir()
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        (self.folder / "oauth2.conf").write_text(_OAUTH2.format(folder=self.folder))
        keys = self.folder / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(_TOKEN_KEY))
        group = pwd.getpwnam(internal).pw_gid
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(
            _CONFIG.format(
                folder=self.folder,
                port=self.port,
                internal=internal,
                internal_group=grp.getgrgid(group).gr_name,
                login=login,
                uid=uid,
                gid=gid,
            )
        )
        if os.getuid() == 0:
            self.folder.chmod(0o755)
            for name in ("mail", "home"):
                os.chown(self.folder / name, uid, gid)
        self._server = subprocess.Popen(
            [program, "-F", "-c", str(self.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._await()

    def _await(self) -> None:
        for _ in range(100):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
                    if client.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            if self._server.poll() is not None:
                break
            time.sleep(0.05)
        log = self.folder / "log"
        self.stop()
        raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")

    def stop(self) -> None:
        """End the server and remove all it had."""
        self._server.terminate()
        self._server.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(0 if find_program() else 1)
