"""What the image does when it is started on an empty volume, tried without a daemon: its own words, in a folder."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from bench.processes import free_port
from tests.house.test_postgres_server import CHECKOUT

IMAGE = (CHECKOUT / "Dockerfile").read_text()


def test_it_works_as_somebody_without_rights_in_the_folder_that_is_the_volume() -> None:
    last = IMAGE.rsplit("FROM ", 1)[1]
    assert re.search(r"^USER mendline$", last, re.MULTILINE)
    assert last.index("USER mendline") < last.index("CMD [")
    assert "MENDLINE_DATA_DIR=/data" in last
    assert "VOLUME /data" in last
    assert "--owner mendline" in last


def test_its_command_serves_from_an_empty_volume_and_its_health_check_agrees(tmp_path: Path) -> None:
    port = str(free_port())
    command, check = words_at("serve", port), words_at("urllib", port)
    program = [sys.executable, "-c", "from app.cli import main; main()", *command[1:]]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MENDLINE_")}
    environment = {**clean, "MENDLINE_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(CHECKOUT)}
    running = subprocess.Popen(program, cwd=tmp_path, env=environment, stderr=subprocess.PIPE)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", running)
        healthy = subprocess.run([sys.executable, *check[1:]], env=clean, check=False)
        assert healthy.returncode == 0
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode in (0, -signal.SIGTERM)
    assert (tmp_path / "data" / "mendline.db").exists()
    ill = subprocess.run([sys.executable, *check[1:]], env=clean, check=False, capture_output=True)
    assert ill.returncode != 0


def words_at(telling: str, port: str) -> list[str]:
    """The command that holds a word, on another port."""
    commands: list[Any] = [json.loads(found) for found in re.findall(r"CMD (\[.+\])$", IMAGE, re.MULTILINE)]
    chosen = next(command for command in commands if any(telling in word for word in command))
    return [str(word).replace("8000", port) for word in chosen]


def wait_for(address: str, running: "subprocess.Popen[bytes]") -> None:
    for _ in range(1_200):
        assert running.poll() is None, "it ended by itself"
        try:
            if httpx.get(address, timeout=30).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("it was never ready")
