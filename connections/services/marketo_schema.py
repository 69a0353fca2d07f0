"""What a Marketo instance says about itself: which fields its people have."""

from collections.abc import Iterable

from clients.marketo.types import LeadField

# Marketo's own, which only its social sign-in fills; Adobe's list of standard fields no longer promises it.
LINKEDIN_FIELD = "linkedInProfileURL"
# What else the social sign-in brings (Adobe, "Standard Fields"): none of it is the address of the person.
_OTHER_SOCIAL_FIELDS = {"linkedInDisplayName", "linkedInId", "linkedInPhotoURL"}
_KINDS = {"url", "string", "text"}


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
    return is_named_so and field.data_type in _KINDS and field.name not in _OTHER_SOCIAL_FIELDS
