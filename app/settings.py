"""Settings: every knob, read once from MENDLINE_… into one frozen object; main and the command line may ask."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SIGNATURES = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
DATABASES = ("postgresql://", "postgresql+psycopg://", "postgres://", "sqlite://")
SECRET_NAMES = ("database_url", "migration_url", "master_key", "former_master_key", "archive_passphrase")


class Settings(BaseSettings):
    """All settings of one process. Each is the environment variable MENDLINE_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="MENDLINE_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        Path("data"), description="Folder for the embedded database and, unless given, the master key."
    )
    database_url: str = Field(
        "", description="postgresql://… for production; empty means the embedded SQLite file in DATA_DIR."
    )
    migration_url: str = Field("", description="Owner's address for migrations; empty means DATABASE_URL.")
    master_key: str = Field(
        "", description="Base64 of 32 bytes that wrap every practice's key; empty means MASTER_KEY_FILE."
    )
    master_key_file: Path | None = Field(
        None,
        description="File holding the master key; default master.key in DATA_DIR, which `mendline migrate` makes once "
        "(0600).",
    )
    former_master_key: str = Field(
        "",
        description="While the master key is rotated: the one before it, base64; see `mendline keys rotate`.",
    )
    former_master_key_file: Path | None = Field(None, description="The same, as a file.")
    sqlite_encryption: bool = Field(
        False, description="Whether the SQLite file is encrypted as a whole; needs `mendline[sqlcipher]`."
    )
    environment: str = Field(
        "live", pattern="^(live|demo)$", description="Shown in the prefix of every API key."
    )
    host: str = Field("127.0.0.1", description="Address that `mendline serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `mendline serve` listens on.")
    workers: int = Field(1, ge=1, description="Processes of `mendline serve`.")
    threads: int = Field(
        10,
        ge=1,
        description="Requests worked on at a time in one process; one connection each, a second while a caseload is "
        "stored or a shared summary ends.",
    )
    body_limit: int = Field(
        1_048_576, ge=1024, description="Largest request body in bytes; imports have their own."
    )
    import_limit: int = Field(268_435_456, ge=1024, description="Largest import body in bytes.")
    archive_passphrase: str = Field(
        "", description="Passphrase of archives and backups; empty means that the command asks for it."
    )
    seal_seconds: float = Field(
        15.0,
        gt=0,
        le=86_400,
        description="How often the trail of busy practices is sealed in the background.",
    )
    rate_limit: str = Field(
        "1200/minute", description="Requests a key may make, as the `limits` library writes it."
    )

    oidc_issuer: str = Field(
        "", description="OpenID Connect issuer whose access tokens open practices; empty means API keys only."
    )
    oidc_audience: str = Field(
        "", description="The audience that those tokens must name; needed with OIDC_ISSUER."
    )
    oidc_algorithms: str = Field(
        "RS256 PS256 ES256", description="Signature algorithms accepted, asymmetric ones only."
    )
    oidc_keys_url: str = Field(
        "", description="Where the issuer publishes its keys; empty means as its discovery document says."
    )
    oidc_practice_claim: str = Field(
        "mendline_practice",
        description="Claim naming the practice; without it the Mendline-Practice header does.",
    )
    step_up_contexts: str = Field(
        "", description="`acr` values, one of which signing and releasing demand; empty demands nothing."
    )
    step_up_seconds: int = Field(
        300, ge=30, description="How long ago that sign-in may have been (`auth_time`)."
    )

    @field_validator("rate_limit")
    @classmethod
    def _pace(cls, written: str) -> str:
        from limits import parse

        try:
            some = parse(written).amount > 0
        except ValueError:
            some = False
        if not some:
            raise ValueError("a pace is written as 1200/minute, and lets somebody in")
        return written

    @field_validator("database_url", "migration_url")
    @classmethod
    def _known_database(cls, address: str) -> str:
        if address and not address.startswith(DATABASES):
            raise ValueError("an address begins with postgresql:// (or is empty)")
        return address

    @model_validator(mode="after")
    def _whole_issuer(self) -> "Settings":
        """Half a sign-in is none: an issuer needs an audience, an address that cannot be overheard, safe algorithms."""
        if not self.oidc_issuer:
            if self.step_up_contexts:
                raise ValueError("STEP_UP_CONTEXTS needs OIDC_ISSUER: API keys cannot prove a fresh sign-in")
            return self
        if not self.oidc_audience:
            raise ValueError("OIDC_ISSUER needs OIDC_AUDIENCE")
        for address in (self.oidc_issuer, self.oidc_keys_url):
            if address and not cannot_be_overheard(address):
                raise ValueError("OIDC_ISSUER and OIDC_KEYS_URL must be https:// addresses")
        unknown = set(self.oidc_algorithms.split()) - SIGNATURES
        if unknown or not self.oidc_algorithms.split():
            raise ValueError(f"OIDC_ALGORITHMS may hold {' '.join(sorted(SIGNATURES))}")
        return self

    @model_validator(mode="after")
    def _nothing_promised_in_vain(self) -> "Settings":
        if self.sqlite_encryption and not self.url.startswith("sqlite"):
            raise ValueError(
                "SQLITE_ENCRYPTION is for the embedded file: encrypt PostgreSQL's disk by its own means"
            )
        return self

    @property
    def url(self) -> str:
        """The database's address as SQLAlchemy spells it, driver included."""
        return driver_url(self.database_url) or f"sqlite:///{self.data_dir / 'mendline.db'}"

    @property
    def owner_url(self) -> str:
        """The address that migrations use."""
        return driver_url(self.migration_url) or self.url

    @property
    def key_file(self) -> Path:
        """Where the master key lies when it is not in the environment."""
        return self.master_key_file or self.data_dir / "master.key"


def cannot_be_overheard(address: str) -> bool:
    """TLS, or a server on this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    )


def driver_url(url: str) -> str:
    """Name the psycopg driver in a plain PostgreSQL address."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
