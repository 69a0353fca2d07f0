"""
What a Marketo instance says about itself: which fields its people have, and which types of activities there are.

Both seldom change, and Adobe asks to keep them for a day ("Marketo Integration Best Practices"). What a person waits
for is asked anew: they may just have changed it.
"""

import hashlib
import re
from collections.abc import Iterable

from django.core.cache import cache

from clients.marketo.client import MarketoClient
from clients.marketo.types import LeadField

_KEPT_SECONDS = 24 * 60 * 60
# Marketo's own, which only its social sign-in fills; Adobe's list of standard fields no longer promises it.
LINKEDIN_FIELD = "linkedInProfileURL"
# What else the social sign-in brings (Adobe, "Standard Fields"): none of it is the address of the person.
_OTHER_SOCIAL_FIELDS = {"linkedInDisplayName", "linkedInId", "linkedInPhotoURL"}
_KINDS = {"url", "string", "text"}
# Fields are asked for in a list with commas, and by their names go columns of tables.
_CANNOT_BE_ASKED = re.compile(r"[,%\x00-\x1f]")


def describe_fields(client: MarketoClient) -> list[LeadField]:
    """The fields of people, asked now; their names are kept. Raises ApiError."""
    fields = client.describe_fields()
    cache.set(_key("fields", client), {field.name for field in fields}, _KEPT_SECONDS)
    return fields


def field_names(client: MarketoClient) -> set[str]:
    """The REST names of people's fields, of today or yesterday. Raises ApiError."""
    kept: set[str] | None = cache.get(_key("fields", client))
    return kept or {field.name for field in describe_fields(client)}


def activity_types(client: MarketoClient) -> dict[str, int]:
    """The ids of activity types by name, of today or yesterday. Raises ApiError."""
    key = _key("activities", client)
    kept: dict[str, int] | None = cache.get(key)
    if kept is None:
        kept = client.activity_type_ids()
        cache.set(key, kept, _KEPT_SECONDS)
    return kept


def forget_schema(client: MarketoClient) -> None:
    """An answer has shown that what was kept is no longer so."""
    cache.delete_many([_key("fields", client), _key("activities", client)])


def _key(what: str, client: MarketoClient) -> str:
    return f"marketo-{what}-{hashlib.sha256(client.name.encode()).hexdigest()}"


def linkedin_field(fields: Iterable[LeadField]) -> str:
    """
    The REST name of the field that holds people's address at LinkedIn; empty where no field can.

    Marketo's own where there is one, otherwise a field of the company with LinkedIn in its name or label.
    """
    able = [field for field in fields if field.name == LINKEDIN_FIELD or _may_hold_linkedin(field)]
    return min(able, key=_rank).name if able else ""


def _rank(field: LeadField) -> tuple[bool, bool, str]:
    return field.name != LINKEDIN_FIELD, field.data_type != "url", field.name


def _may_hold_linkedin(field: LeadField) -> bool:
    is_named_so = "linkedin" in f"{field.name} {field.display_name}".lower()
    can_be_asked = not _CANNOT_BE_ASKED.search(field.name)
    return is_named_so and can_be_asked and field.data_type in _KINDS and field.name not in _OTHER_SOCIAL_FIELDS
