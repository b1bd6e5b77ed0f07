# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import json

import pytest

from outreach.inbound.bounces import read_notice
from outreach.inbound.classify import Kind, explain
from outreach.inbound.mail import Mail
from outreach.inbound.notices import Action
from outreach.inbound.reasons import Reason, Severity, classify, severity
from tests.inbound.corpora import CORPORA, message, needs_corpora


def report(
    status: str,
    prose: str = "It failed.",
    returned: str = "To: bob@example.org\nMessage-ID: <ours@x>\n",
) -> bytes:
    return (
        "Return-Path: <>\nFrom: Mail Delivery <MAILER-DAEMON@mx.example>\nTo: us@outreach.example\nSubject: Undelivered\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{prose}\n--b\nContent-Type: message/delivery-status\n\n{status}\n"
        f"--b\nContent-Type: message/rfc822\n\n{returned}\nHello\n--b--\n"
    ).encode()


ONE = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <bob@example.org> User unknown\n"


def prose(body: str, **headers: str) -> bytes:
    return message(
        body,
        **(
            {"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered Mail Returned to Sender"}
            | headers
        ),
    )


class TestDeliveryStatus:
    def test_one_recipient(self):
        notice = read_notice(Mail(report(ONE)))
        (bounced,) = notice.recipients
        assert (bounced.recipient, bounced.status, bounced.reply_code) == (
            "bob@example.org",
            "5.1.1",
            "550",
        )
        assert (bounced.action, bounced.reason, bounced.address_dead) == (
            Action.FAILED,
            Reason.USER_UNKNOWN,
            True,
        )
        assert notice.rule == "delivery-status"
        assert notice.returned.ids("message-id") == ["ours@x"]

    def test_several_recipients_each_with_its_own_fate(self):
        status = (
            ONE
            + "\nFinal-Recipient: rfc822; eve@example.org\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n"
        )
        status += "\nFinal-Recipient: rfc822; joe@example.org\nAction: delayed\nStatus: 4.4.1\n"
        found = {
            r.recipient: (r.action, r.severity, r.address_dead)
            for r in read_notice(Mail(report(status))).recipients
        }
        assert found == {
            "bob@example.org": (Action.FAILED, Severity.HARD, True),
            "eve@example.org": (Action.FAILED, Severity.FULL, False),
            "joe@example.org": (Action.DELAYED, Severity.SOFT, False),
        }

    def test_groups_without_a_blank_line_between(self):
        status = "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; b@example.org\nAction: failed\nStatus: 5.1.1\n"
        assert [r.recipient for r in read_notice(Mail(report(status))).recipients] == [
            "a@example.org",
            "b@example.org",
        ]

    @pytest.mark.parametrize(
        ("action", "kind"),
        [
            ("failed", Kind.BOUNCE),
            ("delayed", Kind.DELAY),
            ("delivered", Kind.RECEIPT),
            ("relayed", Kind.RECEIPT),
            ("expanded", Kind.RECEIPT),
            ("Failed (permanent)", Kind.BOUNCE),
        ],
    )
    def test_only_failed_is_a_bounce(self, action, kind):
        assert explain(report(ONE.replace("failed", action))).kind is kind

    def test_inside_another_message(self):
        inner = report(ONE)
        outer = (
            b"Return-Path: <>\nFrom: postmaster@relay.example\nSubject: Undelivered\nContent-Type: message/rfc822\n\n"
            + inner
        )
        assert explain(outer).notice.recipients[0].recipient == "bob@example.org"

    def test_a_person_who_passes_a_bounce_on_has_not_bounced(self):
        outer = (
            b"From: ann@example.org\nSubject: look\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nWhat is this?\n--o\nContent-Type: message/rfc822\n\n"
            + report(ONE)
            + b"\n--o--\n"
        )
        assert explain(outer).kind is Kind.REPLY

    def test_international_addresses(self):
        status = ONE.replace("rfc822; bob@example.org", "utf-8; j\\x{00FC}rgen@example.org", 1)
        assert read_notice(Mail(report(status))).recipients[0].recipient == "jürgen@example.org"

    def test_the_address_we_wrote_to_is_told_beside_the_final_one(self):
        status = ONE.replace("Action", "Original-Recipient: rfc822;alias@example.org\nAction", 1)
        assert read_notice(Mail(report(status))).recipients[0].original == "alias@example.org"

    @pytest.mark.parametrize(
        ("field", "diagnostic", "status"),
        [
            ("5.0.0", "smtp; 550 5.1.1 no such user", "5.1.1"),
            ("5.1.1", "smtp; 550 5.7.1 blocked", "5.7.1"),
            ("4.4.7", "smtp; 554 4.4.7 expired <421 4.4.2 timed out>", "4.4.2"),
            ("5.2.2", "smtp; mailbox full", "5.2.2"),
            ("5.0.0", "smtp; host 192.5.1.1 said: 550 no", "5.0.0"),
            ("", "smtp; 550 no (#5.1.2)", "5.1.2"),
            ("", "smtp; 550 no", None),
        ],
    )
    def test_the_status_that_tells_most(self, field, diagnostic, status):
        text = f"Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: {field}\nDiagnostic-Code: {diagnostic}\n"
        assert read_notice(Mail(report(text))).recipients[0].status == status

    def test_who_got_it_is_not_among_those_who_did_not(self):
        relayed = "\nFinal-Recipient: rfc822; ann@example.org\nAction: relayed\nStatus: 2.1.5\n"
        (bounced,) = read_notice(Mail(report(ONE + relayed))).recipients
        assert bounced.recipient == "bob@example.org"

    def test_what_was_relayed_has_a_status_too(self):
        text = "Final-Recipient: rfc822; bob@example.org\nAction: relayed\nStatus: 2.0.0\n"
        assert read_notice(Mail(report(text))).recipients[0].status == "2.0.0"


