"""${message}; both databases, up and down.

Revision: ${up_revision}; follows: ${down_revision | comma,n}; ${create_date}
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def wall(
    table: str, *, listed: bool = False, persons: Sequence[str] = (), through: str | None = None
) -> None:
    """PostgreSQL's second wall: forced row-level security, keyed on the practice of the transaction.

    `persons`: only the persons in these columns, the author first, and through a table of grants those let in by the
    author reach a row; only the author writes one.
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    mine = "practice_id = nullif(current_setting('app.practice', true), '')::uuid"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY practice_wall ON {table} USING ({mine}) WITH CHECK ({mine})")
    if listed:  # names only: who migrates may see which practices there are, for the command line
        op.execute(f"CREATE POLICY owner_lists ON {table} FOR SELECT TO CURRENT_USER USING (true)")
    if persons:
        me = "nullif(current_setting('app.person', true), '')::uuid"
        reach = " OR ".join(f"{column} = {me}" for column in persons)
        if through:
            reach += (
                f" OR EXISTS (SELECT 1 FROM {through} g WHERE g.practice_id = {table}.practice_id"
                f" AND g.couple_id = {table}.couple_id AND g.author_id = {table}.{persons[0]} AND g.person_id = {me}"
                " AND g.ends_at > nullif(current_setting('app.at', true), '')::timestamptz)"
            )
        op.execute(
            f"CREATE POLICY person_wall ON {table} AS RESTRICTIVE USING ({reach}) WITH CHECK ({persons[0]} = {me})"
        )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO mendline_service")


def keep(
    table: str, *, when: str = "", once: Sequence[str] = (), free: Sequence[str] = (), mortal: bool = False
) -> None:
    """Triggers that refuse to change or delete rows (where `when` holds); a table made anew needs them again.

    Rows of a `mortal` table may go when the tombstone of their couple stands.
    """
    postgres = op.get_bind().dialect.name == "postgresql"
    changed = "OLD.{0} IS DISTINCT FROM NEW.{0}" if postgres else "OLD.{0} IS NOT NEW.{0}"
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    touched = [changed.format(name) for name in columns if name not in {*once, *free}]
    touched += [f"(OLD.{name} IS NOT NULL AND {changed.format(name)})" for name in once]
    update = f"({' OR '.join(touched)})" if when or once or free else ""
    refuse = f"EXECUTE FUNCTION mendline_refuse({'couple' if mortal else ''})"
    lives = "NOT EXISTS (SELECT 1 FROM tombstone WHERE practice_id = OLD.practice_id AND couple_id = OLD.couple_id)"
    delete = " AND ".join(filter(None, (when, lives if mortal and not postgres else "")))
    if not postgres:
        refuse = "BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END"
    for event, condition in (("UPDATE", " AND ".join(filter(None, (when, update)))), ("DELETE", delete)):
        op.execute(
            f"CREATE TRIGGER kept_{table}_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW"
            f" {f'WHEN ({condition})' if condition else ''} {refuse}"
        )


def upgrade() -> None:
    """Bring the tables to this revision."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take them back to the revision before."""
    ${downgrades if downgrades else "pass"}
