"""The journal, divided by months; rows of a month that nobody has made a table for land in the default one."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TABLE history_change (
    account_id bigint NOT NULL REFERENCES accounts_salesaccount (id) DEFERRABLE INITIALLY DEFERRED,
    marketo_id bigint NOT NULL,
    run_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind varchar(10) NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    content_before varchar(32) NOT NULL,
    PRIMARY KEY (account_id, marketo_id, run_id, at)
) PARTITION BY RANGE (at);
CREATE INDEX history_change_by_run ON history_change (account_id, run_id, marketo_id);
CREATE TABLE history_change_rest PARTITION OF history_change DEFAULT;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_release_1_0_0")]

    operations = [
        migrations.RunSQL(CREATE, "DROP TABLE history_change"),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("pk", models.CompositePrimaryKey("account_id", "marketo_id", "run_id", "at", blank=True, editable=False, primary_key=True, serialize=False)),
                ("marketo_id", models.BigIntegerField()),
                ("run_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(choices=[("added", "Added"), ("updated", "Updated"), ("removed", "Removed"), ("returned", "Back in the copy"), ("erased", "Erased")], max_length=10)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("content_before", models.CharField(blank=True, max_length=32)),
                ("account", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.salesaccount")),
            ],
            options={"db_table": "history_change", "managed": False},
        ),
    ]
