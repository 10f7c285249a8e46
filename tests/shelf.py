"""A worker's PostgreSQL databases, emptied and lent again; fixtures come in.

Making one anew costs more than most tests.
"""

from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from tests import postgres_server

LOANS = 40
"""How often one database is lent: what is deleted leaves dead rows behind, and nobody vacuums here."""

EMPTIED = """
DO $$
DECLARE name text; found boolean;
BEGIN
  SET LOCAL session_replication_role = replica;  -- past foreign keys, and past the guards of what is kept
  SET LOCAL lock_timeout = '2s';
  FOR name IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO found;
    IF found THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
END $$
"""

SHAPE = """
SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
  SELECT concat_ws(' ', relname, relkind, relrowsecurity, relforcerowsecurity, relacl, relowner) AS line FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(' ', polrelid, polname, polcmd, polqual, polwithcheck) FROM pg_policy
  UNION ALL SELECT concat_ws(' ', conrelid, conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, attisdropped)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', proname, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT version_num FROM alembic_version
) AS shape
"""


@dataclass
class Loan:
    """A database at head that one test at a time has."""

    url: str
    warden: psycopg.Connection
    shape: str
    left: int = LOANS


@dataclass
class Shelf:
    """Copies of a migrated database."""

    template: str
    free: list[Loan] = field(default_factory=list)

    def borrow(self) -> Loan:
        """An empty database of the template's shape."""
        if self.free:
            return self.free.pop()
        url = postgres_server.create_database(postgres_server.postgres_url(), template=self.template)
        warden = psycopg.connect(url, autocommit=True)
        return Loan(url, warden, _shape(warden))

    def give_back(self, loan: Loan) -> None:
        """Empty it for the next test; one that is worn, held by somebody or changed in shape is dropped."""
        loan.left -= 1
        with suppress(psycopg.Error):
            if loan.left and _emptied(loan):
                self.free.append(loan)
                return
        _drop(loan)

    def close(self) -> None:
        """Drop what is left."""
        while self.free:
            _drop(self.free.pop())


def _emptied(loan: Loan) -> bool:
    loan.warden.execute(EMPTIED)
    return _shape(loan.warden) == loan.shape


def _drop(loan: Loan) -> None:
    loan.warden.close()
    postgres_server.drop_database(loan.url)


def _shape(connection: psycopg.Connection) -> str:
    row = connection.execute(SHAPE).fetchone()
    assert row is not None
    return str(row[0])