class TestProse:
    @pytest.mark.parametrize(
        "body",
        [
            "Sorry, it could not be delivered:\n\n<bob@example.org>:\n550 5.1.1 no such user\n\n--- Below this line is a copy of the message.\n\nTo: eve@example.org\n",
            "This message could not be delivered to:\n\n  bob@example.org\n    SMTP error after RCPT TO: 550 unknown user\n\n------ This is a copy of the message ------\n\nFrom: us@outreach.example\nTo: eve@example.org\n",
            "Your message to bob@example.org could not be delivered: mailbox does not exist.\n\nReceived: from x by y\nTo: eve@example.org\n",
            "   ----- The following addresses had permanent fatal errors -----\n<bob@example.org>\n    (reason: 550 5.1.1 User unknown)\n",
            "Delivery failed.\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n",
            'The following address failed:\n\n"bob@example.org":\nSMTP error after RCPT command:\n5.1.1 no such user\n',
        ],
    )
    def test_who_failed(self, body):
        notice = read_notice(Mail(prose(body)))
        assert [r.recipient for r in notice.recipients] == ["bob@example.org"]
        assert notice.recipients[0].address_dead

    def test_a_contact_line_is_no_recipient(self):
        body = "Your message could not be delivered.\nFor help please contact <help@mx.example>.\n\n<bob@example.org>: 550 5.1.1 unknown\n"
        assert [r.recipient for r in read_notice(Mail(prose(body))).recipients] == [
            "bob@example.org"
        ]

    def test_every_paragraph_headed_by_an_address_counts(self):
        body = (
            "I wasn't able to deliver your message to the following addresses.\n\n"
            "<bob@example.org>:\n550 5.1.1 unknown user\n\n<eve@example.org>:\n552 5.2.2 over quota\n\n"
            "--- Below this line is a copy of the message.\n\nFrom: us@outreach.example\nTo: bob@example.org\n"
        )
        bob, eve = read_notice(Mail(prose(body))).recipients
        assert (bob.recipient, bob.status) == ("bob@example.org", "5.1.1")
        assert (eve.recipient, eve.status) == ("eve@example.org", "5.2.2")

    @pytest.mark.parametrize(
        ("subject", "body", "reason"),
        [
            ("系统退信", "无法送达\n收件人：bob@example.org\n该邮箱地址不存在", Reason.USER_UNKNOWN),
            ("반송된 메일", "bob@example.org: 존재하지 않는 사용자", Reason.USER_UNKNOWN),
            ("Nie można dostarczyć poczty", "Skrzynka bob@example.org jest przepełniona.", Reason.MAILBOX_FULL),
            ("Kunde inte levereras", "Mottagarens brevlåda är full: bob@example.org", Reason.MAILBOX_FULL),
            ("Kunne ikke leveres", "Adressen bob@example.org findes ikke.", Reason.USER_UNKNOWN),
            ("Onbestelbaar", "Uw bericht aan bob@example.org kon niet worden bezorgd: postvak vol", Reason.MAILBOX_FULL),
            ("Nedoručitelná zpráva", "Uživatel bob@example.org neexistuje.", Reason.USER_UNKNOWN),
            ("Ηλεκτρονικό μήνυμα", "bob@example.org\n550 5.1.1 Άγνωστος", Reason.USER_UNKNOWN),
            ("Undeliverable Mail", "User mailbox exceeds allowed size: bob@example.org", Reason.MAILBOX_FULL),
        ],
    )  # fmt: skip
    def test_in_other_languages(self, subject, body, reason):
        (bounced,) = read_notice(Mail(prose(body, Subject=subject))).recipients
        assert (bounced.recipient, bounced.reason) == ("bob@example.org", reason)

    def test_a_person_who_names_one_address_writes_no_notice(self):
        body = "Several parcels could not be delivered. Write to help@example.org for your money.\n"
        headers = {
            "From": "Post Office <team@example.org>",
            "Subject": "Delivery problems in March",
        }
        assert explain(prose(body, **headers)).kind is Kind.REPLY

    def test_a_mail_system_that_tells_of_no_refusal(self):
        body = "Die Wartung beginnt um acht. Fragen beantwortet bob@example.org."
        told = explain(prose(body, Subject="Wartung"))
        assert told.kind is not Kind.BOUNCE

    def test_a_warning_is_a_delay(self):
        body = "Delivery to bob@example.org has been delayed. We will keep trying for two days."
        assert explain(prose(body, Subject="Warning: message delayed 24 hours")).kind is Kind.DELAY

    def test_auto_replied_bounces_are_bounces(self):
        body = "A message that you sent could not be delivered:\n\n  bob@example.org\n    550 5.1.1 no such user\n"
        assert explain(prose(body, Auto_Submitted="auto-replied")).kind is Kind.BOUNCE

    @pytest.mark.parametrize(
        "headers",
        [
            {"Subject": "Re: Undelivered Mail"},
            {"Subject": "Returned mail is piling up at reception"},
            {"Subject": "Delivery report for March"},
            {"Subject": "Undeliverable promises", "Return_Path": "<bounces-1@lists.example>"},
        ],
    )
    def test_people_who_write_about_delivery(self, headers):
        body = "Hi,\n\nthe parcel could not be delivered to bob@example.org last week. Can you ask him?\n"
        assert explain(message(body, **headers)).kind is Kind.REPLY

    def test_gateways_that_name_themselves_otherwise(self):
        body = "------ Failed Recipients ------\n\n<bob@example.org>: Requested action not taken: mailbox unavailable. [SMTP Error Code 550]\n\n-------- Returned Mail --------\n\nFrom: us@outreach.example\nTo: bob@example.org\n"
        headers = {"From": "E500_SMTP_Mail_Service@mx.example", "Subject": "Returned Mail - Error"}
        (bounced,) = read_notice(Mail(prose(body, **headers))).recipients
        assert (bounced.recipient, bounced.reply_code) == ("bob@example.org", "550")

    @pytest.mark.parametrize(
        ("body", "address"),
        [
            ("These users do not accept such mail; it could not be delivered:\n\tscreenname\n", "screenname@mx.example"),
            ("did not reach the following recipient(s):\n\nc=US;a= ;p=X;dda:SMTP=bob@example.org; on Fri\n", "bob@example.org"),
            ("Could not be delivered to:\n<bob@example.org...User unknown>", "bob@example.org"),
            ("Votre message n'a pas pu etre delivre a\nbob@example.org\n", "bob@example.org"),
        ],
    )  # fmt: skip
    def test_recipients_in_odd_places(self, body, address):
        (bounced,) = read_notice(Mail(prose(body))).recipients
        assert bounced.recipient == address

    def test_a_refusal_by_the_recipients_filter(self):
        raw = (
            b"From: Mail Delivery Subsystem <postmaster@mx.example>\nTo: us@outreach.example\nSubject: Automatically rejected mail\n"
            b"Auto-Submitted: auto-replied (rejected)\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
            b"--b\nContent-Type: text/plain\n\nYour message to <bob@example.org> was automatically rejected:\nQuota exceeded\n--b\n"
            b"Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; bob@example.org\n"
            b"Disposition: automatic-action/MDN-sent-automatically; deleted\n--b--\n"
        )
        told = explain(raw)
        (bounced,) = told.notice.recipients
        assert (told.kind, bounced.recipient) == (Kind.BOUNCE, "bob@example.org")
        assert bounced.reason is Reason.MAILBOX_FULL
        unread = (
            raw.replace(b"automatically rejected", b"deleted without being read")
            .replace(b"(rejected)", b"")
            .replace(b"Automatically rejected mail", b"Not read: Hello")
        )
        assert explain(unread).kind is not Kind.BOUNCE

    def test_the_machine_behind_is_not_who_we_wrote_to(self):
        status = "Final-Recipient: rfc822; bob@store-daemon\nOriginal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.2.2\n"
        (bounced,) = read_notice(Mail(report(status))).recipients
        assert bounced.recipient == "bob@example.org"

    def test_the_troubles_with_other_hosts_are_not_the_refusal(self):
        status = "Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 This account has been disabled\n"
        text = "<bob@example.org>: 421 4.4.1 connection refused by mx1.example\n554 This account has been disabled"
        (bounced,) = read_notice(Mail(report(status, prose=text))).recipients
        assert (bounced.status, bounced.reason) == ("5.0.0", Reason.DISABLED)

    def test_one_refusal_above_the_list_of_all_whom_it_concerns(self):
        body = "Your message could not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected:\n   wendy@example.org\n   office@example.org\n"
        notice = read_notice(Mail(prose(body)))
        assert [each.recipient for each in notice.recipients] == [
            "wendy@example.org",
            "office@example.org",
        ]
        assert {(each.status, each.address_dead) for each in notice.recipients} == {("5.1.1", True)}

    @pytest.mark.parametrize("field", ["Message-id: <01J2M4@vms1.example>", "Message-ID: 411.8@x.example"])  # fmt: skip
    def test_the_id_of_our_mail_is_no_recipient(self, field):
        body = f"This report relates to a message with these fields:\n\n  {field}\n  Subject: stars\n\nIt cannot be delivered to the following recipients:\n\n  Recipient address: bob@example.org\n  Reason: Illegal host/domain name found\n"
        (bounced,) = read_notice(Mail(prose(body))).recipients
        assert bounced.recipient == "bob@example.org"

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ({"From": "dev-owner@lists.example", "X-BeenThere": "dev@lists.example", "X-List-Administrivia": "yes", "Precedence": "bulk", "Subject": "Our news"}, "You are not allowed to post to this mailing list, and your message has\nbeen automatically rejected. If in error, contact the mailing list owner at\ndev-owner@lists.example."),
            ({"From": "dev-admin@lists.example", "X-MLServer": "fml [fml 4.0.3]", "Subject": "You are not a member (dev ML)"}, "us@outreach.example is not a member of this mailing list.\nThe article you sent to <dev@lists.example> was rejected.\n\nOriginal mail as follows:\n\n>To: dev@lists.example"),
            ({"From": "dev-admin@lists.example", "X-MLServer": "fml [fml 4.0.3]", "Subject": "NOT MEMBER article from us@outreach.example"}, "You <us@outreach.example> are not a member of this mailing list\n<dev@lists.example>, so that your article was NOT distributed\nand is returned to you."),
        ],
    )  # fmt: skip
    def test_what_a_list_refuses_is_no_reply(self, headers, body):
        told = explain(message(body, **headers))
        assert told.kind is Kind.BOUNCE
        (bounced,) = told.notice.recipients
        assert (bounced.recipient, bounced.address_dead) == ("dev@lists.example", False)

    def test_a_gateway_may_call_itself_anything(self):
        body = "配信不能通知\nメールを配信できませんでした\n\n>>> RCPT TO:<bob@example.org>\n<<< 550 No such user here\n\nUnable to deliver message to <bob@example.org>"
        told = explain(message(body, Return_Path="<>", From="IMSS <imss@gate.example>", Subject="メール配信できませんでした"))  # fmt: skip
        (bounced,) = told.notice.recipients
        assert (told.kind, bounced.recipient) == (Kind.BOUNCE, "bob@example.org")
        received = "Thank you, we have received your message and will answer within two days."
        told = explain(message(received, Return_Path="<>", From="Desk <desk@gate.example>"))
        assert told.kind is Kind.ACKNOWLEDGEMENT

    def test_a_member_of_a_list_may_speak_of_mail_that_is_not_delivered(self):
        text = "My mail to bob@example.org could not be delivered:\n550 5.1.1 user unknown\nDo you have his new address?"
        told = explain(message(text, **{"X-MLServer": "fml [fml 4.0.3]", "Subject": "[dev 12] Bob"}))  # fmt: skip
        assert told.kind is Kind.REPLY

    def test_what_a_list_only_holds_is_no_bounce(self):
        told = explain(message("Your mail to 'dev' with the subject\n\n    Our news\n\nIs being held until the list moderator can review it for approval.", **{"From": "dev-bounces@lists.example", "X-BeenThere": "dev@lists.example", "X-List-Administrivia": "yes", "Subject": "Your message to dev awaits moderator approval"}))  # fmt: skip
        assert told.kind is not Kind.BOUNCE

    def test_one_refusal_below_the_list_of_all_whom_it_concerns(self):
        body = "Failed recipient(s):\nann@example.org\nbob@example.org\n\nError message:\n550 5.1.2 No mail servers found for domain; domain does not exist"
        told = read_notice(Mail(prose(body))).recipients
        assert [(one.recipient, one.status, one.address_dead) for one in told] == [
            ("ann@example.org", "5.1.2", True),
            ("bob@example.org", "5.1.2", True),
        ]

    def test_recipients_behind_a_word(self):
        body = (
            "Could not deliver message to the following recipient(s):\n\n"
            "Failed Recipient: ann@example.org\nReason: Remote host said: 550 5.1.1 <ann@example.org> not found\n\n"
            "Failed Recipient: bob@example.org\nReason: Remote host said: 452 4.2.2 Mailbox full\n"
        )
        told = read_notice(Mail(prose(body))).recipients
        assert [(one.recipient, one.status) for one in told] == [
            ("ann@example.org", "5.1.1"),
            ("bob@example.org", "4.2.2"),
        ]

    def test_opensmtpd_tells_of_a_delay(self):
        body = "A message is delayed for more than 4 hours for the following\nlist of recipients:\n\nann@example.org: 421 4.3.2 Service shutting down\n"
        assert explain(prose(body, Subject="Delayed mail: warning")).kind is Kind.DELAY

    def test_a_list_that_rejects_is_no_reply(self):
        body = 'Your request to the dev@lists.example.org mailing list\n\n    Posting of your message titled "Letter"\n\nhas been rejected by the list moderator.'
        raw = message(
            body,
            From="dev-bounces@lists.example.org",
            Subject="Request to mailing list dev rejected",
        )
        told = explain(raw)
        assert told.kind is Kind.BOUNCE
        assert [one.recipient for one in told.notice.recipients] == ["dev@lists.example.org"]

    def test_a_name_of_a_file_is_no_status(self):
        body = "ann@example.org: 552 the attachment prices_5.1.1.exe is not permitted"
        (bounced,) = read_notice(Mail(prose(body))).recipients
        assert (bounced.status, bounced.address_dead) == (None, False)


