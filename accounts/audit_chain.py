"""The audit trail as a chain: every entry holds the hash of the one before it in its account, and none can be changed.

The database does both, by triggers that the migration of the table makes, so that no code of ours can forget it.
Whoever may switch them off can still rewrite entries, but not without breaking the chain, or ending it on another hash
than `manage.py verify_audit_trail` printed.
"""

from dataclasses import dataclass

from django.db import connection

from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.occurrences import begin, end

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


def watch_audit_trail() -> None:
    """Record that the trail is broken, or whole again."""
    if broken := broken_entries():
        begin(AUDIT_CHAIN_BROKEN, account=None, entries=len(broken))
    else:
        end(AUDIT_CHAIN_BROKEN, account=None)
