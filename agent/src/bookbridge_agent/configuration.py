"""What a person has set: synchronisations, and how the agent works. Secrets stand elsewhere (`vault.py`)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

from bookbridge_agent.home import Home
from bookbridge_agent.masks import DEFAULTS, Masks
from bookbridge_agent.messages import AgentError
from bookbridge_agent.writing import write_whole

ACCOUNTANCY = "accountancy"
TYPES = {ACCOUNTANCY: "Bookbridge accountancy"}
BUCKET, REGION = "bookbridge", "us-east-1"
_ADDRESS = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?(/[!-~]*)?", re.IGNORECASE)
_PROXY = re.compile(r"(https?|socks5h?)://([!-.0-9;-?A-~]+(:[!-.0-~]*)?@)?[a-z0-9._-]+(:\d{1,5})?/?", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*(?=@)")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+=@-]{0,254}")
"""Access keys, regions and buckets. The storage's library dies of what can't stand in a header or an address."""
After = Literal["archive", "delete"]


@dataclass(frozen=True)
class Synchronisation:
    """A folder whose files go to one integration, and where its outstanding items are written."""

    id: str
    name: str
    source: Path
    access_key: str
    company: str
    integration: str
    endpoint: str
    region: str = REGION
    bucket: str = BUCKET
    sales_output: Path | None = None
    purchase_output: Path | None = None
    masks: Masks = field(default_factory=lambda: Masks(DEFAULTS))
    after: After = "archive"
    is_active: bool = True
    type: str = ACCOUNTANCY
    entered: str = ""
    """When key and secret were entered last: the work on it begins anew with what is kept then."""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise AgentError("no_such_type", type=self.type, types=", ".join(TYPES))
        for value in (self.company, self.integration):
            check_identifier(value)
        check_address(self.endpoint)
        for name in ("name", "access_key", "bucket", "region"):
            if not getattr(self, name).strip():
                raise AgentError("needed", field=name.replace("_", " "))
        for name in ("access_key", "bucket", "region"):
            check_word(getattr(self, name))

    @property
    def prefix(self) -> str:
        return f"{self.company}/{self.integration}/"

    @property
    def outputs(self) -> dict[Path, Path]:
        """The files that outstanding items are written to, as they were given, by where they really are."""
        return {path.resolve(): path for path in (self.sales_output, self.purchase_output) if path is not None}


_NUMBERS = ("settle_s", "unfinished_s", "look_every_s", "fetch_every_s", "keep_activity_days", "screens_port")


@dataclass(frozen=True)
class Settings:
    """Seconds, unless said otherwise."""

    settle_s: float = 2.0
    unfinished_s: float = 30.0
    """How long a file without an end of line must stay as it is."""
    look_every_s: float = 10.0
    """Network folders tell nothing of their changes."""
    fetch_every_s: float = 60.0
    keep_activity_days: int = 90
    proxy: str | None = None
    language: str | None = None
    """None: the system's, or the browser's."""
    after: After = "archive"
    """What the form of a new synchronisation begins with, as is the storage's address."""
    endpoint: str = ""
    screens_port: int = 8765
    secrets_in_file: bool = False
    """A service works while nobody is logged in, and no keyring is open then."""

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            if not isinstance(value, int | float) or not value > 0:
                raise AgentError("setting_wrong", name=name)

    def work_alike(self, other: "Settings") -> bool:
        """Whether what is at work need not begin anew: languages and the like are for the screens alone."""
        names = ("settle_s", "unfinished_s", "look_every_s", "fetch_every_s", "proxy")
        return all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(frozen=True)
