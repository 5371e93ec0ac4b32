"""The form of a synchronisation: what was typed, what is wrong with it at which field, and what it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bookbridge_agent import masks
from bookbridge_agent.configuration import (
    BUCKET,
    REGION,
    Configuration,
    Synchronisation,
    check_address,
    check_identifier,
    check_word,
)
from bookbridge_agent.connection_code import ConnectionDetails
from bookbridge_agent.fetching import PURCHASE, SALES
from bookbridge_agent.masks import DEFAULTS, KINDS, Masks
from bookbridge_agent.messages import AgentError, Message, message
from bookbridge_agent.taking import checked_source

PATHS = ("source", "sales_output", "purchase_output")
DETAILS = ("access_key", "company", "integration", "endpoint", "region", "bucket")
"""What the storage is asked about, together with the secret."""
MASKS = {f"mask_{kind}": kind for kind in KINDS}
TEXTS = ("name", *PATHS, *DETAILS, *MASKS, "after")
LONGEST = 1000
_OUTPUTS = {"sales_output": SALES, "purchase_output": PURCHASE}


@dataclass
class Form:
    """`of` is what is saved; None while it is new. Secrets are no part of it."""

    values: dict[str, str]
    is_active: bool
    of: Synchronisation | None = None
    errors: dict[str, Message] = field(default_factory=dict)

    @classmethod
    def blank(cls, now: Configuration) -> "Form":
        last = now.synchronisations[-1] if now.synchronisations else None
        storage = {
            "endpoint": last.endpoint if last else now.settings.endpoint,
            "region": last.region if last else REGION,
            "bucket": last.bucket if last else BUCKET,
        }
        given = {**dict.fromkeys(TEXTS, ""), **storage, "after": now.settings.after}
        return cls(given | {name: DEFAULTS[kind] for name, kind in MASKS.items()}, is_active=True)

    @classmethod
    def saved(cls, of: Synchronisation) -> "Form":
        given = {name: _shown(getattr(of, name)) for name in TEXTS if name not in MASKS}
        return cls(given | {name: of.masks.patterns[kind] for name, kind in MASKS.items()}, of.is_active, of)

    @classmethod
    def sent(cls, sent: Mapping[str, str], of: Synchronisation | None) -> "Form":
        values = {name: sent.get(name, "")[:LONGEST].strip() for name in TEXTS}
        for name in PATHS:
            # Windows gives a path that is copied in quotation marks.
            values[name] = values[name].strip('"')
        return cls(values, "is_active" in sent, of)

    def fill(self, code: ConnectionDetails) -> None:
        """With what the portal's code holds; a name that a person gave stays."""
        for name in DETAILS:
            self.values[name] = getattr(code, name)
        self.values["name"] = self.values["name"] or code.name

    def check(self, *, is_all_needed: bool) -> None:
        """Notes what is wrong by itself, without the storage. While a person still types, nothing is missing yet."""
        for name in TEXTS:
            value = self.values[name]
            if value:
                self._note(name, partial(self._check_field, name, value))
            elif is_all_needed and name not in _OUTPUTS:
                self.errors[name] = message("needed_here")
        self._note("purchase_output", self._check_outputs)

    def _note(self, name: str, check: Callable[[], object]) -> None:
        try:
            check()
        except AgentError as fault:
            self.errors.setdefault(name, fault.message)

    def _check_field(self, name: str, value: str) -> None:
        if name in PATHS:
            self._check_path(name, Path(value))
        elif name in ("company", "integration"):
            check_identifier(value)
        elif name in ("access_key", "bucket", "region"):
            check_word(value)
        elif name == "endpoint":
            check_address(value)
        elif name in MASKS:
            masks.check(value)

    def _check_path(self, name: str, path: Path) -> None:
        if not path.is_absolute() or "\0" in str(path):
            raise AgentError("path_not_full", path=path)
        # What was right once may be a network location that is away just now.
        if self.of is not None and path == getattr(self.of, name):
            return
        if name == "source":
            checked_source(path)
        elif path.is_dir():
            raise AgentError("output_is_folder", path=path)
        elif not path.parent.is_dir():
            raise AgentError("output_missing", folder=path.parent)

    def _check_outputs(self) -> None:
        sales, purchase = self.values["sales_output"], self.values["purchase_output"]
        if sales and sales == purchase:
            raise AgentError("outputs_alike")

    def synchronisation(self, id_: str, type_: str) -> Synchronisation | None:
        """What the form makes; None when anything is wrong, which stands in `errors` then."""
        self.check(is_all_needed=True)
        if self.errors:
            return None
        values = self.values
        made = Synchronisation(
            id=id_,
            type=type_,
            name=values["name"],
            source=Path(values["source"]),
            sales_output=_path(values["sales_output"]),
            purchase_output=_path(values["purchase_output"]),
            access_key=values["access_key"],
            company=values["company"],
            integration=values["integration"],
            endpoint=values["endpoint"],
            region=values["region"],
            bucket=values["bucket"],
            masks=Masks({kind: values[name] for name, kind in MASKS.items()}),
            after="delete" if values["after"] == "delete" else "archive",
            is_active=self.is_active,
            entered=self.of.entered if self.of else "",
        )
        self._check_own_output(made)
        return None if self.errors else made

    def _check_own_output(self, made: Synchronisation) -> None:
        for name in _OUTPUTS:
            path = getattr(made, name)
            if path is not None and path.parent == made.source and made.masks.kind_of(path.name) is not None:
                self.errors[name] = message("output_taken", name=path.name)

    def keep_apart(self, made: Synchronisation, now: Configuration) -> None:
        """Notes when it would be in the way of another synchronisation."""
        others = now.without(made.id)
        try:
            others.with_one_more(made)
        except AgentError as fault:
            field_of = {"name_taken": "name", "folder_taken": "source", "outputs_of_another": "sales_output"}
            name = field_of[fault.message.code]
            if fault.message.values.get("path") == self.values["purchase_output"]:
                name = "purchase_output"
            self.errors[name] = fault.message

    def details(self, type_: str) -> Synchronisation | None:
        """Enough of it to ask the storage, when all of that is there and looks right."""
        if not all(self.values[name] for name in DETAILS) or any(name in self.errors for name in DETAILS):
            return None
        values: dict[str, Any] = {name: self.values[name] for name in DETAILS}
        return Synchronisation(id="", name="-", type=type_, source=Path(), **values)

    def choose(self, name: str, folder: Path) -> None:
        """Take a folder that was browsed to; an output keeps the name of its file."""
        if name in _OUTPUTS:
            before = Path(self.values[name]).name if self.values[name] else ""
            folder /= before or _OUTPUTS[name]
        self.values[name] = str(folder)

    def patterns(self) -> dict[str, str]:
        """The masks that can be used, by kind."""
        return {
            kind: self.values[name] for name, kind in MASKS.items() if self.values[name] and name not in self.errors
        }


def _path(value: str) -> Path | None:
    return Path(value) if value else None


def _shown(value: object) -> str:
    return "" if value is None else str(value)
