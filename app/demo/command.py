"""`mendline demo`: the sample practice in one command, served or printed; the command line comes in."""

import errno
import json
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from app.demo.practice import Demo, fresh_key, shown, stand_ready
from app.demo.stories import STORIES
from app.listener import Listener

NEXT_PORTS = 20


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    data_dir: Path | None = None,
    once: bool = False,
    as_json: bool = False,
) -> None:
    """Make or reuse the sample practice; then serve it, or print its caseload and end."""
    folder = data_dir or Path(".demo")
    aside = Console(stderr=True, highlight=False)
    demo = _stand_ready(folder, host, port, aside)
    try:
        if once:
            _print(list(shown(demo)), as_json)
        else:
            _serve(demo, folder, host, port, aside)
    finally:
        demo.store.close()


def _stand_ready(folder: Path, host: str, port: int, aside: Console) -> Demo:
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=aside,
        transient=True,
    )
    with bar:
        task = bar.add_task("Looking for the sample practice", total=None)

        def told(couple: str) -> None:
            bar.update(task, description=f"Telling {couple}", total=len(STORIES), advance=1)

        return stand_ready(folder, host, port, told)


# --- printing ---


def _print(cases: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"couples": cases}, ensure_ascii=False) + "\n")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in ("case", "direction", "progress", "stopping", "in words"):
        table.add_column(column, overflow="fold")
    titles = {story.code: story.title for story in STORIES}
    for case in cases:
        for way in case["directions"]:
            table.add_row(f"{case['case']} {titles[case['case']]}", *_cells(way))
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160).print(table)


def _cells(way: dict[str, Any]) -> tuple[str, str, str, str]:
    criteria = way["stop"]["criteria"]
    risen = [
        f"{code} {found['status']}"
        for code, found in criteria.items()
        if found["status"] in ("emerging", "met")
    ]
    stop = ", ".join(risen) or way["stop"]["status"]
    return str(way["direction"]), way["progress"]["status"], stop, way["progress"]["headline"]["text"]


# --- serving ---


def _serve(demo: Demo, folder: Path, host: str, port: int, aside: Console) -> None:
    from app.main import create_app

    listening, taken = _listening(host, port)
    if taken:
        aside.print(f"Port {port} is taken; using {listening.getsockname()[1]} instead.")
    key = fresh_key(demo)
    app = create_app(demo.settings, store=demo.store)
    quiet: dict[str, Any] = {"log_level": "warning", "access_log": False, "server_header": False}
    server = uvicorn.Server(uvicorn.Config(app, http=Listener, ws="none", **quiet))
    Console(highlight=False, markup=False, soft_wrap=True).print(_welcome(demo, folder, listening, key))
    server.run(sockets=[listening])


def _listening(host: str, port: int) -> tuple[socket.socket, bool]:
    """A socket on the port asked for, or on the next free one; it queues callers until the server is up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + NEXT_PORTS, 65_536)):
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, candidate))
            found.listen(128)
        except OSError as refused:
            found.close()
            if refused.errno != errno.EADDRINUSE:
                raise
        else:
            return found, candidate != port
    raise OSError(
        errno.EADDRINUSE, f"ports {port} to {port + NEXT_PORTS - 1} are all taken; say another with --port"
    )


def _welcome(demo: Demo, folder: Path, listening: socket.socket, key: str) -> str:
    host, port = listening.getsockname()[:2]
    shown_host = "127.0.0.1" if ip_address(host).is_unspecified else host
    base = f"http://[{shown_host}]:{port}" if ":" in shown_host else f"http://{shown_host}:{port}"
    made = "told afresh, ending about now" if demo.fresh else "as told earlier today"
    return f"""
The sample practice is up: {len(STORIES)} invented couples, {made}.

  service    {base}/
  reference  {base}/docs
  API key    {key}
  data       {folder.resolve()}

Who needs attention first:

  curl -H 'Authorization: Bearer {key}' {base}/v1/caseload

Stop with Ctrl-C. Everything in it is invented; nothing leaves this machine.
"""