class TestReasons:
    @pytest.mark.parametrize(
        ("status", "words", "reason", "kind"),
        [
            ("5.1.1", "550 5.1.1 User unknown", Reason.USER_UNKNOWN, Severity.HARD),
            ("5.1.2", "", Reason.HOST_UNKNOWN, Severity.HARD),
            ("5.1.10", "", Reason.NO_MAIL, Severity.HARD),
            ("5.2.2", "", Reason.MAILBOX_FULL, Severity.FULL),
            ("5.7.1", "550 5.7.1 blocked using a blacklist", Reason.BLOCKED, Severity.POLICY),
            ("5.7.26", "", Reason.AUTHENTICATION, Severity.POLICY),
            (
                "5.7.1",
                "554 5.7.1 sender address rejected: domain not found",
                Reason.SENDER_REJECTED,
                Severity.POLICY,
            ),
            (
                "5.7.1",
                "550 5.7.1 SPF check failed for user unknown",
                Reason.AUTHENTICATION,
                Severity.POLICY,
            ),
            ("4.4.1", "connection timed out", Reason.EXPIRED, Severity.SOFT),
            ("5.2.1", "550 5.2.1 The account is disabled", Reason.DISABLED, Severity.SOFT),
            ("5.3.4", "", Reason.TOO_BIG, Severity.POLICY),
            (None, "", Reason.UNKNOWN, Severity.SOFT),
            (
                None,
                "the domain name (lost.example) does not appear to be registered",
                Reason.HOST_UNKNOWN,
                Severity.HARD,
            ),
            ("5.1.1", "550 this address has been discontinued", Reason.USER_UNKNOWN, Severity.HARD),
            (None, "550 unknown user", Reason.FILTERED, Severity.SOFT),
            (None, "550 ann@lost.example: no such user", Reason.USER_UNKNOWN, Severity.HARD),
            (None, "550 Mailbox unavailable or not local", Reason.USER_UNKNOWN, Severity.HARD),
            (None, "550 la cuenta no existe", Reason.USER_UNKNOWN, Severity.HARD),
            (None, "550 dit adres bestaat niet", Reason.USER_UNKNOWN, Severity.HARD),
            (None, "550 adres nie istnieje", Reason.USER_UNKNOWN, Severity.HARD),
            ("5.0.0", "550 Mailbox not found", Reason.USER_UNKNOWN, Severity.HARD),
            (
                "5.0.0",
                "554 this user doesn't have a post.example account",
                Reason.USER_UNKNOWN,
                Severity.HARD,
            ),
            (
                "4.4.310",
                "450 DNS domain lost.example does not exist",
                Reason.HOST_UNKNOWN,
                Severity.HARD,
            ),
            (
                None,
                "554 No SMTP service 554 IP address is block listed",
                Reason.BLOCKED,
                Severity.POLICY,
            ),
            (
                "5.5.0",
                "550 Requested action not taken: mailbox unavailable",
                Reason.USER_UNKNOWN,
                Severity.HARD,
            ),
            (None, "550 Recipient not found", Reason.USER_UNKNOWN, Severity.HARD),
            (None, "554 not a valid recipient", Reason.USER_UNKNOWN, Severity.HARD),
            (
                "5.1.1",
                "550 5.1.1 odrzucono: brak takiego konta",
                Reason.USER_UNKNOWN,
                Severity.HARD,
            ),
            ("4.4.3", "Host not found, try again", Reason.NETWORK, Severity.SOFT),
            (None, "no mail servers appear to exist for them", Reason.NO_MAIL, Severity.HARD),
            ("5.1.1", "550 5.1.1 unauthorized sender", Reason.SENDER_REJECTED, Severity.POLICY),
            (None, "550 unknown user in reply to RCPT TO", Reason.USER_UNKNOWN, Severity.HARD),
            (
                "5.1.0",
                "553 5.1.0 no in reply to MAIL FROM command",
                Reason.SENDER_REJECTED,
                Severity.POLICY,
            ),
            ("4.1.1", "", Reason.EXPIRED, Severity.SOFT),
            (
                "5.7.1",
                "see https://mx.example/user-unknown for <user-unknown@example.org>",
                Reason.POLICY,
                Severity.POLICY,
            ),
        ],
    )
    def test_words_before_codes(self, status, words, reason, kind):
        assert classify(status, words) is reason
        assert severity(reason) is kind


