from django.db import migrations

# Who had disconnected before the org of the copy was kept would connect to any other unasked: the audit trail names it.
TELL = """
INSERT INTO connections_copiedorg (account_id, org_id, org_name)
SELECT DISTINCT ON (account_id) account_id, details->>'org_id', left(target, 255) FROM accounts_auditevent
WHERE action = 'connections.salesforce_connected' AND account_id IS NOT NULL AND length(details->>'org_id') = 18
ORDER BY account_id, id DESC
ON CONFLICT (account_id) DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_audit_anchors'),
        ('connections', '0008_org_moves'),
    ]

    operations = [migrations.RunSQL(TELL, migrations.RunSQL.noop)]
