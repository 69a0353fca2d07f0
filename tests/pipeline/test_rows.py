"""Rows of a file that the database refuses as a whole: one that cannot be read takes no other along."""

import pytest

from pipeline.engine.rows import Refused, read_rows

HEADER = ["id", "title", "company"]


@pytest.mark.parametrize("company", ['"\n"', '"Acme\n"', '"Acme\r\n"', '"a\n,""b"'])
def test_a_bare_carriage_return_refuses_its_own_row_alone(company: str) -> None:
    """Its other lines are no rows: one that begins with a quote would make a cell of all rows up to the next quote."""
    others = "".join(f"{number},Boss,Acme\n" for number in range(2, 30))
    file = f"id,title,company\n1,a\rb,{company}\n{others}"
    refused, *rows = read_rows([file.encode()], HEADER)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.line) == ("unreadable_row", 3)
    assert refused.text == f"1,a\rb,{company}"
    assert rows == [[str(number), "Boss", "Acme"] for number in range(2, 30)]


def test_a_carriage_return_in_quotes_is_a_text_like_any_other() -> None:
    file = 'id,title,company\r\n1,"a\rb","c\r\nd\r"\r\n2,Boss,Acme\r\n'
    assert list(read_rows([file.encode()], HEADER)) == [["1", "a\rb", "c\r\nd\r"], ["2", "Boss", "Acme"]]