# What servers say, in their many ways, of an address that is dead, and of everything else.
DEAD = """\
Routing: Could not find a gateway for bob@example.org
Benutzer bob (bob@example.org) nicht im Domino-Verzeichnis aufgeführt
550 5.0.0 <bob@example.org>... no such user here
554 Rcpt <bob@example.org> does not exist
550 BAD_RECIPIENT - see https://mx.example/help
550 bob@example.org is not an active address at this host
553 sorry, badrcptto (user mail-box not found)
550 Requested action not taken: mailbox unavailable
550 recipient rejected
550 5.1.0 Address rejected.
550 5.4.1 Recipient address rejected: Access denied
550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
550 Empfänger unbekannt
550 Das Postfach existiert nicht
550 Adresse du destinataire invalide
550 el usuario no existe
550 destinatario sconosciuto
550 caixa postal inexistente
550 ontvanger onbekend
550 användaren finns inte
550 użytkownik nie istnieje
550 宛先が見つかりません
550 Domain does not exist
556 5.1.10 the domain has a null MX
551 5.1.6 bob@example.org has been replaced by rob@example.net
""".splitlines()
ALIVE = """\
Mailaddress is administrative disabled. (#5.2.1)
552 5.2.2 the mailbox is over quota
550 Benutzer hat zuviele Mails auf dem Server / user has too many messages on the server
552 too much mail data
550 5.2.1 this account has been disabled or discontinued
550 mailbox currently suspended
550 user rejects this mail
550 5.7.1 sender address rejected: domain not found
550 the domain of the sender does not exist
554 5.7.1 Relay access denied
550 too many invalid recipients from your address
550 RCPT TO:<bob@example.org> max message size exceeded
550 message refused by SpamProfiler
421 4.7.0 try again later, closing connection
451 4.7.1 greylisted
550 5.7.26 unauthenticated mail is not accepted due to the domain's DMARC policy
554 host or domain name not found: the client host has no reverse DNS
550 Postfach voll
""".splitlines()


