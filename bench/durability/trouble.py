"""A disk that fills up and connections that are cut: refused cleanly, nothing half-written, well again by itself."""

import random
import resource
import time
from pathlib import Path

import psycopg

from bench.durability.rounds import Progress, kept_postgres, look_back, service_over, writing
from bench.durability.writers import Findings, Sent, a_writer, client_of, looked_back

LITTLE = 1_000_000  # bytes that the files may still grow


def full_disk(folder: Path, tell: Progress) -> tuple[Findings, int]:
    """Let no file of the service grow further until writes are refused, then lift the limit; also counts refusals."""
    refusals = 0
    with service_over(f"sqlite:///{folder}/full.db") as (service, key):
        assert service.process is not None
        pid, unlimited = service.process.pid, resource.RLIM_INFINITY
        with client_of(service.address, key) as client:
            writer = a_writer(client)
            largest = max(path.stat().st_size for path in folder.glob("full.db*"))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + LITTLE, unlimited))
            for number in range(3000):
                each = Sent(f"full-{number}", *writer.next(number))
                answer = client.post(each.path, json=each.body, headers={"Idempotency-Key": each.key})
                writer.sent.append(each)
                if answer.status_code == 201:
                    each.status, each.answer = 201, answer.json()
                elif answer.status_code in (503, 507):
                    refusals += 1
                else:
                    each.status, each.answer = answer.status_code, answer.json()
                if refusals >= 20:
                    break
            alive = client.get("/livez").status_code == 200
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
            found = looked_back(writer)
        if not alive:
            found.notes.append("the service died of the full disk")
        found.notes += filter(None, [service.verified()])
    tell(f"{found.acknowledged} acknowledged, {refusals} refused while full, all taken afterwards")
    return found, refusals


def cut_connections(cuts: int, seed: int, tell: Progress) -> Findings:
    """Cut the service's connections to PostgreSQL at random moments while writers write."""
    chance = random.Random(seed)
    with kept_postgres() as (cluster, url), service_over(url) as (service, key):
        done = 0
        with (
            writing(service, key, persist=True) as writers,
            psycopg.connect(cluster.url, autocommit=True) as cutter,
        ):
            while done < cuts:
                time.sleep(chance.uniform(0.002, 0.03))
                rows = cutter.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
                ).fetchall()
                done += len(rows)
                if rows and done % 100 == 0:
                    tell(f"{done}/{cuts} connections cut")
        found = look_back(writers)
        found.notes += filter(None, [service.verified()])
    return found
