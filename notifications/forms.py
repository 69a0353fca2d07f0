"""What people type and choose here."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.time_zones import readable, time_zone_choices
from clients.hosts import ForbiddenHost
from common.long_select import LongSelect
from notifications.models import Channel, ChannelKind
from notifications.senders.hosts import check_address

POSTED = [(kind.value, kind.label) for kind in ChannelKind if kind != ChannelKind.EMAIL]
_CONTROL = {"class": "form-control", "autocomplete": "off"}
_FORBIDDEN = _("Enter an address that begins with https:// and leads to the public internet.")


class AddressField(forms.CharField):
    """Where messages are posted; the address is a secret, and never shown whole."""

    def clean(self, value: object) -> str:
        address = str(super().clean(value))
        try:
            return check_address(address) if address else ""
        except ForbiddenHost:
            raise forms.ValidationError(_FORBIDDEN) from None


class NewChannelForm(forms.Form):
    """A chat or a program to tell."""

    kind = forms.ChoiceField(label=_("Kind"), choices=POSTED, widget=forms.Select(attrs={"class": "form-select"}))
    address = AddressField(
        label=_("Address of the incoming webhook"), max_length=2000, widget=forms.TextInput(attrs=_CONTROL)
    )


class ChannelForm(forms.ModelForm[Channel]):
    """When a channel is told, and where."""

    address = AddressField(
        label=_("New address"),
        max_length=2000,
        required=False,
        help_text=_("Leave it empty to keep the present one."),
        widget=forms.TextInput(attrs=_CONTROL),
    )

    class Meta:
        model = Channel
        fields = ["pace", "quiet_from", "quiet_until", "language", "time_zone"]
        widgets = {
            "pace": forms.Select(attrs={"class": "form-select"}),
            "language": forms.Select(attrs={"class": "form-select"}),
            "quiet_from": forms.TimeInput(attrs={"type": "time", "class": "form-control"}),
            "quiet_until": forms.TimeInput(attrs={"type": "time", "class": "form-control"}),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.is_mail:
            # A mail is in the language and the time zone of its reader.
            for name in ("address", "language", "time_zone"):
                del self.fields[name]
        else:
            zones = self._zones()
            self.fields["time_zone"] = forms.ChoiceField(label=_("Time zone"), choices=zones, widget=LongSelect)

    def _zones(self) -> list[tuple[str, str]]:
        """By their present names; a former one that was chosen stays a choice."""
        zones, chosen = time_zone_choices(), self.instance.time_zone
        return zones if chosen in dict(zones) else [(chosen, readable(chosen)), *zones]

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if (values.get("quiet_from") is None) != (values.get("quiet_until") is None):
            self.add_error("quiet_until", _("Enter both times, or none."))
        if not values.get("address"):
            values.pop("address", None)
        return values
