"""The audit trail as a chain: every entry holds the hash of the one before it in its account, and none can be changed.

The database does both, so that no code of ours can forget it. Whoever may switch off its triggers can still rewrite
entries, but not without breaking the chain, or ending it on another hash than `manage.py verify_audit_trail` printed.
"""

from dataclasses import dataclass

from django.db import connection

# Run by the migration that creates the table.
CREATE = """
CREATE FUNCTION audit_event_hash(previous text, event accounts_auditevent) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    previous, event.id, event.account_id, event.actor_email, event.action, event.target, event.details,
    event.request_id, host(event.ip_address), extract(epoch FROM event.created_at))::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION chain_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One at a time in each account, so that no two entries follow the same one; 19805 tells this lock from others.
  PERFORM pg_advisory_xact_lock(19805, (coalesce(NEW.account_id, 0) % 2147483647)::int);
  IF NEW.account_id IS NULL THEN
    SELECT hash INTO NEW.previous_hash FROM accounts_auditevent WHERE account_id IS NULL ORDER BY id DESC LIMIT 1;
  ELSE
    SELECT hash INTO NEW.previous_hash FROM accounts_auditevent
      WHERE account_id = NEW.account_id ORDER BY id DESC LIMIT 1;
  END IF;
  NEW.previous_hash := coalesce(NEW.previous_hash, '');
  -- The number given before the lock was held may be smaller than that of the entry before.
  NEW.id := nextval(pg_get_serial_sequence('accounts_auditevent', 'id'));
  NEW.hash := audit_event_hash(NEW.previous_hash, NEW);
  RETURN NEW;
END
$$;

CREATE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A user who is deleted leaves the entries, which hold the address too.
  IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'Entries of the audit trail are only ever added.';
END
$$;

CREATE TRIGGER audit_event_is_chained BEFORE INSERT ON accounts_auditevent
  FOR EACH ROW EXECUTE FUNCTION chain_audit_event();
CREATE TRIGGER audit_event_is_kept BEFORE UPDATE OR DELETE ON accounts_auditevent
  FOR EACH ROW EXECUTE FUNCTION keep_audit_event();
"""
DROP = """
DROP TRIGGER audit_event_is_kept ON accounts_auditevent;
DROP TRIGGER audit_event_is_chained ON accounts_auditevent;
DROP FUNCTION keep_audit_event();
DROP FUNCTION chain_audit_event();
DROP FUNCTION audit_event_hash(text, accounts_auditevent);
"""
BROKEN = """
SELECT id FROM (
  SELECT event.id, event.previous_hash, event.hash, audit_event_hash(event.previous_hash, event) AS computed,
         lag(event.hash::text, 1, '') OVER (PARTITION BY event.account_id ORDER BY event.id) AS before
  FROM accounts_auditevent event) links
WHERE previous_hash <> before OR hash <> computed ORDER BY id
"""
ENDS = """
SELECT coalesce(account.slug, ''), count(*), (array_agg(event.hash ORDER BY event.id DESC))[1]
FROM accounts_auditevent event LEFT JOIN accounts_salesaccount account ON account.id = event.account_id
GROUP BY account.slug ORDER BY 1
"""


@dataclass(frozen=True)
class ChainEnd:
    """The newest entry of an account's chain; `slug` is empty for what belongs to no account."""

    slug: str
    entries: int
    last_hash: str


def broken_entries() -> list[int]:
    """Ids of the entries that were changed, or before which something was taken out; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        return [row[0] for row in cursor.fetchall()]


def chain_ends() -> list[ChainEnd]:
    """Where every chain ends: kept elsewhere, it shows later whether the newest entries were taken away."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS)
        return [ChainEnd(*row) for row in cursor.fetchall()]
