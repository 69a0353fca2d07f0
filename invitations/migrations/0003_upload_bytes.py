from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invitations', '0002_one_spelling_of_an_address'),
    ]

    operations = [
        migrations.AddField(
            model_name='csvupload',
            name='data',
            field=models.BinaryField(default=b''),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE invitations_csvupload SET data = convert_to(text, 'UTF8')",
            "UPDATE invitations_csvupload SET text = convert_from(data, 'UTF8')",
        ),
        migrations.RemoveField(
            model_name='csvupload',
            name='text',
        ),
    ]
