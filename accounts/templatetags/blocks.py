"""Template tags of the pages that allauth fills."""

from django import template
from django.template.context import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY

from accounts.devices import device_of

register = template.Library()
register.filter(device_of)


@register.simple_tag(takes_context=True)
def block_again(context: Context, name: str) -> str:
    """What a block of this page holds, a second time: a template can contain a block only once."""
    return context.render_context[BLOCK_CONTEXT_KEY].get_block(name).render(context)  # type: ignore[no-any-return]
