"""What happens while an upload is under way: its key is revoked, it is sent again, something behind it fails."""

import hashlib
from collections.abc import Iterator

from tests.storage.dropbox.house import KEY as ACCESS_KEY
from tests.storage.dropbox.house import House, inbox, signed
from tests.storage.dropbox.test_multipart import KEY, SECOND, begin, complete, etags, part


def test_a_key_that_is_revoked_while_its_upload_comes_in_stores_nothing(house: House):
    def revoking() -> Iterator[bytes]:
        yield b"abc"
        house.desk.revoked.add(ACCESS_KEY)

    said = house.send(signed("PUT", f"/bookbridge/{inbox('a.csv')}", body=b"abc", blocks=revoking()))
    assert (said.status, said.code) == (403, "InvalidAccessKeyId")
    assert list(house.storage.list("")) == []
    assert house.desk.arrived_keys == []


def test_a_key_that_is_revoked_completes_nothing(house: House):
    upload = begin(house)
    part(house, upload, 1, SECOND)

    def revoking() -> Iterator[bytes]:
        yield body
        house.desk.revoked.add(ACCESS_KEY)

    etag = hashlib.md5(SECOND).hexdigest()
    inner = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    body = f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>".encode()
    request = signed("POST", f"/bookbridge/{KEY}", query=f"uploadId={upload}", body=body, blocks=revoking())
    assert house.send(request).code == "InvalidAccessKeyId"
    house.desk.revoked.clear()
    assert house.ask("GET", query="list-type=2").keys == []
    assert complete(house, upload, etags(SECOND)).status == 200
