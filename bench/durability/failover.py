"""A primary with a standby: the standby cut off, the primary killed, the standby promoted; the command comes in."""

import random
import time
from dataclasses import dataclass, field

import httpx
import psycopg

from bench.durability.rounds import Progress, look_back, service_over, writing
from bench.durability.service import Service
from bench.durability.writers import Findings
from tests.postgres_server import Cluster

CUT = 0.4  # seconds that the standby hears nothing before the primary dies


@dataclass
class Failovers:
    """What the rounds found, and how long the service could not write."""

    findings: Findings = field(default_factory=Findings)
    pauses: list[float] = field(default_factory=list)


def failovers(rounds: int, seed: int, tell: Progress, *, synchronous: bool) -> Failovers:
    """Rounds of: write, cut off the standby, kill the primary, promote the standby, go on writing."""
    chance, result = random.Random(seed), Failovers()
    first = Cluster().start()
    second: Cluster | None = None
    try:
        second = Cluster(copied_from=first)
        address = (
            f"postgresql+psycopg://postgres:{first.password}@/postgres?host=127.0.0.1:{first.port}"
            f"&host=127.0.0.1:{second.port}&target_session_attrs=read-write&connect_timeout=5"
        )
        with service_over(address) as (service, key):
            primary, standby = first, second
            for number in range(1, rounds + 1):
                _follow(primary, standby, synchronous=synchronous)
                result.pauses.append(_round(service, key, primary, standby, chance, result.findings))
                primary, standby = standby, primary
                standby.copy_again(primary)
                tell(
                    f"round {number}/{rounds}: {result.findings.acknowledged} acknowledged, "
                    f"{result.findings.lost} lost, wrote again after {result.pauses[-1]:.1f} s"
                )
    finally:
        first.remove()
        if second is not None:
            second.remove()
    return result


def _follow(primary: Cluster, standby: Cluster, *, synchronous: bool) -> None:
    standby.start()
    if synchronous:
        _altered(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
    with psycopg.connect(primary.url, autocommit=True) as connection:
        for _ in range(600):
            if connection.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'").fetchone():
                break
            time.sleep(0.05)


def _round(
    service: Service, key: str, primary: Cluster, standby: Cluster, chance: random.Random, found: Findings
) -> float:
    with writing(service, key, persist=True) as writers:
        time.sleep(chance.uniform(0.3, 0.8))
        _altered(standby, "ALTER SYSTEM SET primary_conninfo = ''")  # from here on it hears nothing
        time.sleep(CUT)
        primary.kill()
        begun = time.monotonic()
        _altered(standby, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_promote()")
        pause = _until_written(service, key, begun)
        time.sleep(0.3)
    found.add(look_back(writers))
    return pause


def _altered(cluster: Cluster, *statements: str) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for statement in (*statements, "SELECT pg_reload_conf()"):
            connection.execute(statement.encode())


def _until_written(service: Service, key: str, begun: float) -> float:
    """Seconds until the service, never restarted, takes a write again; at most a minute is waited."""
    label = {"label": "C-2", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
    betrayal = {
        "affected": "a",
        "kind": "financial",
        "came_to_light": "discovery",
        "came_to_light_on": "2025-03-14",
    }
    while time.monotonic() - begun < 60:
        try:
            answer = httpx.post(
                f"{service.address}/v1/couples",
                json={**label, "betrayals": [betrayal]},
                headers={"Authorization": f"Bearer {key}"},
                timeout=10,
            )
            if answer.status_code == 201:
                return time.monotonic() - begun
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    return float("inf")
