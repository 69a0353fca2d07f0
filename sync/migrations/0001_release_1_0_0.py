import datetime
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import sync.querysets
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
            name='Extract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('waiting_reason', models.CharField(blank=True, max_length=40)),
                ('waiting_since', models.DateTimeField(null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('marketo_calls', models.PositiveIntegerField(default=0)),
                ('salesforce_calls', models.PositiveIntegerField(default=0)),
                ('source', models.CharField(choices=[('marketo_people', 'Marketo people'), ('salesforce_leads', 'Salesforce leads'), ('salesforce_contacts', 'Salesforce contacts'), ('salesforce_roles', 'Salesforce opportunity contact roles'), ('marketo_changes', 'Changes in Marketo'), ('marketo_activities', 'New owners, conversions and merges in Marketo'), ('marketo_deletions', 'Deletions in Marketo'), ('salesforce_changes', 'Changes in Salesforce')], max_length=20)),
                ('window_from', models.DateTimeField(null=True)),
                ('window_to', models.DateTimeField(null=True)),
                ('remote_id', models.CharField(blank=True, max_length=100)),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('requested', 'Requested'), ('running', 'Running'), ('ready', 'Ready'), ('loading', 'Loading'), ('loaded', 'Loaded'), ('failed', 'Failed')], default='planned', max_length=10)),
                ('rows_expected', models.PositiveIntegerField(null=True)),
                ('bytes_expected', models.PositiveBigIntegerField(null=True)),
                ('bytes', models.PositiveBigIntegerField(null=True)),
                ('checksum', models.CharField(blank=True, max_length=64)),
                ('locator', models.TextField(blank=True)),
                ('rows_loaded', models.PositiveIntegerField(default=0)),
                ('rows_shown', models.PositiveIntegerField(default=0)),
                ('rows_rejected', models.PositiveIntegerField(default=0)),
                ('last_problem', models.CharField(blank=True, max_length=300)),
                ('is_recreated', models.BooleanField(default=False)),
                ('requested_at', models.DateTimeField(null=True)),
                ('load_started_at', models.DateTimeField(null=True)),
                ('loaded_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='RejectedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=40)),
                ('text', models.CharField(max_length=500)),
                ('extract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected_rows', to='sync.extract')),
            ],
            options={
                'ordering': ['extract_id', 'line'],
            },
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('waiting_reason', models.CharField(blank=True, max_length=40)),
                ('waiting_since', models.DateTimeField(null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('marketo_calls', models.PositiveIntegerField(default=0)),
                ('salesforce_calls', models.PositiveIntegerField(default=0)),
                ('kind', models.CharField(choices=[('full', 'Full sync'), ('incremental', 'Changes')], default='full', max_length=12)),
                ('status', models.CharField(choices=[('planning', 'Planning'), ('extracting', 'Extracting'), ('merging', 'Merging'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='planning', max_length=12)),
                ('failure', models.CharField(blank=True, max_length=40)),
                ('failure_params', models.JSONField(default=dict)),
                ('fields', models.JSONField(default=list)),
                ('list_id', models.PositiveBigIntegerField(null=True)),
                ('list_name', models.CharField(blank=True, max_length=255)),
                ('seen', models.PositiveIntegerField(default=0)),
                ('synced', models.PositiveIntegerField(default=0)),
                ('people', models.PositiveIntegerField(default=0)),
                ('skipped', models.JSONField(default=dict)),
                ('rejected', models.PositiveIntegerField(default=0)),
                ('added', models.PositiveIntegerField(default=0)),
                ('updated', models.PositiveIntegerField(default=0)),
                ('removed', models.PositiveIntegerField(default=0)),
                ('receipt', models.JSONField(default=dict)),
                ('paused_at', models.DateTimeField(null=True)),
                ('paused_for', models.DurationField(default=datetime.timedelta)),
                ('served_at', models.DateTimeField(null=True)),
                ('restarts', models.PositiveSmallIntegerField(default=0)),
                ('has_leftovers', models.BooleanField(default=False)),
                ('forecast', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('merge_started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sync_runs', to='accounts.salesaccount')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='extract',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extracts', to='sync.syncrun'),
        ),
        migrations.CreateModel(
            name='Cursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stream', models.CharField(choices=[('marketo_people', 'Marketo people'), ('salesforce_leads', 'Salesforce leads'), ('salesforce_contacts', 'Salesforce contacts'), ('salesforce_roles', 'Salesforce opportunity contact roles'), ('marketo_changes', 'Changes in Marketo'), ('marketo_activities', 'New owners, conversions and merges in Marketo'), ('marketo_deletions', 'Deletions in Marketo'), ('salesforce_changes', 'Changes in Salesforce')], max_length=20)),
                ('token', models.TextField(blank=True)),
                ('since', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sync_cursors', to='accounts.salesaccount')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('account'), models.F('stream'), name='cursor_unique')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('pk', models.CompositePrimaryKey('account_id', 'marketo_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('marketo_id', models.BigIntegerField(verbose_name='Marketo ID')),
                ('first_name', models.TextField(null=True, verbose_name='First name')),
                ('last_name', models.TextField(null=True, verbose_name='Last name')),
                ('email', models.TextField(null=True, verbose_name='Email')),
                ('company', models.TextField(null=True, verbose_name='Company')),
                ('title', models.TextField(null=True, verbose_name='Title')),
                ('phone', models.TextField(null=True, verbose_name='Phone number')),
                ('source', models.TextField(null=True, verbose_name='Source')),
                ('linkedin_url', models.TextField(null=True, verbose_name='LinkedIn URL')),
                ('salesforce_lead_id', models.TextField(null=True, verbose_name='Salesforce lead ID')),
                ('salesforce_contact_id', models.TextField(null=True, verbose_name='Salesforce contact ID')),
                ('salesforce_account_id', models.TextField(null=True, verbose_name='Salesforce account ID')),
                ('salesforce_opportunity_id', models.TextField(null=True, verbose_name='Salesforce opportunity ID')),
                ('salesforce_type', models.TextField()),
                ('owner_id', models.TextField()),
                ('owner_name', models.TextField(null=True, verbose_name='Sales owner')),
                ('removed_at', models.DateTimeField(null=True)),
                ('removed_reason', models.CharField(blank=True, max_length=40)),
                ('changed_at', models.DateTimeField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='people', to='accounts.salesaccount')),
            ],
            options={
                'indexes': [models.Index(models.F('account'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower('email'), 'text_pattern_ops'), name='person_email'), models.Index(models.F('account'), django.contrib.postgres.indexes.OpClass(sync.querysets.Folded('last_name'), 'text_pattern_ops'), name='person_last_name'), models.Index(models.F('account'), django.contrib.postgres.indexes.OpClass(sync.querysets.Folded('first_name'), 'text_pattern_ops'), name='person_first_name'), models.Index(models.F('account'), django.contrib.postgres.indexes.OpClass(sync.querysets.Folded('company'), 'text_pattern_ops'), name='person_company'), models.Index(condition=models.Q(('removed_at__isnull', False)), fields=['account', 'removed_reason', 'removed_at'], name='person_gone'), models.Index(models.F('account'), models.Case(models.When(salesforce_type='Contact', then='salesforce_contact_id'), default='salesforce_lead_id'), condition=models.Q(('removed_at', None)), name='person_record')],
            },
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(fields=['account', '-id'], name='run_by_account'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='run_due'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(fields=['status', '-id'], name='run_by_status'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(fields=['kind', '-id'], name='run_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='syncrun',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('planning', 'extracting', 'merging'))), fields=('account',), name='run_one_unfinished'),
        ),
        migrations.AddIndex(
            model_name='extract',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='extract_due'),
        ),
    ]
