import common.encryption
import connections.credentials
import django.db.models.deletion
import django.utils.timezone
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
            name='OrphanedToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('login_origin', models.URLField()),
                ('token', connections.credentials.CredentialField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='MarketoConnection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('munchkin_id', models.CharField(max_length=20, verbose_name='Munchkin Account ID')),
                ('endpoint', models.URLField()),
                ('client_id', models.CharField(max_length=100, verbose_name='Client ID')),
                ('client_secret', connections.credentials.CredentialField(verbose_name='Client Secret')),
                ('status', models.CharField(choices=[('connected', 'Connected'), ('needs_reconnecting', 'Needs reconnecting')], default='connected', max_length=20)),
                ('problem', models.CharField(blank=True, max_length=40)),
                ('problem_operation', models.CharField(blank=True, max_length=200)),
                ('connected_at', models.DateTimeField(auto_now_add=True)),
                ('last_call_at', models.DateTimeField(null=True)),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='marketo_connection', to='accounts.salesaccount')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='MarketoInstance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('munchkin_id', models.CharField(max_length=20, unique=True, verbose_name='Munchkin Account ID')),
                ('name', models.CharField(max_length=150)),
                ('endpoint', models.URLField()),
                ('client_id', models.CharField(max_length=100)),
                ('client_secret', connections.credentials.CredentialField()),
                ('admins_read_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='marketo_instance', to='accounts.salesaccount')),
            ],
        ),
        migrations.CreateModel(
            name='SalesforceSignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state_hash', models.CharField(max_length=64, unique=True)),
                ('is_own', models.BooleanField(default=False)),
                ('login_origin', models.URLField()),
                ('code_verifier', common.encryption.EncryptedTextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.salesaccount')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ApiFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(choices=[('salesforce', 'Salesforce'), ('marketo', 'Marketo')], max_length=20)),
                ('code', models.CharField(max_length=60)),
                ('operation', models.CharField(max_length=200)),
                ('problem', models.CharField(max_length=40)),
                ('names', models.CharField(blank=True, max_length=300)),
                ('count', models.PositiveIntegerField(default=1)),
                ('first_seen_at', models.DateTimeField(auto_now_add=True)),
                ('last_seen_at', models.DateTimeField()),
                ('solved_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.salesaccount')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('account'), models.F('service'), models.F('code'), models.F('operation'), name='api_failure_unique')],
            },
        ),
        migrations.CreateModel(
            name='ApiUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(choices=[('salesforce', 'Salesforce'), ('marketo', 'Marketo')], max_length=20)),
                ('day', models.DateField()),
                ('calls', models.PositiveIntegerField()),
                ('limit', models.PositiveIntegerField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.salesaccount')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('account'), models.F('service'), models.F('day'), name='api_usage_unique')],
            },
        ),
        migrations.CreateModel(
            name='MarketoAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.PositiveIntegerField()),
                ('workspace_name', models.CharField(max_length=255)),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.member')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accesses', to='connections.marketoconnection')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('member'), name='marketo_access_unique')],
            },
        ),
        migrations.CreateModel(
            name='MarketoAdmin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marketo_user_id', models.CharField(blank=True, max_length=255)),
                ('email', models.EmailField(max_length=254)),
                ('first_name', models.CharField(blank=True, max_length=255)),
                ('last_name', models.CharField(blank=True, max_length=255)),
                ('chosen_at', models.DateTimeField(null=True)),
                ('instance', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='admins', to='connections.marketoinstance')),
            ],
            options={
                'ordering': ['last_name', 'first_name', 'email'],
                'constraints': [models.UniqueConstraint(models.F('instance'), models.F('email'), name='marketo_admin_unique')],
            },
        ),
        migrations.CreateModel(
            name='SalesforceConnection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('login_origin', models.URLField()),
                ('instance_url', models.URLField()),
                ('org_id', models.CharField(max_length=18)),
                ('org_name', models.CharField(max_length=255)),
                ('is_sandbox', models.BooleanField()),
                ('user_id', models.CharField(max_length=18)),
                ('username', models.CharField(max_length=255)),
                ('email', models.EmailField(max_length=254)),
                ('scopes', models.CharField(max_length=500)),
                ('access_token', connections.credentials.CredentialField()),
                ('refresh_token', connections.credentials.CredentialField()),
                ('refreshed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rotations', models.PositiveIntegerField(default=0)),
                ('status', models.CharField(choices=[('connected', 'Connected'), ('needs_reconnecting', 'Needs reconnecting')], default='connected', max_length=20)),
                ('problem', models.CharField(blank=True, max_length=40)),
                ('problem_operation', models.CharField(blank=True, max_length=200)),
                ('calls_used_today', models.PositiveIntegerField(null=True)),
                ('calls_per_day', models.PositiveIntegerField(null=True)),
                ('connected_at', models.DateTimeField(auto_now_add=True)),
                ('last_call_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.salesaccount')),
                ('connected_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.member')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('account'), condition=models.Q(('member', None)), name='salesforce_one_of_account'), models.UniqueConstraint(models.F('member'), name='salesforce_one_of_member')],
            },
        ),
    ]
