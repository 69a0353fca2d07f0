"""A tick keeps what had been found when it was made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("salesforce_package", "0001_release_1_0_0")]

    operations = [
        migrations.AddField(
            model_name="packagetick",
            name="finding",
            field=models.JSONField(null=True),
        ),
    ]
