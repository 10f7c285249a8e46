"""Rounds of kill -9 under load: the service's process, then the database server's."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.durability.service import SHIPPED, Service, prepared
from bench.durability.writers import Findings, Writer, a_writer, client_of, looked_back
from tests.postgres_server import Cluster, for_sqlalchemy

WRITERS = 4
Progress = Callable[[str], None]


@contextmanager
def service_over(database_url: str, factory: str = SHIPPED) -> Iterator[tuple[Service, str]]:
    """The service over a fresh database, with a key."""
    key = prepared(database_url)
    service = Service(database_url, factory)
    service.start()
    try:
        yield service, key
    finally:
        service.stop()


@contextmanager
def kept_postgres() -> Iterator[tuple[Cluster, str]]:
    """A PostgreSQL server that keeps its data, and the address of its database."""
    cluster = Cluster().start()
    try:
        yield cluster, for_sqlalchemy(cluster.url)
    finally:
        cluster.remove()


@contextmanager
def writing(service: Service, key: str, *, persist: bool = False) -> Iterator[list[Writer]]:
    """Writers at work for the length of a `with`."""
    writers = [a_writer(client_of(service.address, key)) for _ in range(WRITERS)]
    stop = threading.Event()
    with ThreadPoolExecutor(WRITERS) as pool:
        at_work = [pool.submit(writer.write_until, stop, persist=persist) for writer in writers]
        try:
            yield writers
        finally:
            stop.set()
            for each in at_work:
                each.result()


def look_back(writers: list[Writer]) -> Findings:
    """What all writers find of their own."""
    found = Findings()
    for writer in writers:
        found.add(looked_back(writer))
        writer.client.close()
    return found


def service_kills(
    kind: str, folder: Path, rounds: int, seed: int, tell: Progress, factory: str = SHIPPED
) -> Findings:
    """Kill the service's process at a random moment of each round, and start it again."""
    if kind == "sqlite":
        return _service_kills(f"sqlite:///{folder}/kills.db", rounds, seed, tell, factory)
    with kept_postgres() as (_, url):
        return _service_kills(url, rounds, seed, tell, factory)


def _service_kills(url: str, rounds: int, seed: int, tell: Progress, factory: str) -> Findings:
    chance, found = random.Random(seed), Findings()
    with service_over(url, factory) as (service, key):
        for number in range(1, rounds + 1):
            with writing(service, key) as writers:
                time.sleep(chance.uniform(0.1, 0.8))
                service.kill()
            service.start()
            found.add(look_back(writers))
            if number % 5 == 0 or number == rounds:
                found.notes += filter(None, [service.verified()])
            tell(f"round {number}/{rounds}: {found.acknowledged} acknowledged, {_wrong(found)} wrong")
    return found


def server_kills(rounds: int, seed: int, tell: Progress) -> Findings:
    """Kill the whole PostgreSQL server at a random moment of each round; the service runs on."""
    chance, found = random.Random(seed), Findings()
    with kept_postgres() as (cluster, url), service_over(url) as (service, key):
        for number in range(1, rounds + 1):
            with writing(service, key, persist=True) as writers:
                time.sleep(chance.uniform(0.1, 0.8))
                cluster.kill()
                cluster.start()
                time.sleep(0.3)
            found.add(look_back(writers))
            if number % 5 == 0 or number == rounds:
                found.notes += filter(None, [service.verified()])
            tell(f"round {number}/{rounds}: {found.acknowledged} acknowledged, {_wrong(found)} wrong")
    return found


def _wrong(found: Findings) -> int:
    return found.lost + found.changed + found.duplicates + found.refused
