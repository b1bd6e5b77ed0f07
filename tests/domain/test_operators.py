"""Whose servers take a domain's mail."""

import pytest

from outreach.domain.operators import operator_at_hand, operator_of


@pytest.mark.parametrize(
    ("domain", "servers", "operator"),
    [
        ("firm.example", ["aspmx.l.google.com.", "alt1.aspmx.l.google.com."], "google.com"),
        ("firm.example", ["firm-example.mail.protection.outlook.com"], "outlook.com"),
        ("firm.example", ["firm-example.a-v1.mx.microsoft"], "outlook.com"),
        ("firm.example", ["mx-biz.mail.am0.yahoodns.net"], "yahoodns.net"),
        ("firm.example", ["MX01.Mail.iCloud.com"], "icloud.com"),
        ("firm.example", ["mx0a-00000.pphosted.com"], "pphosted.com"),
        ("firm.example", ["mx1.firm.example"], "firm.example"),
        ("firm.example", ["firm.example"], "firm.example"),
        ("firm.example", [], "firm.example"),
        ("firm.example", ["mx.host.example"], "host.example"),
        ("firm.example", ["mx1.host.co.uk"], "host.co.uk"),
        ("firm.example", ["mx1.mail.host.de"], "host.de"),
        ("firm.example", ["localhost"], "localhost"),
        # Not google's: what stands at the end counts.
        ("firm.example", ["google.com.mx.host.example"], "host.example"),
        ("firm.example", ["notgoogle.com"], "notgoogle.com"),
        # Known without the DNS, which need not even answer.
        ("gmail.com", [], "google.com"),
        ("yahoo.co.uk", [], "yahoodns.net"),
        ("hotmail.fr", [], "outlook.com"),
        ("live.nl", [], "outlook.com"),
        ("aol.com", ["mx.elsewhere.example"], "yahoodns.net"),
        ("yahoo.example", [], "yahoo.example"),
    ],
)
def test_who_runs_them(domain, servers, operator):
    assert operator_of(domain, servers) == operator


def test_what_is_known_at_hand():
    assert operator_at_hand("gmail.com") == "google.com"
    # The name of an operator stands for itself, in settings too.
    assert operator_at_hand("google.com") == "google.com"
    assert operator_at_hand("yahoodns.net") == "yahoodns.net"
    assert operator_at_hand("firm.example") is None