@pytest.mark.parametrize(
    ("words", "dead"), [(line, True) for line in DEAD] + [(line, False) for line in ALIVE]
)
def test_whether_an_address_is_dead(words, dead):
    status = f"Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; {words}\n"
    raw = report(
        status,
        prose=f"<bob@example.org>: host mx.example said: {words} (in reply to RCPT TO command)",
    )
    (bounced,) = read_notice(Mail(raw)).recipients
    assert bounced.address_dead is dead, bounced.reason


@needs_corpora
def test_real_bounces():
    """The bars, on the mail this was developed against; it is held elsewhere against other mail."""
    labels = json.loads((CORPORA / "bounces" / "labels.json").read_text())
    exact = stated = rightly = dead = total = files = 0
    for name, label in labels.items():
        if not label["recipients"] or not label["rows"] or label["rows"][0]["reason"] == "feedback":
            continue
        files += 1
        e = explain((CORPORA / "bounces" / name).read_bytes())
        found = {r.recipient.lower(): r for r in e.notice.recipients} if e.notice else {}
        exact += set(found) == {address.lower() for address in label["recipients"]}
        for address, row in zip(label["recipients"], label["rows"], strict=True):
            one = found.get(address.lower())
            # A detail of three digits under subject 0 is the labels' own invention.
            subject, detail = row["status"].split(".")[1:]
            if not (subject == "0" and len(detail) == 3):
                stated += 1
                rightly += one is not None and one.status == row["status"]
            total += 1
            dead += one is not None and one.address_dead == row["hard"]
    assert exact / files >= 0.97
    assert rightly / stated >= 0.95
    assert dead / total >= 0.92
