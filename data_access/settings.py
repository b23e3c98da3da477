"""Every setting, in one frozen object read once from the environment (`YIPING_*`).

`docs/settings.md` is generated from here and a test fails when it is out of date. Whoever builds a thing takes what
it needs from the settings; the domain never sees them.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from data_access.domain.buckets import Bucket


class Deployment(StrEnum):
    """What a first start sets up."""

    LUOHU = "luohu"  # the seeded reference district (demo data)
    PINGSHAN = "pingshan"  # the real appeals of Pingshan, from the files in YIPING_DATA_FILES
    EMPTY = "empty"  # nothing: bring your own data


class Scale(StrEnum):
    """How much of the reference deployment is seeded."""

    COMMUNITY = "community"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"


class GuestView(StrEnum):
    """Whether somebody who has not signed in may look."""

    AUTO = "auto"  # on this machine alone, and only while it has no account of its own
    ON = "on"
    OFF = "off"


class Settings(BaseSettings):
    """The product's settings. Secrets come only from the environment and never appear in logs."""

    model_config = SettingsConfigDict(env_prefix="YIPING_", frozen=True, extra="ignore")

    deployment: Deployment = Field(
        Deployment.LUOHU, description="What a first start sets up: luohu, pingshan or empty."
    )
    scale: Scale = Field(Scale.DISTRICT, description="How much of the reference deployment to seed.")
    seed: int = Field(20260601, description="The number the reference deployment grows from; same number, same data.")
    data_dir: Path = Field(
        Path("var"), description="Folder for the embedded database, Redis and broker, media and logs."
    )
    data_files: Path | None = Field(None, description="Folder of the files that the pingshan deployment loads.")

    host: str = Field("127.0.0.1", description="Address the web server binds to.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        8050,
        validation_alias=AliasChoices("YIPING_PORT", "PORT"),
        description="Port of the web server (PORT works too).",
    )
    web_processes: Annotated[int, Field(ge=1, le=64)] = Field(1, description="Web processes the supervisor starts.")

    database_url: SecretStr | None = Field(None, description="SQLAlchemy URL; default: SQLite in the data folder.")
    redis_url: SecretStr | None = Field(None, description="Redis URL; default: an embedded Valkey on a loopback port.")
    mqtt_url: SecretStr | None = Field(
        None, description="mqtt://[user:password@]host:port of the broker; default: embedded."
    )
    mqtt_port: Annotated[int, Field(ge=1, le=65535)] = Field(1883, description="Port of the embedded broker.")
    mqtt_shared_group: str | None = Field(
        None, description="Shared-subscription group when several ingest processes run."
    )

    mqtt_client_id: str = Field(
        "yiping-ingest", description="Name of this ingest process' session at the broker; one of its own for each."
    )

    simulate: bool = Field(True, description="Run the simulator beside a demo deployment.")
    demo_rate: Annotated[float, Field(gt=0, le=10_000)] = Field(
        30.0, description="Readings a second the simulator aims at."
    )

    readings_keep_days: Annotated[int, Field(ge=1, le=3650)] = Field(3, description="Days raw readings are kept.")
    hourly_keep_days: Annotated[int, Field(ge=1, le=3650)] = Field(40, description="Days hourly min/mean/max are kept.")
    dead_letters_keep: Annotated[int, Field(ge=100)] = Field(100_000, description="Dead letters kept, newest first.")
    future_tolerance_s: Annotated[int, Field(ge=0)] = Field(
        300, description="Seconds a reading may be ahead of our clock."
    )

    shelve_max_h: Annotated[int, Field(ge=1, le=720)] = Field(24, description="Hours an alarm may be shelved at most.")

    attachments_url: str | None = Field(
        None,
        description="S3-compatible storage for photos, clips and voice: s3://bucket/prefix?endpoint=https://host"
        "&region=…&style=path|virtual, its keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; default: the data "
        "folder.",
    )
    attachment_photo_mb: Annotated[int, Field(ge=1, le=100)] = Field(
        10, description="Megabytes a photo of a case may have when it is sent."
    )
    attachment_photo_edge: Annotated[int, Field(ge=640, le=8000)] = Field(
        1920, description="Longest side in pixels of a photo that is kept; larger ones are made smaller."
    )
    attachment_video_mb: Annotated[int, Field(ge=1, le=500)] = Field(
        30, description="Megabytes a video clip of a case may have."
    )
    attachment_voice_mb: Annotated[int, Field(ge=1, le=100)] = Field(
        5, description="Megabytes a voice recording of a case may have."
    )
    attachment_voice_s: Annotated[int, Field(ge=5, le=3600)] = Field(
        120, description="Seconds a voice recording of a case may last."
    )
    attachment_video_s: Annotated[int, Field(ge=5, le=3600)] = Field(
        60, description="Seconds a video clip of a case may last."
    )
    attachments_per_case: Annotated[int, Field(ge=1, le=1000)] = Field(
        30, description="Photos, clips and recordings that one case may have."
    )

    report_rate: Annotated[int, Field(ge=1, le=100_000)] = Field(
        30, description="Reports and answers of citizens a minute that are taken from one address."
    )
    report_photos: Annotated[int, Field(ge=0, le=10)] = Field(3, description="Photos a citizen's report may have.")
    report_reply_days: Annotated[int, Field(ge=1, le=365)] = Field(
        7, description="Days after the close within which a citizen may rate his case or send it back."
    )
    report_owner: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        "社区治理中心", description="Who answers for citizens' reports as a source of incidents."
    )
    public_url: str | None = Field(
        None, description="Address at which phones reach this server, printed in QR codes, such as https://host."
    )

    pdf_font: Path | None = Field(
        None, description="Font file with Chinese letters for PDF; by default one of the usual places."
    )

    brief_areas: str | None = Field(
        None, description="Codes of the areas a weekly brief is made of, with commas; by default those with none above."
    )
    brief_hour: Annotated[int, Field(ge=0, le=23)] = Field(
        7, description="Hour of Monday, Shanghai time, from which the worker makes the brief of the week before."
    )
    brief_languages: Annotated[str, Field(pattern=r"^(zh|en|zh,en)$")] = Field(
        "zh", description="Languages of those briefs: zh, en or zh,en."
    )
    brief_keep_weeks: Annotated[int, Field(ge=4, le=1040)] = Field(
        260, description="Weeks that those briefs are kept in the data folder."
    )

    batch_ms: Annotated[int, Field(ge=1, le=10_000)] = Field(
        50, description="Longest time a reading waits for its batch."
    )
    batch_rows: Annotated[int, Field(ge=1, le=100_000)] = Field(5_000, description="Most readings in one transaction.")
    buffer_rows: Annotated[int, Field(ge=1_000)] = Field(
        500_000, description="Readings held while the database is away."
    )

    stream_maxlen: Annotated[int, Field(ge=100)] = Field(
        20_000, description="Events a reconnecting browser can catch up on."
    )
    max_streams: Annotated[int, Field(ge=1)] = Field(5_000, description="Open live streams a web process accepts.")
    heartbeat_s: Annotated[float, Field(gt=0, le=60)] = Field(
        5.0, description="Seconds between heartbeats on a live stream; after two a page is late, after three cut off."
    )

    basemap_pmtiles: Path | None = Field(
        None, description="Local PMTiles file drawn grey behind the areas (raster, or vector in Protomaps' schema)."
    )
    basemap_xyz: SecretStr | None = Field(
        None,
        description="Address of WGS-84 web Mercator tiles with {z} {x} {y}; fetched by the server, may hold a key.",
    )
    basemap_tianditu_key: SecretStr | None = Field(
        None, description="Key of a Tianditu account; used by the server alone, never sent to a page."
    )
    basemap_cache_mb: Annotated[int, Field(ge=10, le=100_000)] = Field(
        200, description="Megabytes of fetched base map tiles kept in the data folder."
    )

    guest_view: GuestView = Field(
        GuestView.AUTO,
        description="Whether somebody who has not signed in may look: auto (on this machine, while there is no "
        "account but the demo's), on or off.",
    )
    bootstrap_admin: SecretStr | None = Field(
        None, description="The first administrator as name:password; read while there is no account of your own."
    )
    password_shortest: Annotated[int, Field(ge=8, le=64)] = Field(10, description="Fewest characters of a password.")
    lockout_failures: Annotated[int, Field(ge=3, le=100)] = Field(
        5, description="Wrong passwords in a row that lock an account."
    )
    lockout_min: Annotated[int, Field(ge=1, le=1440)] = Field(15, description="Minutes an account stays locked.")
    sign_in_rate: Annotated[int, Field(ge=1, le=10_000)] = Field(
        20, description="Tries to sign in a minute that are taken from one address."
    )
    session_idle_min: Annotated[int, Field(ge=1, le=1440)] = Field(
        30, description="Minutes without doing anything after which a browser is signed out; walls stay."
    )
    session_max_h: Annotated[int, Field(ge=1, le=720)] = Field(
        12, description="Hours after which everybody signs in again; walls stay."
    )
    audit_keep_days: Annotated[int, Field(ge=183, le=3650)] = Field(400, description="Days the audit is kept.")
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="Addresses of the proxies whose X-Forwarded-For and -Proto are believed, with commas; * for all.",
    )
    confirm_within_s: Annotated[int, Field(ge=1, le=3600)] = Field(
        300, description="Seconds within which two life-safety alarms of one building confirm each other."
    )
    cap_sender: Annotated[str, Field(pattern=r"^[^\s,<&]{1,200}$")] = Field(
        "yiping@localhost", description="Sender of CAP messages: who is responsible for them, the same for ever."
    )
    notify_webhook_url: SecretStr | None = Field(
        None, description="Address that each notice of an alarm is posted to as JSON."
    )
    notify_webhook_secret: SecretStr | None = Field(
        None, description="Key that signs what is posted to the webhook and the SMS gateway."
    )
    notify_sms_url: SecretStr | None = Field(
        None, description="Address of an SMS gateway; takes the webhook's JSON with the telephone numbers in `to`."
    )
    notify_wecom_url: SecretStr | None = Field(None, description="Address of a WeCom (企业微信) group robot.")
    notify_dingtalk_url: SecretStr | None = Field(None, description="Address of a DingTalk (钉钉) group robot.")
    notify_dingtalk_secret: SecretStr | None = Field(
        None, description="The robot's signing key, where DingTalk was told to ask for one."
    )
    notify_smtp_url: SecretStr | None = Field(
        None,
        description="Mail server for notices: smtp:// (STARTTLS where offered; with a user, always) or smtps://, then "
        "[user:password@]host[:port].",
    )
    notify_smtp_ca: Path | None = Field(
        None,
        description="PEM file of the authority that signed the mail server's certificate; by default the system's.",
    )
    notify_email_from: str = Field("yiping@localhost", description="Sender of notices by e-mail.")
    notify_email_to: str | None = Field(None, description="Receivers of notices by e-mail, separated by commas.")

    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="One JSON object a log line instead of text.")

    def ways_out(self) -> tuple[str, ...]:
        """The ways out of the product that are set up, by the names of `domain.notices.Channel`."""
        open_ = {
            "webhook": self.notify_webhook_url,
            "wecom": self.notify_wecom_url,
            "dingtalk": self.notify_dingtalk_url,
            "sms": self.notify_sms_url,
            "email": self.notify_smtp_url and self.notify_email_to,
        }
        return tuple(way for way, address in open_.items() if address)

    @field_validator("data_dir", "data_files", "basemap_pmtiles", "pdf_font", "notify_smtp_ca", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value else value

    @field_validator("attachments_url", mode="after")
    @classmethod
    def _a_bucket(cls, value: str | None) -> str | None:
        if value is not None:
            Bucket.from_url(value)
        return value

    @property
    def database(self) -> str:
        """The database URL in force. May hold a password: never log it."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'yiping.db'}"

    @property
    def redis(self) -> str:
        """The Redis URL in force: the supervisor sets it for its children. May hold a password: never log it."""
        return self.redis_url.get_secret_value() if self.redis_url else "redis://127.0.0.1:6379/0"
