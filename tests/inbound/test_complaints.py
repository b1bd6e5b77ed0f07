# ruff: noqa: E501 (patterns and messages are easier to check in one piece)

import pytest

from outreach.inbound.classify import Kind, explain
from outreach.inbound.complaints import FeedbackType, read_report
from outreach.inbound.mail import Mail
from tests.inbound.corpora import files, needs_corpora


def feedback(
    fields: str,
    returned: str = "From: us@outreach.example\nTo: bob@example.org\nMessage-ID: <ours@x>\n",
    kind: str = "message/rfc822",
) -> bytes:
    return (
        "From: fbl@isp.example\nTo: abuse@outreach.example\nSubject: complaint\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nA reader complained.\n--b\n"
        f"Content-Type: message/feedback-report\n\n{fields}\n--b\nContent-Type: {kind}\n\n{returned}\nHello\n--b--\n"
    ).encode()


class TestReports:
    @pytest.mark.parametrize(
        ("value", "kind", "complaint"),
        [
            ("abuse", FeedbackType.ABUSE, True),
            ("Abuse", FeedbackType.ABUSE, True),
            ("fraud", FeedbackType.FRAUD, True),
            ("opt-out", FeedbackType.OPT_OUT, True),
            ("opt-out-list", FeedbackType.OPT_OUT, True),
            ("virus", FeedbackType.VIRUS, True),
            ("x-new", FeedbackType.OTHER, True),
            ("not-spam", FeedbackType.NOT_SPAM, False),
            ("auth-failure", FeedbackType.AUTH_FAILURE, False),
        ],
    )
    def test_type(self, value, kind, complaint):
        e = explain(feedback(f"Feedback-Type: {value}\nVersion: 1\n"))
        assert (e.report.feedback_type, e.report.is_complaint) == (kind, complaint)
        assert e.kind is (Kind.COMPLAINT if complaint else Kind.AUTOMATIC)

    def test_recipient_as_told(self):
        found = read_report(
            Mail(
                feedback(
                    "Feedback-Type: abuse\nOriginal-Rcpt-To: <eve@example.org>\nOriginal-Mail-From: <b@x.example>\nUser-Agent: loop/1\n"
                )
            )
        )
        assert (found.recipients, found.redacted, found.mail_from, found.reporter) == (
            ("eve@example.org",),
            False,
            "b@x.example",
            "loop/1",
        )

    @pytest.mark.parametrize(
        "hidden",
        [
            "redacted@example.org",
            "cb4a01a48251d4765f489076aa81e2a4@example.org",
            "[redacted]",
            "xxxxx@example.org",
        ],
    )
    def test_a_hidden_recipient_is_not_taken_for_one(self, hidden):
        found = read_report(
            Mail(
                feedback(
                    f"Feedback-Type: abuse\nOriginal-Rcpt-To: {hidden}\n",
                    "To: undisclosed\nMessage-ID: <ours@x>\n",
                )
            )
        )
        assert (found.recipients, found.redacted) == ((), True)
        assert found.returned.ids("message-id") == ["ours@x"]

    def test_without_a_field_the_one_reader_of_the_mail_is_meant(self):
        assert read_report(Mail(feedback("Feedback-Type: abuse\n"))).recipients == (
            "bob@example.org",
        )
        two = "To: bob@example.org, eve@example.org\n"
        assert read_report(Mail(feedback("Feedback-Type: abuse\n", two))).recipients == ()

    def test_headers_only(self):
        found = read_report(Mail(feedback("Feedback-Type: abuse\n", kind="text/rfc822-headers")))
        assert found.returned.ids("message-id") == ["ours@x"]

    def test_a_provider_event_by_mail(self):
        body = '{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"eve@example.org"}]},"mail":{"messageId":"m1","source":"us@outreach.example"}}'
        e = explain(
            f"From: no-reply@sns.example\nSubject: event\nContent-Type: text/plain\n\n{body}".encode()
        )
        assert (e.kind, e.report.recipients) == (Kind.COMPLAINT, ("eve@example.org",))

    @pytest.mark.parametrize(
        "body",
        [
            '{"notificationType":"Complaint"}',
            '{"notificationType":"Complaint","complaint":[]}',
            '{"eventType"' + "[" * 50_000,
        ],
    )
    def test_a_broken_event_is_just_mail(self, body):
        assert explain(f"From: a@b.example\n\n{body}".encode()).report is None


@needs_corpora
def test_real_reports_are_complaints():
    for file in files("complaints", "*.eml"):
        assert explain(file.read_bytes()).kind is Kind.COMPLAINT
