"""The audit trail cannot be emptied as a whole, and where its chains end is noted."""

import django.db.models.deletion
from django.db import migrations, models

# TRUNCATE asks no trigger of rows.
KEEP_ALL = """
CREATE FUNCTION keep_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Entries of the audit trail are only ever added.';
END
$$;
CREATE TRIGGER audit_events_are_kept BEFORE TRUNCATE ON accounts_auditevent
  FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_events();
"""
LET_GO = """
DROP TRIGGER audit_events_are_kept ON accounts_auditevent;
DROP FUNCTION keep_audit_events();
"""


class Migration(migrations.Migration):

    dependencies = [("accounts", "0005_encrypt_second_factors")]

    operations = [
        migrations.RunSQL(KEEP_ALL, LET_GO),
        migrations.CreateModel(
            name='AuditAnchor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('last_hash', models.CharField(max_length=64)),
                ('entries', models.PositiveIntegerField()),
                ('noted_at', models.DateTimeField(auto_now=True)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.salesaccount')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account',), name='audit_anchor_one_per_chain', nulls_distinct=False)],
            },
        ),
    ]
