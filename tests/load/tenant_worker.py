"""
A worker of the bench of many tenants: `python -m tests.load.tenant_worker CELERY-OPTIONS`.

Each company has a Marketo that bears so many calls at a time; here they all share the sandbox's, so nobody counts.
"""

import sys

import django

django.setup()

from msi_admin import celery_app  # noqa: E402
from pipeline.engine import budget  # noqa: E402

PLENTY = 10**9
budget.CALLS_IN_WINDOW = budget.CALLS_IN_WINDOW_ALONE = budget.CALLS_AT_A_TIME = PLENTY
celery_app.worker_main(sys.argv[1:])
