"""What the agent says, by message id: the journal and the platform get the id, a person gets the sentence."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

ENGLISH = {
    # The details against the storage.
    "wrong_key": "The access key is not known, or was revoked. Compare it with the integration's page in the portal.",
    "wrong_secret": "The secret doesn't belong to this access key. Enter it again, or make a new key in the portal.",
    "wrong_company": "The company identifier is not the one of this access key. Copy it from the integration's page.",
    "wrong_integration": "The integration id is not the one of this access key. Copy it from the integration's page.",
    "access_denied": (
        "The access key may not do this. The company identifier or the integration id is not the one of this key."
    ),
    "wrong_bucket": "The storage knows no bucket {bucket}. Compare the storage address and the bucket with the portal.",
    "wrong_region": "The storage is in another region than {region}. Compare it with the integration's page.",
    "wrong_clock": "This computer's clock is more than a quarter of an hour off. Set it, best by the network.",
    "no_secret": "There is no secret for this access key on this computer. Enter it again.",
    "secret_unreadable": "The secrets kept on this computer can't be read: {reason}. Enter the secret again.",
    # The connection code.
    "code_none": "This is no connection code. It begins with BB1-, and is shown in the portal with a new access key.",
    "code_newer": "The connection code is of a newer Bookbridge than this agent knows. Install the newest agent.",
    "code_damaged": "The connection code is not whole, or was changed. Copy all of it again from the portal.",
    "code_unreadable": "The file {path} can't be read: {reason}.",
    # The way to the storage.
    "unreachable": "The storage can't be reached at {endpoint}. What waits is sent as soon as it can be.",
    "unreachable_by_proxy": (
        "The storage can't be reached at {endpoint} by the proxy {proxy}. What waits is sent as soon as it can be."
    ),
    "proxy_refused": (
        "The proxy {proxy} lets nothing through. When it asks for a name and a password, they stand in its address in "
        "the settings: http://NAME:PASSWORD@HOST:PORT."
    ),
    "storage_failed": "The storage answered with a fault of its own ({reason}). It is tried again.",
    "arrived_damaged": "{name} did not arrive as it was sent. It is sent again.",
    "name_refused": "{name} can't be sent: the storage refuses it ({reason}).",
    "changed_while_sent": "{name} changed while it was sent. What it holds now is sent as a file of its own.",
    # Files in the source folder.
    "source_missing": "The source folder {folder} is not there, or the network location can't be reached.",
    "source_unreadable": "The source folder {folder} can't be read or written: {reason}.",
    "disk_full": "There is no room left on the disk of {folder}.",
    "file_unreadable": "{name} can't be read or moved: {reason}. It is tried again.",
    "bad_name": "{name} can't be sent: {reason}. Rename it.",
    "archive_failed": "{name} has arrived, and can't be moved out of the waiting folder: {reason}.",
    "journal_failed": (
        "What the agent does can't be written down: {reason}. Files are sent all the same. Make room on the disk, or "
        "see that the agent may write in its own folder."
    ),
    "mistake": "The agent made a mistake of its own ({reason}). It goes on; please report it.",
    "waits_for_another": (
        "Files that wait for another integration: {count}. They are not sent to this one. Choose on the page of {name} "
        "what becomes of them, or with: bookbridge-agent waiting"
    ),
    "left_behind": (
        "Files of {folder} that have not arrived yet: {count}. They would be left behind. Let them arrive first, or "
        "add another synchronisation for the new folder."
    ),
    "still_at_work": "{name} would take them again. Switch it off first, and try again after a moment.",
    # Names.
    "name_too_long": "its name has more than 200 bytes",
    "name_invisible": "its name holds a character that can't be seen or read",
    "name_edges": "its name begins or ends with a space, or ends with a dot",
    "name_reserved": "its name ends in # and a number",
    "name_backslash": "its name holds a backslash",
    # Outstanding items.
    "output_missing": "The folder {folder} for the outstanding items is not there.",
    "output_unwritable": "The outstanding items can't be written to {path}: {reason}.",
    "output_is_folder": "{path} is a folder. Give the full path with the name of the file.",
    "output_taken": "{name} would be taken from the source folder itself. Give it another name or folder.",
    "outputs_alike": "Sales and purchase items need a file each.",
    "path_not_full": "{path} is not a full path. It begins with a drive, with \\\\ or with /.",
    "folder_unreadable": "The folder {folder} can't be read: {reason}.",
    # Masks.
    "mask_wrong": "The file mask {mask} is no regular expression: {reason}.",
    "mask_too_long": "The file mask is longer than {most} characters.",
    "mask_too_free": "The file mask {mask} repeats what repeats already, or looks around; a long name could stop it.",
    "mask_empty": "Each of the file masks {kinds} is needed.",
    # The configuration.
    "configuration_damaged": "The configuration {path} can't be read: {reason}.",
    "no_such_type": "There is no synchronisation of the type {type}. There are: {types}.",
    "no_identifier": "{value} is no identifier. It has the form 01234567-89ab-cdef-0123-456789abcdef.",
    "no_address": "{value} is no storage address. It begins with https:// (or http:// within a network of your own).",
    "no_word": "{value} can't be right: it holds more than plain letters, digits and a few signs. Copy it again.",
    "name_taken": "There is a synchronisation of the name {name} already.",
    "not_kept": "It can't be kept in {folder}: {reason}.",
    "no_such_name": "There is no synchronisation of the name {name}.",
    "outputs_of_another": (
        "{name} writes its outstanding items to {path} already. Each synchronisation needs a file of its own."
    ),
    "folder_taken": "{name} takes the files of {folder} already. Each synchronisation needs a folder of its own.",
    "setting_wrong": "The setting {name} must be a number above zero.",
    "no_proxy": "{value} is no address of a proxy. It has the form http://proxy.example.org:3128.",
    "number_wrong": "This is a whole number from {least} to {most}.",
    "needed_here": "This is needed.",
    "needed": "{field} is needed.",
    "not_running": "The agent is not at work. Start it with: bookbridge-agent run",
    # The service.
    "service_failed": "The service can't be installed or taken away: {reason}.",
    "service_needs_user": "Say as which user of this computer the service runs: --user NAME.",
    "service_needs_root": "Only an administrator of this computer may do this (Linux: sudo).",
    "service_of_system": "The service is installed for the whole computer already.",
    "keyring_closed": "The keyring of this user is closed ({reason}). It is tried again; or enter the secret anew.",
    # Newer versions.
    "old_version": "There is a newer bookbridge-agent: {newest}. This one is {version}, and works on as it is.",
    "runs_already": "bookbridge-agent runs already with the configuration in {folder}.",
}


@dataclass(frozen=True)
class Message:
    """`values` are what the sentence names; they hold no secret."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return ENGLISH[self.code].format_map(self.values)


def message(code: str, **values: object) -> Message:
    return Message(code, {name: str(value) for name, value in values.items()})


def reason_of(error: OSError) -> str:
    return error.strerror or type(error).__name__


class AgentError(Exception):
    """Something a person can understand and act on."""

    def __init__(self, code: str, **values: object) -> None:
        self.message = message(code, **values)
        super().__init__(str(self.message))

    @classmethod
    def of_system(cls, error: OSError, otherwise: str, *, folder: object, **values: object) -> Self:
        """What this computer refused: a full disk by that name, anything else as the message `otherwise`."""
        code = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else otherwise
        return cls(code, folder=folder, reason=reason_of(error), **values)
