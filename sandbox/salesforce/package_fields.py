"""What the package Marketo Sales Insight adds to Lead and Contact."""

from typing import Final

from sandbox.salesforce.schema import Field

_PREFIX: Final = "mkto_si__"
_FORMULA: Final = 1300

FIRST_FIELDS: Final = tuple(
    Field(f"{_PREFIX}{name}__c", kind, length, label=name.replace("_", " "))
    for name, kind, length in (
        ("Last_Interesting_Moment_Date", "datetime", 0),
        ("Last_Interesting_Moment_Desc", "textarea", 255),
        ("Last_Interesting_Moment_Source", "string", 100),
        ("Last_Interesting_Moment_Type", "string", 100),
        ("Relative_Score_Value", "double", 0),
        ("Urgency_Value", "double", 0),
    )
)
"""Six of the seven fields that Adobe's page on layouts named for years; *Engagement* is in no public column list."""


def _more(name: str, label: str, kind: str = "string", length: int = _FORMULA) -> Field:
    return Field(f"{_PREFIX}{name}__c", kind, length, label=label)


# Labels as on Adobe's newest page ("Configure Marketo Sales Insight in Salesforce Enterprise/Unlimited"). The names are
# those of public column lists, except of the two "... by Sales": found nowhere, they are made of the labels.
_OF_BOTH: Final = (
    *FIRST_FIELDS,
    _more("Last_Interesting_Moment", "Last Interesting Moment"),
    _more("Last_Marketo_Activity_by_Sales", "Last Marketo Activity by Sales", length=255),
    _more("Last_Marketo_Engagement_by_Sales", "Last Marketo Engagement by Sales", length=255),
    _more("Relative_Score", "Relative Score"),
    _more("Urgency", "Urgency"),
)
NEWEST_FIELDS: Final = {
    "Lead": (
        *_OF_BOTH,
        Field(
            f"{_PREFIX}MSIContactId__c", "reference", 18, ("Contact",), f"{_PREFIX}MSIContactId__r", "MSI Contact Id"
        ),
        _more("View_in_Marketo", "View in Marketo"),
        # The page is said to name 14; this one, which public column lists have, is the guess for the last of them.
        _more("Add_to_Marketo_Campaign", "Add to Marketo Campaign"),
    ),
    "Contact": (
        *_OF_BOTH,
        _more("Mkto_Lead_Score", "MKTO Lead Score", "double", 0),
        _more("Sales_Insight", "Sales Insight"),
    ),
}


def package_fields(sobject: str, *, is_newest: bool) -> tuple[Field, ...]:
    """The fields of the package on an object."""
    return NEWEST_FIELDS.get(sobject, ()) if is_newest else FIRST_FIELDS if sobject in NEWEST_FIELDS else ()
