from django.db import migrations


class Migration(migrations.Migration):
    """The two tables of the Salesforce package go to their own room, with what was found and ticked."""

    dependencies = [
        ('connections', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterModelTable('PackageCheck', 'salesforce_package_packagecheck'),
                migrations.AlterModelTable('PackageTick', 'salesforce_package_packagetick'),
            ],
            state_operations=[
                migrations.DeleteModel('PackageCheck'),
                migrations.DeleteModel('PackageTick'),
            ],
        ),
    ]
