"""Settings: every knob, read once from MENDLINE_… into one frozen object; main and the command line may ask."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_NAMES = ("database_url", "migration_url", "master_key")


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
        description="File holding the master key; default master.key in DATA_DIR, made when missing (0600).",
    )
    environment: str = Field(
        "live", pattern="^(live|demo)$", description="Shown in the prefix of every API key."
    )
    host: str = Field("127.0.0.1", description="Address that `mendline serve` listens on.")
    port: int = Field(8000, description="Port that `mendline serve` listens on.")
    workers: int = Field(1, ge=1, description="Processes of `mendline serve`.")
    threads: int = Field(
        10, ge=1, description="Requests worked on at a time in one process; as many connections."
    )
    body_limit: int = Field(
        1_048_576, ge=1024, description="Largest request body in bytes; imports have their own."
    )
    import_limit: int = Field(268_435_456, ge=1024, description="Largest import body in bytes.")
    rate_limit: str = Field(
        "1200/minute", description="Requests a key may make, as the `limits` library writes it."
    )

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


def driver_url(url: str) -> str:
    """Name the psycopg driver in a plain PostgreSQL address."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
