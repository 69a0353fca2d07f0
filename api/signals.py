"""Tokens end with the rights of their owners; nothing else happens here."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.services import rights_taken
from api.tokens import end_tokens_of


@receiver(rights_taken)
def end_tokens(user: User, by: User | None, **_: Any) -> None:
    end_tokens_of(user=user, because_of=by)
