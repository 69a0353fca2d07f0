"""Operations of migrations for the indexes of Person: each partition of the copy has its own."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, RemoveIndex
from django.db.migrations.state import ProjectState
from django.db.models import Index

from sync.engine.partitions import all_partitions, index_name, index_statement


class AddPersonIndex(AddIndex):
    """AddIndex for Person. Django's own would index the parent, and so each partition while it is still empty."""

    def __init__(self, index: Index) -> None:
        super().__init__("person", index)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: ProjectState
    ) -> None:
        _make(self.index, app_label, schema_editor, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        _drop(self.index.name, schema_editor)


class RemovePersonIndex(RemoveIndex):
    """RemoveIndex for Person."""

    def __init__(self, name: str) -> None:
        super().__init__("person", name)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        _drop(self.name, schema_editor)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: ProjectState
    ) -> None:
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        _make(index, app_label, schema_editor, to_state)


def _make(index: Index, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState) -> None:
    model = state.apps.get_model(app_label, "person")
    _drop(index.name, schema_editor)
    for table in all_partitions():
        statement = index_statement(model, index, table)
        schema_editor.execute(
            statement.replace("CREATE INDEX", f"CREATE INDEX{_concurrently(schema_editor)}", 1), params=None
        )


def _drop(name: str, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for table in all_partitions():
        schema_editor.execute(
            f"DROP INDEX{_concurrently(schema_editor)} IF EXISTS {index_name(name, table)}", params=None
        )


def _concurrently(schema_editor: BaseDatabaseSchemaEditor) -> str:
    """In a migration that is not atomic nobody who writes is kept waiting; what it left half done is made anew."""
    return "" if schema_editor.atomic_migration else " CONCURRENTLY"
