"""The password rule of Sales Insight Actions that Django has no validator for."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User

CHARACTER_KINDS = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")


class MixedCharactersValidator:
    """Upper and lower case, a digit and a special character (Adobe, "Change your Marketo Sales password")."""

    def validate(self, password: str, user: User | None = None) -> None:
        if not all(re.search(kind, password) for kind in CHARACTER_KINDS):
            raise ValidationError(self.get_help_text(), code="password_not_mixed")

    def get_help_text(self) -> str:
        return _("Use upper and lower case letters, at least one digit and at least one special character.")
