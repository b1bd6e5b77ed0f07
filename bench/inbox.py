"""What recognising a received mail costs, against only parsing it; and how well it is recognised.

    python -m bench.inbound [--mail FOLDER]... [--labels FILE] [--repeat N] [--json]

The yardstick is the standard library's ``email.message_from_bytes`` over the same bytes, in the same
run; ours is `outreach.inbound.classify.explain`, which parses, classifies, reads recipients, dates and
the person's own words. Each is run in turn and the best of the runs counts. Without ``--mail`` the
mail is made here: replies, bounces, absences and newsletters. With ``--labels`` (a JSON object of file
name to ``recipients`` and ``rows`` with ``status`` and ``hard``) the bounces in the folders are judged too.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import argparse
import email
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

from outreach.inbound.classify import Explanation, explain

WORDS = [
    "the",
    "letter",
    "about",
    "spring",
    "that",
    "you",
    "sent",
    "me",
    "last",
    "week",
    "was",
    "a",
    "pleasure",
    "to",
    "read",
    "and",
    "I",
    "would",
    "like",
    "to",
    "talk",
    "with",
    "you",
    "about",
    "the",
    "plans",
    "for",
    "our",
    "garden",
    "when",
    "there",
    "is",
    "time",
    "on",
    "Thursday",
    "or",
    "Friday",
    "afternoon",
]


def sample(count: int) -> list[bytes]:
    """Return `count` mails of the common kinds, the same ones each time."""
    dice = random.Random(20261218)

    def prose(words: int) -> str:
        lines = [" ".join(dice.choices(WORDS, k=11)) for _ in range(words // 11 + 1)]
        return "\r\n".join(lines)

    mails = []
    for number in range(count):
        trace = "".join(
            f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\r\n"
            f"\tby mx{hop + 1}.example.org with ESMTPS id {number:08x}{hop}\r\n"
            f"\tfor <us@outreach.example>; Fri, 18 Dec 2026 09:0{hop}:00 +0000\r\n"
            for hop in range(4)
        )
        head = (
            f"{trace}Message-ID: <{number}.{dice.random()}@example.org>\r\nDate: Fri, 18 Dec 2026 09:00:00 +0000\r\n"
            "MIME-Version: 1.0\r\nTo: Us <us@outreach.example>\r\n"
        )
        kind = number % 8
        if kind == 0:
            body = (
                "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"
                'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
                "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n--b\r\n"
                "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
                f"Final-Recipient: rfc822; reader{number}@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
                f"{head}Subject: A letter\r\n\r\n{prose(300)}\r\n--b--\r\n"
            )
        elif kind == 1:
            body = (
                "From: Ann <ann@example.org>\r\nSubject: Automatic reply: A letter\r\nAuto-Submitted: auto-replied\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n\r\nI am out of the office until 4 January.\r\n"
            )
        else:
            quoted = "\r\n".join(f"> {line}" for line in prose(250).split("\r\n"))
            answer = f"{prose(80)}\r\n\r\nOn Thu, 17 Dec 2026 at 10:00, Us <us@outreach.example> wrote:\r\n{quoted}\r\n"
            both = "".join(f"<p>{line}</p>\r\n" for line in answer.split("\r\n"))
            body = (
                "From: Ann <ann@example.org>\r\nSubject: Re: A letter\r\nIn-Reply-To: <a@outreach.example>\r\n"
                'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
                f"{answer}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{both}\r\n--b--\r\n"
            )
        mails.append((head + body).encode())
    return mails


def seconds(work: Callable[[bytes], object], mails: list[bytes]) -> float:
    """Return the time that `work` takes over all of `mails`."""
    started = time.perf_counter()
    for raw in mails:
        work(raw)
    return time.perf_counter() - started


def judged(labels: dict, folders: list[Path]) -> dict[str, float]:
    """Return the shares of bounces with exact recipients, status, and "address dead or not"."""
    exact = files = right = stated = dead = total = 0
    for name, label in labels.items():
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is None or not label["recipients"] or not label["rows"]:
            continue
        files += 1
        told: Explanation = explain(path.read_bytes())
        found = (
            {one.recipient.lower(): one for one in told.notice.recipients} if told.notice else {}
        )
        exact += set(found) == {address.lower() for address in label["recipients"]}
        for address, row in zip(label["recipients"], label["rows"], strict=True):
            one = found.get(address.lower())
            code = row["status"].split(".")
            if len(code) == 3 and not (code[1] == "0" and len(code[2]) == 3):
                stated += 1
                right += one is not None and one.status == row["status"]
            total += 1
            dead += one is not None and one.address_dead == row["hard"]
    return {
        "bounces": files,
        "recipients_exact": round(exact / max(1, files), 4),
        "status_exact": round(right / max(1, stated), 4),
        "dead_or_not": round(dead / max(1, total), 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--mail", type=Path, action="append", default=[], help="a folder of messages"
    )
    parser.add_argument("--labels", type=Path, help="what the bounces among them say")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = [
        file for folder in options.mail for file in sorted(folder.rglob("*")) if file.is_file()
    ]
    mails = [file.read_bytes() for file in files if file.suffix not in (".json", ".js")] or sample(
        400
    )
    explain(mails[0])
    theirs = ours = float("inf")
    for _ in range(options.repeat):
        theirs = min(theirs, seconds(email.message_from_bytes, mails))
        ours = min(ours, seconds(explain, mails))
    kinds: dict[str, int] = {}
    for raw in mails:
        kind = explain(raw).kind.value
        kinds[kind] = kinds.get(kind, 0) + 1
    figures: dict[str, object] = {
        "mails": len(mails),
        "megabytes": round(sum(map(len, mails)) / 1e6, 2),
        "parse_us_per_mail": round(theirs / len(mails) * 1e6, 1),
        "explain_us_per_mail": round(ours / len(mails) * 1e6, 1),
        "ratio": round(ours / theirs, 2),
        "kinds": dict(sorted(kinds.items(), key=lambda item: -item[1])),
    }
    if options.labels:
        figures |= judged(json.loads(options.labels.read_text()), options.mail)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):24} {value}")


if __name__ == "__main__":
    main()
