from django.db import migrations

from common.encryption import decrypt, encrypt

SECRETS = ("secret", "seed")


def _change(apps, change):
    Authenticator = apps.get_model("mfa", "Authenticator")
    for factor in Authenticator.objects.iterator():
        for name in SECRETS:
            if name in factor.data:
                factor.data[name] = change(factor.data[name])
        if "migrated_codes" in factor.data:
            factor.data["migrated_codes"] = [change(code) for code in factor.data["migrated_codes"]]
        factor.save(update_fields=["data"])


def encrypt_secrets(apps, schema_editor):
    _change(apps, encrypt)


def decrypt_secrets(apps, schema_editor):
    _change(apps, decrypt)


class Migration(migrations.Migration):
    """The secrets of second factors, stored in clear until now."""

    dependencies = [
        ('accounts', '0004_audit_entries_may_go'),
        ('mfa', '0003_authenticator_type_uniq'),
    ]

    operations = [migrations.RunPython(encrypt_secrets, decrypt_secrets)]
