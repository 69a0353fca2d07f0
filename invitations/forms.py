"""What people type in when they invite and when they accept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.forms import RowsField, VisibleName
from accounts.models import Team, User
from accounts.permissions import Role
from accounts.querysets import TeamQuerySet
from invitations.addresses import TypedAddress, read_addresses
from invitations.csv_encodings import ENCODINGS
from invitations.csv_headings import COLUMNS
from invitations.csv_table import (
    LINES_BEFORE_HEADINGS,
    MAX_BYTES,
    NO_HEADINGS,
    SEPARATORS,
    CsvError,
    Layout,
    Row,
    read_table,
)

# The only workspace of a subscription without workspaces (Adobe, "Invite users and admins").
WORKSPACES = [("default", _("Default"))]


class InviteForm(forms.Form):
    """Invite Users: addresses in any usual notation, and what all of them get."""

    emails = forms.CharField(
        label=_("Email addresses"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 5, "autofocus": True}),
        help_text=_("Separate them by commas, semicolons or new lines; “Name <address>” works too."),
    )
    teams = RowsField(
        label=_("Teams"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.USER,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    language = forms.ChoiceField(
        label=_("Language of the mail"),
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=_("Existing users get the mail in their own language."),
    )
    workspace = forms.ChoiceField(
        label=_("Workspace"),
        choices=WORKSPACES,
        initial="default",
        disabled=True,
        help_text=_("Once they have joined, Marketo > User Access gives another one."),
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, teams: TeamQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        # Everyone is not a choice: every member belongs to it.
        self.fields["teams"].queryset = teams.filter(is_everyone=False)  # type: ignore[attr-defined]

    def clean_emails(self) -> list[TypedAddress]:
        addresses = read_addresses(self.cleaned_data["emails"])
        problems = [address.problem for address in addresses if address.problem]
        if problems:
            raise forms.ValidationError(problems)
        return addresses


class NewUserForm(VisibleName, BaseUserCreationForm[User]):
    """Activation of an account: a name, and a password twice."""

    class Meta:
        model = User
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "name"})}
        labels = {"name": _("Your name")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].required = True
        for name in ("password1", "password2"):
            self.fields[name].widget.attrs["class"] = "form-control"
        self.fields["password2"].label, self.fields["password2"].help_text = _("Password (again)"), ""

    def validate_password_for_user(self, user: User) -> None:
        """What is wrong with the password stands where it is chosen, not where it is repeated."""
        super().validate_password_for_user(user, "password1")  # type: ignore[misc]  # its types do not know it


class UploadForm(forms.Form):
    """Invite Users via CSV, first page. `cleaned_data["file"]` are the bytes of the file."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.ClearableFileInput(attrs={"class": "form-control", "accept": ".csv,.txt"}),
        help_text=_("Up to 5 MB and 10,000 rows. Only a column with email addresses is needed."),
    )

    def clean_file(self) -> bytes:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if Path(file.name or "").suffix.lower() not in {".csv", ".txt"}:
            raise forms.ValidationError(_("Choose a file whose name ends in .csv or .txt."))
        data = bytes(file.read(MAX_BYTES + 1))
        try:
            read_table(data)
        except CsvError as error:
            raise forms.ValidationError(str(error)) from None
        return data


class LayoutForm(forms.Form):
    """Invite Users via CSV, second page: how the file is read. What is not sent is as guessed."""

    encoding = forms.ChoiceField(
        label=_("Letters"),
        required=False,
        choices=[(codec, encoding.label) for codec, encoding in ENCODINGS.items()],
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=_("Do names below have wrong letters? Choose another one, and press Check again."),
    )
    separator = forms.ChoiceField(
        label=_("Separator of the columns"), required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    heading_line = forms.TypedChoiceField(
        label=_("Headings"), required=False, coerce=int, widget=forms.Select(attrs={"class": "form-select"})
    )
    # The layout for which the columns were chosen.
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, sent: Mapping[str, str] | None, *, guess: Layout, rows: list[Row]) -> None:
        """`rows` are all of the file, as guessed; `sent` is what a page of this form sent, None for the first one."""
        # Chosen in the page: a browser sends the first choice of a list in which none is.
        guessed = {name: getattr(guess, name) for name in ("encoding", "separator", "heading_line")}
        chosen = {name: sent[name] for name in self.base_fields if name in sent} if sent is not None else None
        super().__init__(None if chosen is None else guessed | chosen, initial=guessed)
        self.guess = guess
        separators = SEPARATORS | ({} if guess.separator in SEPARATORS else {guess.separator: guess.separator})
        self.fields["separator"].choices = list(separators.items())  # type: ignore[attr-defined]
        # Lines are those of the file, whatever separates its columns.
        lines = [(row.line, " · ".join(filter(None, row.cells))[:60]) for row in rows[:LINES_BEFORE_HEADINGS]]
        self.fields["heading_line"].choices = [  # type: ignore[attr-defined]
            (NO_HEADINGS, _("None: the first row is a person")),
            *((line, _("Line %(line)d: %(text)s") % {"line": line, "text": text}) for line, text in lines),
        ]

    @property
    def layout(self) -> Layout:
        """As chosen, or as guessed."""
        chosen = self.cleaned_data if self.is_bound and self.is_valid() else {}
        heading_line = chosen.get("heading_line")
        return Layout(
            chosen.get("encoding") or self.guess.encoding,
            chosen.get("separator") or self.guess.separator,
            self.guess.heading_line if heading_line in {None, ""} else int(heading_line),
        )


class MappingForm(forms.Form):
    """Invite Users via CSV, second page: which column holds what. Fields are the names of COLUMNS."""

    def __init__(self, *args: Any, columns: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(index), heading) for index, heading in enumerate(columns)]
        for name, label in COLUMNS.items():
            is_needed = name == "email"
            self.fields[name] = forms.TypedChoiceField(
                label=label,
                choices=choices if is_needed else [("", _("Not in the file")), *choices],
                coerce=int,
                empty_value=None,
                required=is_needed,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
