"""Certificates with which NATS and its clients know each other: TLS 1.3, asked of both sides, from an authority of
our own. Real time, not the domain's clock: a certificate ends when the server thinks so.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.secret_files import private_folder, write_secret
from deploy.trouble import Trouble

AUTHORITY_DAYS = 20 * 365
DAYS = 825
RENEWED_BEFORE = timedelta(days=365)
"""A certificate with less time left is made anew: an installation that is upgraded once a year never meets its end."""
_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of PEM files."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates, and keeps them and their keys in `folder`."""

    folder: Path
    _key: ec.EllipticCurvePrivateKey
    _certificate: x509.Certificate

    @classmethod
    def load_or_create(cls, folder: Path) -> Authority:
        """Safe to run again: what exists stays."""
        private_folder(folder)
        certificate, key = folder / "authority.crt", folder / "authority.key"
        if not certificate.exists():
            _create_authority(certificate, key)
        return cls(folder, _read_key(key), _read_certificate(certificate))

    def certificate(self, name: str, hosts: Sequence[str] = ()) -> Certificate:
        """The certificate of `name`, made when none fits; `hosts` are the names a server is reached by."""
        paths = Certificate(self.folder / f"{name}.crt", self.folder / f"{name}.key", self.folder / "authority.crt")
        if not self._fits(paths, hosts):
            self._issue(paths, name, hosts)
        return paths

    def _fits(self, paths: Certificate, hosts: Sequence[str]) -> bool:
        if not (paths.certificate.exists() and paths.key.exists()):
            return False
        known = _read_certificate(paths.certificate)
        try:
            known.verify_directly_issued_by(self._certificate)
        except (ValueError, InvalidSignature):
            return False
        return known.not_valid_after_utc - datetime.now(UTC) > RENEWED_BEFORE and _hosts(known) == set(hosts)

    def _issue(self, paths: Certificate, name: str, hosts: Sequence[str]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        # A server of a cluster is also a client of the others.
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
        builder = _builder(name, self._certificate.subject, key, DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(each) for each in hosts]), False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        write_secret(paths.key, _private(key))
        write_secret(paths.certificate, _public(builder.sign(self._key, hashes.SHA256())))


def _create_authority(certificate: Path, key: Path) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    name = _name("Weefsel")
    builder = _builder("Weefsel", name, made, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_signs_certificates(), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
    write_secret(key, _private(made))
    write_secret(certificate, _public(builder.sign(made, hashes.SHA256())))


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _hosts(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(each.value) for each in names}


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, OSError) as error:
        raise _damaged(path) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _damaged(path)
    return key


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (ValueError, OSError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> Trouble:
    return Trouble(
        f"{path} is damaged or can't be read: put it back from your backup of the keys, or have all certificates made "
        "anew with `weefsel keys --renew certificates`."
    )
