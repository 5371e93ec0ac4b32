"""What the portal puts in an inbox."""

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bookbridge.integrations.models import Integration
from bookbridge.portal import boxes
from bookbridge.storage import Storage, inbox_prefix, open_storage
from tests.portal.stored import stored_at


@pytest.mark.parametrize("sees_names", [True, False], ids=["in turn", "at the same moment"])
def test_files_of_one_name_are_all_kept(settings, tmp_path, monkeypatch: pytest.MonkeyPatch, sees_names: bool):
    stored_at(settings, tmp_path)
    integration = Integration(organisation_id=UUID(int=1), pk=UUID(int=2))
    if not sees_names:
        monkeypatch.setattr(Storage, "exists", lambda *_: False)
    contents = [b"first", b"second", b"third"]
    keys = [boxes.drop(integration, SimpleUploadedFile("fmuta6.csv", content)) for content in contents]
    prefix = inbox_prefix(UUID(int=1), UUID(int=2))
    assert keys == [f"{prefix}/{name}.csv" for name in ("fmuta6", "fmuta6 (2)", "fmuta6 (3)")]
    assert [open_storage().get(key) for key in keys] == contents
