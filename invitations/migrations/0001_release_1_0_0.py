import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_release_1_0_0'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CsvUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.salesaccount')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                ('name', models.CharField(blank=True, max_length=150, verbose_name='name')),
                ('role', models.CharField(choices=[('admin', 'Admin'), ('user', 'User'), ('salesforce_admin', 'Salesforce admin')], default='user', max_length=20, verbose_name='role')),
                ('language', models.CharField(choices=[('en', 'English'), ('sv', 'Swedish')], default='en', max_length=5)),
                ('purpose', models.CharField(choices=[('first_admin', 'First admin'), ('user', 'User'), ('salesforce_steps', 'Salesforce steps')], default='user', max_length=20)),
                ('step', models.PositiveSmallIntegerField(null=True)),
                ('token_hash', models.CharField(blank=True, max_length=64)),
                ('reminder_token_hash', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mail_begun_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('send_after', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('mail_problem', models.CharField(blank=True, choices=[('address_refused', 'The mail server refused this address. Check its spelling; revoke this invitation and invite again.'), ('not_delivered', 'The mail server did not take the mail. It is tried again for a while; press Resend to try now.'), ('interrupted', 'Sending was interrupted, and the mail may not have gone out. Press Resend to send a new one.')], max_length=20)),
                ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='accounts.salesaccount')),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('teams', models.ManyToManyField(blank=True, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(models.F('account'), models.F('email'), condition=models.Q(('accepted_at', None), ('revoked_at', None)), name='invitation_one_open_per_address'), models.UniqueConstraint(models.F('token_hash'), condition=models.Q(('token_hash', ''), _negated=True), name='invitation_token_unique'), models.UniqueConstraint(models.F('reminder_token_hash'), condition=models.Q(('reminder_token_hash', ''), _negated=True), name='invitation_reminder_unique')],
            },
        ),
    ]
