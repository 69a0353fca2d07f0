import common.address_fields
from django.db import migrations
from django.db.models import F, TextField, Value

from common.addresses import lookup_form


def store_one_spelling(apps, schema_editor):
    """
    Bring the addresses of users into their stored form.

    Two users may have had two spellings of one address. It goes to the one who signed in last; the other keeps a
    spelling with which nobody can sign in, and User Management says so.
    """
    User = apps.get_model("accounts", "User")
    newest_first = (F("last_login").desc(nulls_last=True), "-pk")
    users_by_form = {}
    for pk, email in User.objects.order_by(*newest_first).values_list("pk", "email"):
        users_by_form.setdefault(lookup_form(email), []).append((pk, email))
    for form, users in users_by_form.items():
        _give_to_first(User, form, users)


def _give_to_first(User, form, users):
    (winner, spelling), *others = users
    if spelling == form:
        return
    User.objects.filter(pk=winner).update(email=_as_it_is(f"moving-{winner}@mended.invalid"))
    for pk, taken in others:
        if taken == form:
            User.objects.filter(pk=pk).update(email=_as_it_is(spelling))
    User.objects.filter(pk=winner).update(email=_as_it_is(form))


def follow_users(apps, schema_editor):
    """The rows by which allauth finds people say what the users say."""
    EmailAddress = apps.get_model("account", "EmailAddress")
    differing = EmailAddress.objects.exclude(email=F("user__email")).select_related("user")
    changed = [(row, row.user.email) for row in differing if lookup_form(row.email) == lookup_form(row.user.email)]
    # Two of them may swap their addresses, of which a verified one is unique.
    EmailAddress.objects.filter(pk__in=[row.pk for row, _email in changed]).update(verified=False)
    for row, email in changed:
        EmailAddress.objects.filter(pk=row.pk).update(email=email)
    EmailAddress.objects.filter(pk__in=[row.pk for row, _email in changed if row.verified]).update(verified=True)


def _as_it_is(text):
    return Value(text, output_field=TextField())


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_release_1_0_0'),
        ('account', '0009_emailaddress_unique_primary_email'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='email',
            field=common.address_fields.AddressField(max_length=254, unique=True, verbose_name='e-mail address'),
        ),
        migrations.RunPython(store_one_spelling, migrations.RunPython.noop),
        migrations.RunPython(follow_users, migrations.RunPython.noop),
    ]
