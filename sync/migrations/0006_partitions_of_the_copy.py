"""
The copy is divided: an account whose first load is large gets a partition of its own, all others share the table of
before. Nothing is rewritten or read; the table is locked for as long as it takes to rename it, once whoever uses it
just then has ended.

The new table has no other index than the key, and no key to the accounts: each partition has its own, so that one can
be filled first and indexed afterwards (sync.engine.partitions).
"""

from django.db import migrations

DIVIDE = """
ALTER TABLE sync_person RENAME TO sync_person_shared;
ALTER INDEX sync_person_pkey RENAME TO sync_person_shared_pkey;
CREATE TABLE sync_person (LIKE sync_person_shared INCLUDING DEFAULTS) PARTITION BY LIST (account_id);
ALTER TABLE sync_person ADD CONSTRAINT sync_person_pkey PRIMARY KEY (account_id, marketo_id);
ALTER TABLE sync_person ATTACH PARTITION sync_person_shared DEFAULT;
"""
# People of other partitions move into the shared one, which takes a minute for some millions.
UNITE = """
DO $$
DECLARE own regclass;
BEGIN
    FOR own IN SELECT inhrelid::regclass FROM pg_inherits
        WHERE inhparent = 'sync_person'::regclass AND inhrelid <> 'sync_person_shared'::regclass
    LOOP
        EXECUTE format('ALTER TABLE sync_person DETACH PARTITION %s', own);
        EXECUTE format('INSERT INTO sync_person_shared SELECT * FROM %s', own);
        EXECUTE format('DROP TABLE %s', own);
    END LOOP;
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE sync_person DETACH PARTITION sync_person_shared;
DROP TABLE sync_person;
ALTER TABLE sync_person_shared RENAME TO sync_person;
ALTER INDEX sync_person_shared_pkey RENAME TO sync_person_pkey;
"""


class Migration(migrations.Migration):

    dependencies = [("sync", "0005_freshness")]

    operations = [migrations.RunSQL(DIVIDE, UNITE)]
