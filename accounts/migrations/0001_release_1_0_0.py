import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

# The audit trail as a chain of hashes; see accounts/audit_chain.py.
CREATE = """
CREATE FUNCTION audit_event_hash(previous text, event accounts_auditevent) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    previous, event.id, event.account_id, event.actor_email, event.action, event.target, event.details,
    event.request_id, host(event.ip_address), extract(epoch FROM event.created_at))::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION chain_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One at a time in each account, so that no two entries follow the same one; 19805 tells this lock from others.
  PERFORM pg_advisory_xact_lock(19805, (coalesce(NEW.account_id, 0) % 2147483647)::int);
  IF NEW.account_id IS NULL THEN
    SELECT hash INTO NEW.previous_hash FROM accounts_auditevent WHERE account_id IS NULL ORDER BY id DESC LIMIT 1;
  ELSE
    SELECT hash INTO NEW.previous_hash FROM accounts_auditevent
      WHERE account_id = NEW.account_id ORDER BY id DESC LIMIT 1;
  END IF;
  NEW.previous_hash := coalesce(NEW.previous_hash, '');
  -- The number given before the lock was held may be smaller than that of the entry before.
  NEW.id := nextval(pg_get_serial_sequence('accounts_auditevent', 'id'));
  NEW.hash := audit_event_hash(NEW.previous_hash, NEW);
  RETURN NEW;
END
$$;

CREATE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A user who is deleted leaves the entries, which hold the address too.
  IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'Entries of the audit trail are only ever added.';
END
$$;

CREATE TRIGGER audit_event_is_chained BEFORE INSERT ON accounts_auditevent
  FOR EACH ROW EXECUTE FUNCTION chain_audit_event();
CREATE TRIGGER audit_event_is_kept BEFORE UPDATE OR DELETE ON accounts_auditevent
  FOR EACH ROW EXECUTE FUNCTION keep_audit_event();
"""
DROP = """
DROP TRIGGER audit_event_is_kept ON accounts_auditevent;
DROP TRIGGER audit_event_is_chained ON accounts_auditevent;
DROP FUNCTION keep_audit_event();
DROP FUNCTION chain_audit_event();
DROP FUNCTION audit_event_hash(text, accounts_auditevent);
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(blank=True, max_length=150, verbose_name='name')),
                ('language', models.CharField(choices=[('en', 'English'), ('sv', 'Swedish')], default='en', max_length=5, verbose_name='language')),
                ('time_zone', models.CharField(default='UTC', max_length=50, verbose_name='time zone')),
                ('is_active', models.BooleanField(default=True)),
                ('is_ops_staff', models.BooleanField(default=False, verbose_name='ops staff')),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
                ('sessions_ended', models.PositiveIntegerField(default=0)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='SalesAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=150)),
                ('slug', models.SlugField(unique=True)),
                ('login_policy', models.CharField(choices=[('all', 'All Login Methods'), ('salesforce_only', 'Salesforce Only')], default='all', max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('original_user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('admin', 'Admin'), ('user', 'User'), ('salesforce_admin', 'Salesforce admin')], default='user', max_length=20)),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='member', to=settings.AUTH_USER_MODEL)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='accounts.salesaccount')),
            ],
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor_email', models.EmailField(max_length=254)),
                ('action', models.CharField(max_length=60)),
                ('target', models.CharField(blank=True, max_length=300)),
                ('details', models.JSONField(default=dict)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('ip_address', models.GenericIPAddressField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('previous_hash', models.CharField(editable=False, max_length=64)),
                ('hash', models.CharField(editable=False, max_length=64)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='audit_events', to='accounts.salesaccount')),
            ],
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('is_everyone', models.BooleanField(default=False)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='teams', to='accounts.salesaccount')),
                ('members', models.ManyToManyField(blank=True, related_name='teams', to='accounts.member')),
            ],
            options={
                'ordering': ['-is_everyone', 'name'],
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_is_lower_case'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['account', '-id'], name='audit_by_account'),
        ),
        migrations.AddConstraint(
            model_name='team',
            constraint=models.UniqueConstraint(models.F('account'), django.db.models.functions.text.Lower('name'), name='team_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='team',
            constraint=models.UniqueConstraint(models.F('account'), condition=models.Q(('is_everyone', True)), name='team_one_everyone'),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
