"""What this room adds to pages of rooms below it."""

from typing import Any

from django import template

from api.models import ApiToken

register = template.Library()


@register.inclusion_tag("api/_of_ops_staff.html", takes_context=True)
def tokens_of_ops_staff(context: template.Context) -> dict[str, Any]:
    """A card with every token that reads all accounts and whose it is; superusers may revoke each."""
    tokens = ApiToken.objects.of_all_ops_staff().with_owner()
    return {"tokens": tokens, "may_revoke": context["request"].user.is_superuser}
