"""A frontend whose users sign in at a real OpenID Connect provider reads and signs in Mendline with its tokens."""

import base64
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.practice.issuer import Issuer, Rules, StepUp
from tests.people import Caller, World, a_couple
from tests.tools import installed

HERE = Path(__file__).parent
NODE, NPM = shutil.which("node"), shutil.which("npm")
pytestmark = [
    pytest.mark.skipif(NODE is None or NPM is None, reason="Node is not on this machine; CI has it"),
    pytest.mark.xdist_group("identity"),
]
AUDIENCE, CALLBACK = "https://mendline.example", "http://127.0.0.1:9/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """The provider and what it needs, installed once from the lock in this folder."""
    files = [HERE / name for name in ("package.json", "package-lock.json", "provider.mjs")]

    def install(folder: Path) -> None:
        for file in files:
            shutil.copy(file, folder)
        command = [str(NPM), "ci", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)

    return installed("identity", files, install)


def said(process: subprocess.Popen[str], beginning: str) -> str:
    """The next line that begins so, among the provider's own remarks."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith(beginning):
            return line.strip()
    raise AssertionError("the provider ended")


@dataclass
class Provider:
    """The provider as a process of its own."""

    process: subprocess.Popen[str]
    address: str

    def rotate(self) -> None:
        """Begin again with new keys."""
        assert self.process.stdin
        self.process.stdin.write("rotate\n")
        self.process.stdin.flush()
        said(self.process, "rotated")

    def token(self, name: str, scope: str = "openid record:read record:write") -> str:
        """The access token that a frontend gets when its user signs in under a name (authorization code, PKCE)."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
        with httpx.Client(base_url=self.address) as browser:
            answer = browser.get(
                "/auth",
                params={
                    "client_id": "frontend",
                    "response_type": "code",
                    "redirect_uri": CALLBACK,
                    "scope": scope,
                    "resource": AUDIENCE,
                    "code_challenge": challenge,
                    "code_challenge_method": "S256",
                },
            )
            code = self._code(browser, answer, name)
            told = browser.post(
                "/token",
                data={
                    "grant_type": "authorization_code",
                    "client_id": "frontend",
                    "code": code,
                    "redirect_uri": CALLBACK,
                    "code_verifier": VERIFIER,
                },
            )
        told.raise_for_status()
        return str(told.json()["access_token"])

    def _code(self, browser: httpx.Client, answer: httpx.Response, name: str) -> str:
        """Follow the provider's pages as a user would, until it sends the browser back with a code."""
        for _ in range(12):
            if answer.is_redirect:
                address = answer.headers["location"]
                if address.startswith(CALLBACK):
                    return parse_qs(urlsplit(address).query)["code"][0]
                answer = browser.get(address)
            else:
                answer.raise_for_status()
                prompt = "login" if 'value="login"' in answer.text else "consent"
                form = {"prompt": prompt, "login": name, "password": "any"}
                answer = browser.post(answer.url.path, data=form)
        raise AssertionError("the provider never sent the browser back")


@pytest.fixture(scope="module")
def provider(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The provider, running; it ends when its standard input does."""
    script = node_modules / "provider.mjs"  # beside its modules, where Node looks for them
    log = tmp_path_factory.mktemp("provider") / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(NODE), str(script), AUDIENCE, CALLBACK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "NODE_NO_WARNINGS": "1"},
        )
        assert process.stdin
        assert process.stdout
        try:
            yield Provider(process, said(process, "http://"))
        finally:
            process.stdin.close()
            process.wait(timeout=20)
            process.stdout.close()


@pytest.fixture
def practice(world: World, therapist: Caller, provider: Provider) -> World:
    """A practice that trusts the provider, in which the therapist signs in as `adler`."""
    house = world.app.state.house
    house.issuer = Issuer(Rules(provider.address, AUDIENCE, frozenset({"ES256"})))
    house.step_up = StepUp(("phr",), 300)
    world.somebody("administrator").made(
        f"/v1/people/{therapist.person_id}/sign-in-names", {"subject": "adler"}
    )
    world.watch.now = datetime.now(UTC)  # the provider's tokens live by the real clock
    return world


def frontend(world: World, token: str) -> httpx.Client:
    """A client that speaks with a token."""
    client = world.client(token)
    client.headers["Mendline-Practice"] = world.home()
    return client


def test_a_user_of_the_provider_reads_and_signs_as_the_therapist(
    practice: World, therapist: Caller, provider: Provider
) -> None:
    couple = a_couple(therapist)
    user = frontend(practice, provider.token("adler"))

    assert user.get("/v1/me").json()["person_id"] == therapist.person_id
    made = user.post(
        f"/v1/couples/{couple['id']}/sessions",
        json={
            "kind": "conjoint",
            "starts_at": "2026-03-01T09:00:00Z",
            "duration_minutes": 50,
            "zone": "Europe/Vienna",
            "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
            "note": {"format": "narrative", "text": "Both present."},
        },
    )
    signed = user.post(f"/v1/sessions/{made.json()['id']}/sign", headers={"If-Match": made.headers["etag"]})
    assert signed.status_code == 200, signed.text


def test_somebody_else_at_the_provider_is_nobody_here(practice: World, provider: Provider) -> None:
    assert frontend(practice, provider.token("stranger")).get("/v1/me").status_code == 401


def test_what_the_user_did_not_grant_is_not_allowed(practice: World, provider: Provider) -> None:
    user = frontend(practice, provider.token("adler", "openid indicators:read"))

    assert user.get("/v1/couples").json()["code"] == "insufficient_scope"


def test_the_providers_tokens_end_and_its_new_keys_are_taken_up(practice: World, provider: Provider) -> None:
    before = frontend(practice, provider.token("adler"))
    assert before.get("/v1/me").status_code == 200

    provider.rotate()
    practice.watch.go(seconds=20)
    after = frontend(practice, provider.token("adler"))

    assert after.get("/v1/me").status_code == 200
    assert before.get("/v1/me").status_code == 401  # the key that signed it is no longer published
    practice.watch.now += timedelta(minutes=6)
    assert after.get("/v1/me").status_code == 401
