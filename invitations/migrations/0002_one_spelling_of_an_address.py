import common.address_fields
from django.db import migrations, models
from django.db.models.functions import Now

from common.addresses import lookup_form


def store_one_spelling(apps, schema_editor):
    """Bring the addresses of invitations into their stored form; of two open ones to one person the newest stays."""
    Invitation = apps.get_model("invitations", "Invitation")
    open_forms = set()
    for row in Invitation.objects.order_by("-created_at", "-pk").only("pk", "account_id", "email", "accepted_at", "revoked_at"):
        form = lookup_form(row.email)
        is_open = row.accepted_at is None and row.revoked_at is None
        if is_open and (row.account_id, form) in open_forms:
            Invitation.objects.filter(pk=row.pk).update(revoked_at=Now())
        elif is_open:
            open_forms.add((row.account_id, form))
    for pk, email in Invitation.objects.values_list("pk", "email"):
        if lookup_form(email) != email:
            Invitation.objects.filter(pk=pk).update(email=email)


class Migration(migrations.Migration):

    dependencies = [
        ('invitations', '0001_release_1_0_0'),
    ]

    operations = [
        migrations.AlterField(
            model_name='invitation',
            name='email',
            field=common.address_fields.AddressField(max_length=254, verbose_name='e-mail address'),
        ),
        migrations.AlterField(
            model_name='invitation',
            name='mail_problem',
            field=models.CharField(blank=True, choices=[('address_refused', 'The mail server refused this address. Check its spelling; revoke this invitation and invite again.'), ('address_unusable', 'No mail can be sent to this address. Revoke this invitation, and invite the person at another address.'), ('not_delivered', 'The mail server did not take the mail. It is tried again for a while; press Resend to try now.'), ('interrupted', 'Sending was interrupted, and the mail may not have gone out. Press Resend to send a new one.')], max_length=20),
        ),
        migrations.RunPython(store_one_spelling, migrations.RunPython.noop),
    ]
