"""Pages are sent without the indentation of their source; mails in plain text are not touched."""

from pathlib import Path

from django.template import Engine

from msi_admin.template_loaders import Loader


def test_only_pages_lose_their_indentation(tmp_path: Path) -> None:
    source = "<ul>\n\n  <li>\n\t a  b\n  </li>\n</ul>\n"
    (tmp_path / "page.html").write_text(source)
    (tmp_path / "mail.txt").write_text(source)
    loader = Loader(Engine.get_default(), [tmp_path])
    assert loader.get_template("page.html").source == "<ul>\n\n<li>\na  b\n</li>\n</ul>\n"
    assert loader.get_template("mail.txt").source == source
