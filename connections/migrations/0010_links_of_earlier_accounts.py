from django.db import migrations

# Until 1.4.0 the link to a Salesforce user outlived the place in the Sales account: its org belongs to a company that
# the person may have left. Whose link is older than their place, or who has none at all, links again. Not those who are
# let in without a place: the operator's staff, and admins of Marketo instances.
FORGET = """
DELETE FROM socialaccount_socialaccount link
USING accounts_user person LEFT JOIN accounts_member place ON place.user_id = person.id
WHERE link.user_id = person.id AND link.provider = 'salesforce'
  AND NOT (person.is_ops_staff OR person.is_superuser)
  AND NOT EXISTS (SELECT FROM connections_marketoadmin admin WHERE admin.email = person.email)
  AND (place.id IS NULL OR link.date_joined < place.joined_at)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_email_as_one_word"),
        ("connections", "0009_orgs_of_ended_connections"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [migrations.RunSQL(FORGET, migrations.RunSQL.noop)]
