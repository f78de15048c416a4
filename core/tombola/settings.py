"""Settings of an installation, read from the environment (prefix ``TOMBOLA_``)."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can set. Every field is an environment variable ``TOMBOLA_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="TOMBOLA_", frozen=True, extra="ignore")

    #: Folder of everything that an embedded installation keeps: database, pictures, key, locks.
    data_dir: Path = Path("var")
    #: SQLAlchemy address; empty: an SQLite file in ``data_dir``.
    database_url: str = ""
    #: Redis or Valkey address; the supervisor of ``tombola run`` sets it for its children.
    redis_url: str = ""
    #: Port of the web server.
    port: int = Field(default=8000, ge=1, le=65532)
    #: The address under which browsers reach this installation; empty: ``http://localhost:<port>``.
    base_url: str = ""
    #: Start without any plugin.
    safe_mode: bool = False
    #: A plugin's gate that fails lets go on what already runs, with an alert; new things it denies.
    gates_fail_open: bool = True
    #: Comma-separated ``host:port`` pairs that outgoing requests may reach though they are private.
    fetch_allow: str = ""
    #: Mail server: ``smtp://user:password@host:port`` (STARTTLS, see ``mail/rules.py``) or
    #: ``smtps://…``; empty: this installation sends no mail.
    smtp_url: str = ""
    #: Who mails come from, such as ``Tea Club <club@tea.example>``; empty: tombola at our host.
    mail_from: str = ""
    #: Path or address of a JSON list of the beacons for draws (``docs/draw.md``); empty: the public
    #: ones of drand.
    beacons: str = ""
    #: Number of reverse proxies whose forwarding headers are believed.
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    #: Folder of more languages, one ``<language>.po`` each, and of better words for those of ours;
    #: unset: ``languages`` in ``data_dir``.
    languages_dir: Path | None = None
    #: Everybody who works here logs in with a second step; teams may ask for it by themselves.
    second_step: bool = False
    #: Argon2 memory cost in KiB; tests lower it.
    password_memory: int = Field(default=19456, ge=8)
    #: Set by the demo: pages say that this installation plays with a sandbox.
    demo: bool = False

    @property
    def database(self) -> str:
        """The database's address, the embedded default included."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'tombola.sqlite3').resolve()}"

    @property
    def address(self) -> str:
        """The public address without a slash at its end."""
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def languages(self) -> Path:
        """The folder of the operator's own catalogues, whether it exists or not."""
        return self.languages_dir or self.data_dir.resolve() / "languages"

    @property
    def first_start_token(self) -> Path:
        """The file that shows whose machine this is, until the first operator is made."""
        return self.data_dir.resolve() / "first-start-token"

    @property
    def fetch_exempt(self) -> frozenset[str]:
        """``host:port`` pairs exempt from the refusal of private addresses."""
        return frozenset(part.strip() for part in self.fetch_allow.split(",") if part.strip())


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
