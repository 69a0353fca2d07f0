"""Forms of this room."""

from django import forms
from django.utils.translation import gettext_lazy as _

from salesforce_package.proof import record_id_in


class RecordForm(forms.Form):
    """The lead or contact that a test activity is logged on."""

    record = forms.CharField(
        label=_("Lead or contact in Salesforce"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=_("Open a lead or contact of yours in Salesforce, then copy the address of the page, or its id."),
    )

    def clean_record(self) -> str:
        record_id = record_id_in(self.cleaned_data["record"])
        if not record_id:
            raise forms.ValidationError(_("That is neither a lead nor a contact: their ids begin with 00Q and 003."))
        return record_id
