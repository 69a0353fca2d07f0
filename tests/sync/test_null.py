"""One rule for what is no value, however a file is read."""

import pytest
from django.db import IntegrityError, connection
from psycopg import sql

from accounts.models import SalesAccount
from pipeline.engine.rows import Refused, read_rows
from sync.engine.stage import StageTable
from sync.models import Source
from sync.statuses import RunStatus
from tests.factories import make_run

FILE = b'id,lastName\n1,null\n2,"null"\n3,Null\n4,NULL\n5,\n6,""\n7,NA\n8,"say ""null"""\n'
NAMES = [None, None, "Null", "NULL", "", "", "NA", 'say "null"']


@pytest.mark.django_db
def test_copy_and_row_by_row_read_the_same(account: SalesAccount) -> None:
    """Pain 17: only Marketo's own word for no value becomes null, quoted or not; no other text does."""
    run = make_run(account, RunStatus.PLANNING, fields=["id", "lastName"])
    table = StageTable(run, Source.MARKETO_PEOPLE)
    table.create()
    assert table.copy_file([FILE]) == len(NAMES)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL('SELECT "lastName" FROM {} ORDER BY id').format(table.name))
        copied = [name for (name,) in cursor.fetchall()]
    read = [row[1] for row in read_rows([FILE], run.fields) if not isinstance(row, Refused)]
    assert copied == read == NAMES


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["null", "-1", "1000000000000000000"])
def test_copy_and_row_by_row_refuse_the_same_ids(account: SalesAccount, number: str) -> None:
    """The merge would end by it, or the pages that lead to such a person."""
    run, file = make_run(account, RunStatus.PLANNING, fields=["id", "lastName"]), f"id,lastName\n{number},Lind\n"
    table = StageTable(run, Source.MARKETO_PEOPLE)
    table.create()
    [row] = read_rows([file.encode()], run.fields)
    assert isinstance(row, Refused)
    with pytest.raises(IntegrityError):
        table.copy_file([file.encode()])
