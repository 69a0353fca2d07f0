"""Entries of the audit trail may be deleted by a transaction that says so (accounts.audit_chain.entries_may_go)."""

from django.db import migrations

KEEP = """
CREATE OR REPLACE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A user who is deleted leaves the entries, which hold the address too.
  IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
    RETURN NEW;
  END IF;{exception}
  RAISE EXCEPTION 'Entries of the audit trail are only ever added.';
END
$$;
"""
MAY_GO = """
  -- Their time is over, or their account has left.
  IF TG_OP = 'DELETE' AND current_setting('msi.audit_entries_may_go', true) = 'yes' THEN
    RETURN OLD;
  END IF;"""


class Migration(migrations.Migration):

    dependencies = [("accounts", "0003_occurrences")]

    operations = [migrations.RunSQL(KEEP.format(exception=MAY_GO), KEEP.format(exception=""))]
