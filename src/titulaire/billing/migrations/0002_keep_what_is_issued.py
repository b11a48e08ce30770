"""The database itself refuses to change or delete an issued document, its lines, or a payment, whoever asks."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ISSUED_LINE = "(SELECT number FROM billing_document WHERE id = {row}.document_id) <> ''"
# Table, verb, when it is refused.
REFUSED = (
    ("billing_document", "UPDATE", "OLD.number <> ''"),
    ("billing_document", "DELETE", "OLD.number <> ''"),
    ("billing_line", "INSERT", ISSUED_LINE.format(row="NEW")),
    ("billing_line", "UPDATE", ISSUED_LINE.format(row="OLD")),
    ("billing_line", "DELETE", ISSUED_LINE.format(row="OLD")),
    ("billing_payment", "UPDATE", "true"),
    ("billing_payment", "DELETE", "true"),
)
MESSAGE = "an issued document never changes"


def add_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        for table, verb, when in REFUSED:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    for table, verb, when in REFUSED:
        given = "NEW" if verb != "DELETE" else "OLD"
        # A plain `IF`: a trigger's own WHEN cannot read another table.
        schema_editor.execute(
            f"CREATE FUNCTION {table}_{verb.lower()}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION '{MESSAGE}'; END IF; RETURN {given}; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_{verb.lower()}()"
        )


def drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table, verb, _ in REFUSED:
        name = f"{table}_{verb.lower()}"
        schema_editor.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            schema_editor.execute(f"DROP FUNCTION {name}()")


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunPython(add_triggers, drop_triggers)]
