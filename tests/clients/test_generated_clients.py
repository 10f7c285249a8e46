"""What strangers' tools make of the served document: Redocly's linter, TypeScript types, a Python client.

The Node tools run where Node is present; everything is installed once from the locks in this folder.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from tests.tools import installed

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NPM = shutil.which("npm")
with_node = pytest.mark.skipif(NPM is None, reason="Node is not on this machine; CI has it")
pytestmark = pytest.mark.xdist_group("clients")  # one installation at a time

# Records of an earlier system travel as files; the generator must be told that those media types are bytes.
CLIENT_CONFIG = """
post_hooks: []
project_name_override: mendline-client
content_type_overrides:
  application/x-ndjson: application/octet-stream
  text/csv: application/octet-stream
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a tool; its whole output is the message when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def node_tools() -> Path:
    """The Node tools of package-lock.json."""
    files = [HERE / name for name in ("package.json", "package-lock.json")]

    def install(folder: Path) -> None:
        for file in files:
            shutil.copy(file, folder)
        run(str(NPM), "ci", "--no-audit", "--no-fund", cwd=folder)

    return installed("node", files, install)


@pytest.fixture(scope="module")
def python_tools() -> Path:
    """The generator and its type checker, in an environment of their own: the generator holds typer back."""
    lock = HERE / "requirements.lock"

    def install(folder: Path) -> None:
        run(sys.executable, "-m", "venv", folder, cwd=ROOT)
        pip = ("-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes", "-r")
        run(folder / "bin" / "python", *pip, lock, cwd=ROOT)

    return installed("python", [lock], install) / "bin"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served OpenAPI document as a file."""
    folder = tmp_path_factory.mktemp("document")
    app = create_app(Settings(data_dir=folder))
    path = folder / "openapi.json"
    path.write_text(json.dumps(app.openapi()))
    app.state.house.store.close()
    return path


@with_node
def test_redocly_finds_no_error_in_the_document(node_tools: Path, document: Path) -> None:
    shutil.copy(HERE / "redocly.yaml", document.parent)

    run(
        node_tools / "node_modules" / ".bin" / "redocly",
        "lint",
        document,
        "--config",
        document.parent / "redocly.yaml",
        cwd=document.parent,
        REDOCLY_TELEMETRY="off",
        REDOCLY_SUPPRESS_UPDATE_NOTICE="true",
    )


@with_node
def test_a_frontend_compiles_against_generated_types(
    node_tools: Path, document: Path, tmp_path: Path
) -> None:
    tools = node_tools / "node_modules" / ".bin"
    run(tools / "openapi-typescript", document, "-o", tmp_path / "api.d.ts", cwd=tmp_path)
    for name in ("frontend.ts", "tsconfig.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(node_tools / "node_modules")

    run(tools / "tsc", "-p", tmp_path, cwd=tmp_path)

    (tmp_path / "frontend.ts").write_text((HERE / "frontend.ts").read_text().replace('"A."', "7"))
    with pytest.raises(AssertionError, match="not assignable"):
        run(tools / "tsc", "-p", tmp_path, cwd=tmp_path)


def test_a_generated_python_client_is_fully_typed(python_tools: Path, document: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(CLIENT_CONFIG)

    run(
        python_tools / "openapi-python-client",
        "generate",
        "--path",
        document,
        "--config",
        config,
        "--output-path",
        tmp_path / "client",
        "--fail-on-warning",
        cwd=tmp_path,
    )

    strict = ("--strict", "--cache-dir", tmp_path / "cache")
    run(python_tools / "mypy", *strict, "mendline_client", cwd=tmp_path / "client")
