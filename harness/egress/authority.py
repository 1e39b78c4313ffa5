"""The certificate authority of a session: made for it, trusted in its runs, worth nothing elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from filelock import FileLock

#: How long before and after the session's beginning the certificate is valid: clocks differ.
BEFORE, AFTER = timedelta(days=1), timedelta(days=2)
#: The files, as mitmproxy looks for them in its folder.
KEY_AND_CERTIFICATE, CERTIFICATE = "mitmproxy-ca.pem", "ca.pem"


def ensure_authority(directory: Path, *, now: datetime) -> Path:
    """The session's certificate, made when it is not there yet; its key lies beside it.

    Processes of one session may ask at the same time.
    """
    certificate = directory / CERTIFICATE
    if certificate.exists():
        return certificate
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / "authority.lock"):
        if not certificate.exists():
            _make(directory, now)
    return certificate


def _make(directory: Path, now: datetime) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sitedrill, this session only")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signs = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + AFTER)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    both = directory / KEY_AND_CERTIFICATE
    both.touch(mode=0o600)
    both.write_bytes(private + public)
    scratch = directory / f"{CERTIFICATE}.new"
    scratch.write_bytes(public)
    scratch.rename(directory / CERTIFICATE)
