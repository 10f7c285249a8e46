"""PostgreSQL's service role and the trigger that refuses to change what is signed; nothing to do on SQLite.

The role owns nothing and sees only the practice of its transaction.

Revision: 0001; follows nothing.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the role if the server has none yet (roles belong to the server, not to one database)."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mendline_service') THEN
                CREATE ROLE mendline_service NOLOGIN NOSUPERUSER NOBYPASSRLS;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute(
        """
        DO $$ BEGIN
            IF NOT pg_has_role(current_user, 'mendline_service', 'MEMBER') THEN
                EXECUTE format('GRANT mendline_service TO %I', current_user);
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN NULL;  -- the service signs in with a login of its own
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA public TO mendline_service")
    op.execute(
        """
        CREATE FUNCTION mendline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'DELETE' AND TG_NARGS = 1 THEN  -- tables without the argument may have no couple_id
                IF EXISTS (
                    SELECT 1 FROM tombstone WHERE practice_id = OLD.practice_id AND couple_id = OLD.couple_id
                ) THEN
                    RETURN OLD;  -- the record of this couple is being destroyed
                END IF;
            END IF;
            RAISE EXCEPTION '% of a row that stays as it is', TG_OP
                USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        "GRANT SELECT ON alembic_version TO mendline_service"
    )  # to see whether the database is at head


def downgrade() -> None:
    """Take its rights in this database; the role itself may serve other databases and stays."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION mendline_refuse()")
        op.execute("REVOKE ALL ON alembic_version FROM mendline_service")
        op.execute("REVOKE ALL ON SCHEMA public FROM mendline_service")
