"""WSGI entry point for a server (msi_admin.serve)."""

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msi_admin.settings")


class ReadableRequest(WSGIRequest):
    """A request whose Content-Type nobody can read has none: Django fails before it could answer by an error page."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except ValueError:
            self.content_type, self.content_params = "", {}


application = get_wsgi_application()
application.request_class = ReadableRequest
