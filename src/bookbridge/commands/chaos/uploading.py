"""Files that come by the S3 drop box: from an agent whose uploads may be cut, to a server that may be killed."""

import socket  # house: allow outgoing (an upload to a server that it starts itself, cut in the middle)
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import obstore
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from obstore.store import S3Store

from bookbridge.commands.chaos.installation import NotNowError
from bookbridge.commands.processes import Child, Children, free_port, listens
from bookbridge.storage.places import DROP_BOX_BUCKET, DROP_BOX_REGION

if TYPE_CHECKING:
    from bookbridge.integrations.models import Integration

_SECONDS = 20


class Portal:
    """The server that people and agents reach, in a process of its own."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._child: Child | None = None

    def start(self) -> None:
        if self._child is None or self._child.process.poll() is not None:
            self._child = self._children.start("portal", ["serve", "--port", str(self._port)])

    @property
    def is_up(self) -> bool:
        return listens(self._port)

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()


class Agent:
    """A plain S3 client with an access key of one integration."""

    def __init__(self, url: str, integration: "Integration", inbox: str) -> None:
        from bookbridge.integrations import access_keys

        key, self.secret = access_keys.make(integration, "Chaos", None)
        self._key_id = key.key_id
        self._url = url
        self._inbox = inbox
        self._store = S3Store(
            DROP_BOX_BUCKET,
            config={
                "endpoint": url,
                "region": DROP_BOX_REGION,
                "access_key_id": key.key_id,
                "secret_access_key": self.secret,
                "virtual_hosted_style_request": False,
            },
            client_options={"allow_http": True, "timeout": f"{_SECONDS}s", "connect_timeout": "2s"},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
        )

    def upload(self, files: Mapping[str, bytes], chance: Random) -> None:
        """All files, in an order of chance. Raises NotNowError when one isn't taken; those before are."""
        names = list(files)
        chance.shuffle(names)
        for name in names:
            try:
                obstore.put(self._store, f"{self._inbox}/{name}", files[name])
            except (obstore.exceptions.BaseError, OSError) as error:
                raise NotNowError(f"the upload failed ({type(error).__name__})") from None

    def cut_upload(self, name: str, content: bytes, sent: int) -> None:
        """Send the head of a request and so many bytes of its body, then hang up."""
        address = f"{self._url}/{DROP_BOX_BUCKET}/{quote(f'{self._inbox}/{name}')}"
        request = AWSRequest("PUT", address, data=content, headers={"Host": urlsplit(address).netloc})
        S3SigV4Auth(Credentials(self._key_id, self.secret), "s3", DROP_BOX_REGION).add_auth(request)
        head = [f"PUT {urlsplit(address).path} HTTP/1.1", f"Content-Length: {len(content)}"]
        head += [f"{name}: {value}" for name, value in request.headers.items() if name != "Content-Length"]
        parts = urlsplit(self._url)
        # The server may hang up first.
        with suppress(OSError), socket.create_connection((parts.hostname or "", parts.port or 0), 5) as line:
            line.sendall("\r\n".join([*head, "", ""]).encode() + content[:sent])
