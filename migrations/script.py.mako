"""${message}; both databases, up and down.

Revision: ${up_revision}; follows: ${down_revision | comma,n}; ${create_date}
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def wall(table: str, *, listed: bool = False) -> None:
    """PostgreSQL's second wall: forced row-level security, keyed on the practice of the transaction."""
    if op.get_bind().dialect.name != "postgresql":
        return
    mine = "practice_id = nullif(current_setting('app.practice', true), '')::uuid"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY practice_wall ON {table} USING ({mine}) WITH CHECK ({mine})")
    if listed:  # names only: who migrates may see which practices there are, for the command line
        op.execute(f"CREATE POLICY owner_lists ON {table} FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO mendline_service")


def upgrade() -> None:
    """Bring the tables to this revision."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take them back to the revision before."""
    ${downgrades if downgrades else "pass"}
