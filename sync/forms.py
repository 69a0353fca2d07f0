"""Fields of this room's forms."""

from django import forms


class TypedText(forms.CharField):
    """
    What was typed into a posted field, cut to `longest` characters and without NUL, which no text of ours holds.

    What is typed about a person is posted, since addresses end up in logs and histories.
    """

    def __init__(self, *, longest: int) -> None:
        super().__init__(required=False)
        self.longest = longest

    def to_python(self, value: object) -> str:
        text = super().to_python(str(value or "").replace("\0", "")) or ""
        return text[: self.longest]
