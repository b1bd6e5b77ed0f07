"""The certificate a listener offers: which are taken, and what a renewal changes."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from outreach.errors import ConfigError
from outreach.inbound.certificate import Certificate
from outreach.testing import make_certificate


def made(folder: Path) -> Certificate:
    folder.mkdir(exist_ok=True)
    both = make_certificate(folder).chain_file
    return Certificate(chain=both, key=both)


def problem(certificate: Certificate) -> str:
    with pytest.raises(ConfigError) as caught:
        certificate.context()
    return str(caught.value)


def test_old_protocols_are_not_spoken(tmp_path: Path) -> None:
    assert made(tmp_path).context().minimum_version is ssl.TLSVersion.TLSv1_2


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    good = made(tmp_path)
    missing = tmp_path / "missing.pem"
    assert "missing.pem" in problem(Certificate(chain=good.chain, key=missing))
    assert "missing.pem" in problem(Certificate(chain=missing, key=good.key))

    other = made(tmp_path / "other")
    assert "not that of the certificate" in problem(Certificate(chain=good.chain, key=other.key))

    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("hello")
    assert "in PEM" in problem(Certificate(chain=nonsense, key=nonsense))

    key = load_pem_private_key(good.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    assert "passphrase" in problem(Certificate(chain=good.chain, key=locked))

    assert "cannot be read" in problem(Certificate(chain=tmp_path, key=tmp_path))


def test_a_renewed_one_is_offered_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = made(tmp_path / "first")
    before = certificate.context()
    assert certificate.context() is before

    certificate.chain.write_text("half writ")
    assert certificate.context() is before
    assert certificate.context() is before
    assert len(caplog.records) == 1  # said once, not for each client

    renewed = made(tmp_path / "second")
    renewed.chain.replace(certificate.chain)
    after = certificate.context()
    assert after is not before
    assert certificate.context() is after