class Configuration:
    installation: str
    """32 hexadecimal digits: this agent among others of its integration."""
    synchronisations: Sequence[Synchronisation] = ()
    settings: Settings = field(default_factory=Settings)

    def of(self, id_: str) -> Synchronisation | None:
        return next((each for each in self.synchronisations if each.id == id_), None)

    def named(self, name: str) -> Synchronisation:
        """Raises AgentError when there is none."""
        found = [each for each in self.synchronisations if each.name.casefold() == name.strip().casefold()]
        if not found:
            raise AgentError("no_such_name", name=name)
        return found[0]

    def without(self, id_: str) -> "Configuration":
        return replace(self, synchronisations=tuple(each for each in self.synchronisations if each.id != id_))

    def with_changed(self, changed: Synchronisation) -> "Configuration":
        """Raises AgentError when it would be in another's way, or is not there any more."""
        if self.of(changed.id) is None:
            raise AgentError("no_such_name", name=changed.name)
        self.without(changed.id).with_one_more(changed)
        changes = tuple(changed if each.id == changed.id else each for each in self.synchronisations)
        return replace(self, synchronisations=changes)

    def with_one_more(self, added: Synchronisation) -> "Configuration":
        """Raises AgentError when it would be in another's way."""
        for other in self.synchronisations:
            if other.name.casefold() == added.name.casefold():
                raise AgentError("name_taken", name=added.name)
            # Both would send what the other one took.
            if other.source.resolve() == added.source.resolve():
                raise AgentError("folder_taken", name=other.name, folder=added.source)
            # Each would write its own items over the other's, and the ERP read one company's as the other's.
            if both := other.outputs.keys() & added.outputs.keys():
                raise AgentError("outputs_of_another", name=other.name, path=added.outputs[min(both)])
        return replace(self, synchronisations=(*self.synchronisations, added))


def load(home: Home) -> Configuration:
    """Raises AgentError when it is damaged. Before anything was set: no synchronisations."""
    try:
        return _read(json.loads(home.configuration.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Configuration(installation=uuid4().hex)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AgentError("configuration_damaged", path=home.configuration, reason=error) from None


def change(home: Home, changed: Callable[[Configuration], Configuration]) -> Configuration:
    """Read, change and keep the configuration, whole or not at all: what others change meanwhile is not lost."""
    with home.changing():
        configuration = changed(load(home))
        save(home, configuration)
    return configuration


def save(home: Home, configuration: Configuration) -> None:
    text = json.dumps(_written(configuration), indent=2, ensure_ascii=False)
    write_whole(home.configuration, [text.encode(), b"\n"], is_private=True)


def _written(configuration: Configuration) -> dict[str, Any]:
    return {
        "installation": configuration.installation,
        "settings": vars(configuration.settings),
        "synchronisations": [_written_synchronisation(each) for each in configuration.synchronisations],
    }


def _written_synchronisation(each: Synchronisation) -> dict[str, Any]:
    values = {**vars(each), "masks": dict(each.masks.patterns)}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def _read(values: Mapping[str, Any]) -> Configuration:
    return Configuration(
        installation=UUID(hex=values["installation"]).hex,
        synchronisations=tuple(_read_synchronisation(each) for each in values.get("synchronisations", ())),
        settings=Settings(**values.get("settings", {})),
    )


def _read_synchronisation(values: Mapping[str, Any]) -> Synchronisation:
    known = {field.name for field in fields(Synchronisation)}
    read = {name: value for name, value in values.items() if name in known}
    for name in ("source", "sales_output", "purchase_output"):
        if read.get(name) is not None:
            read[name] = Path(read[name])
    if "masks" in read:
        read["masks"] = Masks(read["masks"])
    return Synchronisation(**read)


def check_address(value: str) -> None:
    """Raises AgentError for what is no address of a storage."""
    fits = _ADDRESS.fullmatch(value)
    if not fits or int((fits[2] or ":0")[1:]) > 65535:
        raise AgentError("no_address", value=value)


def check_proxy(value: str) -> None:
    """Raises AgentError for what is no address of a proxy; one may hold a name and a password."""
    if not _PROXY.fullmatch(value):
        raise AgentError("no_proxy", value=shown_proxy(value))


def shown_proxy(value: str) -> str:
    """Without its password."""
    return _PASSWORD.sub(r"\1:…", value)


def check_word(value: str) -> None:
    """Raises AgentError for what is no access key, region or bucket."""
    if not _WORD.fullmatch(value):
        raise AgentError("no_word", value=value)


def check_identifier(value: str) -> None:
    """Raises AgentError for what is no company's or integration's identifier."""
    try:
        right = str(UUID(value)) == value
    except ValueError:
        right = False
    if not right:
        raise AgentError("no_identifier", value=value)
