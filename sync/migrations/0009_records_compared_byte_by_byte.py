"""
Ids of Salesforce are compared byte by byte: their index is made in half to three quarters of the time.

The new index of 1,500,000 people takes some seconds. Nobody is kept waiting, but whoever writes to the copy just then
comes first.
"""

from django.db import migrations, models
from django.db.models.functions import Collate

from sync.person_indexes import AddPersonIndex, RemovePersonIndex

RECORD = models.Case(
    models.When(salesforce_type="Contact", then="salesforce_contact_id"), default="salesforce_lead_id"
)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("sync", "0008_plain_words")]

    operations = [
        AddPersonIndex(
            models.Index(
                "account", Collate(RECORD, "C"), name="person_by_record", condition=models.Q(removed_at=None)
            )
        ),
        RemovePersonIndex("person_record"),
    ]
