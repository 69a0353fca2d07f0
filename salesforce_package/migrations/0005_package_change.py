"""What broke between two looks, and who changed it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_release_1_0_0"),
        ("salesforce_package", "0004_activity_proof"),
    ]

    operations = [
        migrations.CreateModel(
            name="PackageChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_id", models.CharField(max_length=18)),
                ("item", models.CharField(max_length=40)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("causes", models.JSONField(default=list)),
                ("seen_at", models.DateTimeField()),
                ("found_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.salesaccount",
                    ),
                ),
            ],
        ),
    ]
