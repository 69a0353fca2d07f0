"""The objects that tests begin with are valid ones."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import factories

MAKERS = [value for name, value in vars(factories).items() if name.startswith("make_")]


@pytest.mark.django_db
@pytest.mark.parametrize("make", MAKERS)
def test_every_object_can_be_made_without_arguments(make: Callable[[], Any]) -> None:
    made = make()
    for row in made if isinstance(made, list) else [made]:
        row.refresh_from_db()
        # What is null or an empty object need not be filled in.
        row.full_clean(exclude=[field.name for field in row._meta.fields if getattr(row, field.name) in (None, {}, [])])
