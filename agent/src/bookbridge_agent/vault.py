"""Secrets: in the system's keyring; where there is none, in an encrypted file that its user alone can read.

The key of that file lies beside it, so it holds against whoever gets a copy of one of the two, and against a look by
chance, and not against somebody who works as the same user.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken

from bookbridge_agent import configuration
from bookbridge_agent.home import Home
from bookbridge_agent.messages import AgentError
from bookbridge_agent.writing import write_whole

_SERVICE = "bookbridge-agent"


class Vault(Protocol):
    def get(self, name: str) -> str | None: ...

    def put(self, name: str, secret: str) -> None: ...

    def forget(self, name: str) -> None: ...


class KeyringVault:
    def get(self, name: str) -> str | None:
        import keyring

        return keyring.get_password(_SERVICE, name)

    def put(self, name: str, secret: str) -> None:
        import keyring

        keyring.set_password(_SERVICE, name, secret)

    def forget(self, name: str) -> None:
        import keyring

        keyring.delete_password(_SERVICE, name)


class FileVault:
    def __init__(self, folder: Path) -> None:
        self._home = Home(folder)
        self._path = folder / "secrets.json"
        self._key_path = folder / "secrets.key"

    def get(self, name: str) -> str | None:
        token = self._tokens().get(name)
        if token is None:
            return None
        try:
            return Fernet(self._key_path.read_bytes()).decrypt(token.encode()).decode()
        except (OSError, ValueError, InvalidToken) as error:
            raise AgentError("secret_unreadable", reason=type(error).__name__) from None

    def put(self, name: str, secret: str) -> None:
        with self._home.changing():
            tokens = {**self._tokens(), name: Fernet(self._key()).encrypt(secret.encode()).decode()}
            write_whole(self._path, [json.dumps(tokens, indent=2).encode()], is_private=True)

    def forget(self, name: str) -> None:
        with self._home.changing():
            tokens = dict(self._tokens())
            if tokens.pop(name, None) is not None:
                write_whole(self._path, [json.dumps(tokens, indent=2).encode()], is_private=True)

    def _key(self) -> bytes:
        try:
            return self._key_path.read_bytes()
        except FileNotFoundError:
            key = Fernet.generate_key()
            write_whole(self._key_path, [key], is_private=True)
            return key

    def _tokens(self) -> Mapping[str, str]:
        try:
            tokens: dict[str, str] = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise AgentError("secret_unreadable", reason=type(error).__name__) from None
        return tokens


class BothVaults:
    """The keyring first; what it can't take, or doesn't have, is the file's."""

    def __init__(self, first: Vault, second: Vault) -> None:
        self._first, self._second = first, second

    def get(self, name: str) -> str | None:
        from keyring.errors import KeyringError, NoKeyringError

        closed: KeyringError | None = None
        try:
            found = self._first.get(name)
        except KeyringError as error:
            found, closed = None, error
        found = found if found is not None else self._second.get(name)
        # No keyring at all is no reason to wait for one.
        if found is None and closed is not None and not isinstance(closed, NoKeyringError):
            raise AgentError("keyring_closed", reason=type(closed).__name__)
        return found

    def put(self, name: str, secret: str) -> None:
        from keyring.errors import KeyringError

        try:
            self._first.put(name, secret)
            is_kept = self._first.get(name) == secret
        except KeyringError:
            is_kept = False
        # There are keyrings that take everything and keep nothing.
        if not is_kept:
            self._second.put(name, secret)

    def forget(self, name: str) -> None:
        from keyring.errors import KeyringError

        # Not every keyring has it, and one may refuse.
        with suppress(KeyringError):
            self._first.forget(name)
        self._second.forget(name)


class ChosenVault:
    """The file alone where the settings say so, which may begin while an agent is at work: asked each time."""

    def __init__(self, home: Home, keyring: Vault) -> None:
        self._home = home
        self._file = FileVault(home.folder)
        self._both = BothVaults(keyring, self._file)

    def get(self, name: str) -> str | None:
        return self._chosen().get(name)

    def put(self, name: str, secret: str) -> None:
        self._chosen().put(name, secret)

    def forget(self, name: str) -> None:
        # The keyring may still have what was moved into the file.
        self._both.forget(name)

    def _chosen(self) -> Vault:
        return self._file if configuration.load(self._home).settings.secrets_in_file else self._both


def open_vault(home: Home) -> Vault:
    return ChosenVault(home, KeyringVault())
