"""What beat asks for, and when; the tasks stand in the rooms' `tasks.py`."""

from typing import Any

from celery.schedules import crontab

_EVERY_MINUTE: dict[str, Any] = {"schedule": crontab(), "options": {"expires": 50}}
_HALF_A_MINUTE: dict[str, Any] = {"schedule": 30.0, "options": {"expires": 25}}
SCHEDULE: dict[str, dict[str, Any]] = {
    "sync-sweep": {"task": "sync.tasks.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "start-due-syncs": {"task": "sync.tasks.start_due_syncs", "schedule": 30.0, "options": {"expires": 25}},
    "send-notifications": {"task": "notifications.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "watch-runs": {"task": "sync.tasks.watch_runs", **_HALF_A_MINUTE},
    "watch-connections": {"task": "connections.tasks.watch_connections", **_HALF_A_MINUTE},
    "watch-allowances": {"task": "sync.tasks.watch_allowances", "schedule": crontab("*/5")},
    "watch-freshness": {"task": "sync.tasks.watch_freshness", "schedule": crontab("*/5")},
    "watch-invitations": {"task": "invitations.tasks.watch_mails", **_HALF_A_MINUTE},
    "watch-api-tokens": {"task": "api.tasks.watch_api_tokens", "schedule": crontab(minute="7")},
    "watch-channels": {"task": "notifications.tasks.watch_channels", **_HALF_A_MINUTE},
    "forget-old-notifications": {
        "task": "notifications.tasks.forget_old",
        "schedule": crontab(hour="2", minute="23"),
    },
    # Each account has its own minute of the hour.
    "check-connections": {"task": "connections.tasks.check_connections", **_EVERY_MINUTE},
    "read-marketo-admins": {"task": "connections.tasks.read_admins", **_HALF_A_MINUTE},
    "renew-marketo-admins": {"task": "marketo_instances.tasks.renew_admins", **_EVERY_MINUTE},
    "check-visibility": {"task": "connections.tasks.check_visibility", **_EVERY_MINUTE},
    "check-packages": {
        "task": "salesforce_package.tasks.check_packages",
        "schedule": crontab(hour="3"),
        "options": {"expires": 50},
    },
    "clean-up-test-activities": {
        "task": "salesforce_package.tasks.clean_up_test_activities",
        "schedule": crontab("*/10"),
        "options": {"expires": 300},
    },
    "forget-old-findings": {
        "task": "salesforce_package.tasks.forget_what_is_old",
        "schedule": crontab(hour="2", minute="33"),
    },
    "revoke-orphaned-tokens": {"task": "connections.tasks.revoke_orphaned_tokens", "schedule": crontab(minute="17")},
    "send-overdue-invitations": {"task": "invitations.tasks.send_overdue_invitations", **_EVERY_MINUTE},
    "send-invitation-reminders": {"task": "invitations.tasks.send_reminders", "schedule": crontab(minute="37")},
    "delete-outdated-uploads": {"task": "invitations.tasks.delete_outdated_uploads", "schedule": crontab(minute="23")},
    "tend-journal-months": {"task": "history.tasks.tend_months", "schedule": crontab(hour="1", minute="29")},
    "verify-audit-trail": {"task": "accounts.tasks.verify_audit_trail", "schedule": crontab(hour="2", minute="41")},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(hour="2", minute="11")},
    "forget-old-people-and-runs": {
        "task": "sync.tasks.forget_what_is_old",
        "schedule": crontab(hour="2", minute="41"),
    },
    "forget-expired-api-tokens": {
        "task": "api.tasks.forget_expired_tokens",
        "schedule": crontab(hour="2", minute="19"),
    },
    "forget-old-calls": {"task": "connections.tasks.forget_what_is_old", "schedule": crontab(hour="2", minute="21")},
    "delete-outdated-invitations": {
        "task": "invitations.tasks.delete_outdated_invitations",
        "schedule": crontab(hour="2", minute="27"),
    },
    # Once a month, for each time leaves an entry itself.
    "trim-audit-trail": {
        "task": "accounts.tasks.trim_audit_trail",
        "schedule": crontab(day_of_month="1", hour="2", minute="31"),
    },
}
