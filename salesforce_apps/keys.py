"""The keys of Salesforce apps for JWT bearer tokens: made here, so that a private key never travels."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import record
from connections.models import SalesforceApp, SalesforceAppKey
from salesforce_apps.audit_actions import AppAction

LIFETIME = timedelta(days=730)


@transaction.atomic
def make_key(app: SalesforceApp, *, by: User) -> SalesforceAppKey:
    """The first key of an app, or its next one beside the one in use; a next one that was there is forgotten."""
    SalesforceApp.objects.select_for_update().get(pk=app.pk)
    is_next = app.keys.filter(is_next=False).exists()
    app.keys.filter(is_next=True).delete()
    expires_at = timezone.now() + LIFETIME
    private_key, certificate = _key_pair(expires_at)
    record(account=app.account, actor=by, action=AppAction.KEY_MADE, target=app.name)
    return SalesforceAppKey.objects.create(
        app=app, private_key=private_key, certificate=certificate, is_next=is_next, expires_at=expires_at
    )


def _key_pair(expires_at: datetime) -> tuple[str, str]:
    """A private key and its certificate, both PEM. Salesforce takes RSA only, and looks at no name in it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Marketo Sales admin console")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks differ.
        .not_valid_before(timezone.now() - timedelta(days=1))
        .not_valid_after(expires_at)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), certificate.public_bytes(Encoding.PEM).decode()
