"""Addresses in columns and forms: every spelling becomes the stored one where it comes in."""

import unicodedata
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.addresses import AddressError, AddressProblem, is_invisible, lookup_form, mail_form, spellings, stored_form

_SENTENCES = {
    AddressProblem.NO_ADDRESS: gettext_lazy("“%(text)s” is not an email address. Correct it."),
    AddressProblem.INVISIBLE: gettext_lazy(
        "“%(text)s” holds a character that cannot be seen: %(part)s. Type the address instead of copying it."
    ),
    AddressProblem.LETTERS_BEFORE_AT: gettext_lazy(
        "“%(text)s” has “%(part)s” before the @, which mail servers refuse. Ask the person for another address."
    ),
    AddressProblem.RESERVED_DOMAIN: gettext_lazy(
        "No mail reaches “%(text)s”: the domain %(part)s is reserved. Ask the person for another address."
    ),
}
_REPLACE = gettext_lazy("Nobody can sign in with it: invite the person at the right address, then remove this line.")


class AddressField(models.EmailField[str, str]):
    """A column of addresses in their stored form; what is compared with it is brought into that form first."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return lookup_form(prepared) if isinstance(prepared, str) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's signature
        """The row in memory then says what the database says."""
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class KnownAddressField(forms.EmailField):
    """For an address that is looked up: one that an old row holds, and that cannot be mailed, is not refused."""

    def to_python(self, value: Any) -> str:
        return lookup_form(super().to_python(value) or "")


class MailableAddressField(forms.EmailField):
    """For an address to which a mail shall go; the stored form comes back, or a sentence says what is wrong."""

    default_validators = []

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        try:
            return stored_form(typed)
        except AddressError as error:
            raise forms.ValidationError(sentence_for(error)) from None


def contains_spelling(column: str, text: str) -> models.Q:
    """The condition that a column holds a piece of text, or of an address, in one of its spellings."""
    found = models.Q()
    for spelling in spellings(text):
        found |= models.Q((f"{column}__icontains", spelling))
    return found


def sentence_for(error: AddressError) -> str:
    """What is wrong with an address, for the person who typed it."""
    shown = "".join("␣" if is_invisible(char) else char for char in error.text[:100])
    part = _name_of(error.part) if error.problem == AddressProblem.INVISIBLE else error.part
    return str(_SENTENCES[error.problem]) % {"text": shown, "part": part}


def reason_against(email: str) -> str:
    """Why no mail may be promised to this address; empty when one can be sent."""
    try:
        stored_form(email)
    except AddressError as error:
        return sentence_for(error)
    return ""


def trouble_with(email: str) -> str:
    """Why a stored address is of no use, and what to do; empty when it can be mailed and signed in with."""
    try:
        mail_form(email)
    except AddressError as error:
        return f"{sentence_for(error)} {_REPLACE}"
    if lookup_form(email) == email:
        return ""
    spelling = _("This is a second spelling of %(email)s.") % {"email": lookup_form(email)}
    return f"{spelling} {_REPLACE}"


def _name_of(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
