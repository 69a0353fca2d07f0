"""
Beginnings are compared byte by byte, under every collation: so a search reads an index in its order, and stops after as
many as it wants. Only people in the copy are found.

The new indexes of 1,500,000 people take some twenty seconds. Nobody is kept waiting, but whoever writes to the copy
just then comes first.
"""

from django.db import migrations, models
from django.db.models.functions import Collate, Lower

from sync.person_indexes import AddPersonIndex, RemovePersonIndex
from sync.querysets import Folded

KEYS = {
    "email": Lower("email"),
    "first_name": Folded("first_name"),
    "last_name": Folded("last_name"),
    "company": Folded("company"),
}


def _index(name: str) -> models.Index:
    condition = models.Q(removed_at=None)
    return models.Index("account", Collate(KEYS[name], "C"), name=f"person_by_{name}", condition=condition)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("sync", "0006_partitions_of_the_copy")]

    operations = [
        *(AddPersonIndex(_index(name)) for name in KEYS),
        *(RemovePersonIndex(f"person_{name}") for name in KEYS),
    ]
