"""Mails of the common kinds, made here: what `bench.inbox` measures and the fuzzer mutates."""

# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import random

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


def answers(message_id: str, token: str) -> list[bytes]:
    """Return answers to a mail of ours, each with its headers mangled in another way.

    `message_id` is ours, without angle brackets; `token` the signed part of it.
    """
    bare = token.replace("-", "")
    ids = [
        f"<{message_id}>",
        f"<{message_id.upper()}>",
        message_id,  # without brackets
        f"<{token}@outreach.example.prod.outlook.com>",  # rewritten by Exchange
        f"<{token}@email.amazonses.com>",
        f"<other@x.example> <{message_id}>",
        f"<{message_id}>\r\n <later@x.example>",  # folded, and not the last
        f"<prefix.{token}.suffix@x.example>",
        f"<SRS0=abc={token}@relay.example>",
    ]
    addresses = [
        f"us+{token}@outreach.example",
        f"US+{token.upper()}@OUTREACH.EXAMPLE",
        f"us-{token}@outreach.example",
        f"us={token}@outreach.example",
        f"us{bare}@outreach.example",  # the separator is gone
        f"prvs=1234abcd=us+{token}@outreach.example",
    ]
    heads = [f"In-Reply-To: {each}\r\n" for each in ids]
    heads += [f"References: {each}\r\n" for each in ids]
    heads += [f"X-MS-Exchange-Parent-Message-Id: <{message_id}>\r\n"]
    heads += [f"Delivered-To: {each}\r\n" for each in addresses]
    heads += [f"X-Original-To: {each}\r\n" for each in addresses]
    heads += [f"To: {addresses[0]}\r\nSubject: Fwd: A letter\r\n"]
    return [
        f"From: Ann <ann@elsewhere.example>\r\n{head}Content-Type: text/plain\r\n\r\nYes, gladly.\r\n".encode()
        for head in heads
    ]
