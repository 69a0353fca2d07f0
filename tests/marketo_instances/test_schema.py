"""What a Marketo instance says about itself."""

import pytest

from clients.marketo.types import LeadField
from connections.models import MarketoInstance
from marketo_instances.prerequisites import prerequisites
from marketo_instances.schema import linkedin_field
from sandbox.testing import SandboxProcess


def field(name: str, data_type: str = "string", label: str = "") -> LeadField:
    return LeadField(name, label or name, data_type, 255, is_read_only=False)


@pytest.mark.parametrize(
    ("fields", "chosen"),
    [
        ([field("linkedIn", "url"), field("linkedInProfileURL")], "linkedInProfileURL"),
        ([field("aLinkedInName"), field("zLinkedInURL__c", "url")], "zLinkedInURL__c"),
        ([field("zLINKEDIN", "text"), field("mLinkedin"), field("profile", label="Profile")], "mLinkedin"),
        ([field("field_17__c", "url", "LinkedIn page")], "field_17__c"),
        ([field("hasLinkedIn", "boolean"), field("linkedInReach", "integer")], ""),
        ([field("linkedInPhotoURL", "url"), field("linkedInId"), field("linkedInDisplayName")], ""),
        ([field("website", "url")], ""),
        (
            [field("linkedIn%", "url"), field("linkedIn,URL"), field("linkedIn\tURL"), field("linkedIn URL")],
            "linkedIn URL",
        ),
        ([], ""),
    ],
)
def test_the_field_for_linkedin_is_chosen(fields: list[LeadField], chosen: str) -> None:
    assert linkedin_field(fields) == chosen


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("linkedInURL__c", "read from the field linkedInURL__c"), ("", "has no field for the LinkedIn")],
)
def test_the_prerequisites_say_which_field_is_read(
    instance: MarketoInstance, sandbox: SandboxProcess, name: str, sentence: str
) -> None:
    sandbox.post("/_sandbox/switches", {"linkedin_field": name})
    assert sentence in prerequisites(instance).is_salesforce_synced.sentence
