"""WSGI entry point for a server (msi_admin.serve)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msi_admin.settings")

application = get_wsgi_application()
