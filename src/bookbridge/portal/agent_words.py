"""What an agent says is wrong, in the reader's language, by its message ids, which a test holds against the agent's."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

TROUBLE: dict[str, Any] = {
    "wrong_key": _("The access key is not known, or was revoked. Make a new one and put its code in on the PC."),
    "wrong_secret": _("The secret doesn’t belong to the access key. Make a new key and put its code in on the PC."),
    "wrong_company": _("The company identifier is not the one of the access key. Put the key’s code in on the PC."),
    "wrong_integration": _("The integration id is not the one of the access key. Put the key’s code in on the PC."),
    "access_denied": _("The access key may not do this. Make a new one and put its code in on the PC."),
    "wrong_bucket": _("The storage knows no bucket %(bucket)s. Put the access key’s code in on the PC."),
    "wrong_region": _("The storage is in another region than %(region)s. Put the access key’s code in on the PC."),
    "wrong_clock": _("The PC’s clock is more than a quarter of an hour off. Set it, best by the network."),
    "no_secret": _("There is no secret for the access key on the PC. Make a new key and put its code in there."),
    "secret_unreadable": _("The secrets kept on the PC can’t be read: %(reason)s. Put the access key’s code in again."),
    "unreachable": _("The storage can’t be reached at %(endpoint)s. What waits is sent as soon as it can be."),
    "unreachable_by_proxy": _(
        "The storage can’t be reached at %(endpoint)s by the proxy %(proxy)s. What waits is sent as soon as it can be."
    ),
    "proxy_refused": _(
        "The proxy %(proxy)s lets nothing through. When it asks for a name and a password, they stand in its address "
        "in the agent’s settings."
    ),
    "storage_failed": _("The storage answered with a fault of its own (%(reason)s). It is tried again."),
    "arrived_damaged": _("%(name)s did not arrive as it was sent. It is sent again."),
    "name_refused": _("%(name)s can’t be sent: the storage refuses it (%(reason)s)."),
    "changed_while_sent": _("%(name)s changed while it was sent. What it holds now is sent as a file of its own."),
    "source_missing": _("The source folder %(folder)s is not there, or the network location can’t be reached."),
    "source_unreadable": _("The source folder %(folder)s can’t be read or written: %(reason)s."),
    "disk_full": _("There is no room left on the disk of %(folder)s."),
    "file_unreadable": _("%(name)s can’t be read or moved: %(reason)s. It is tried again."),
    "bad_name": _("%(name)s can’t be sent: %(reason)s. Rename it."),
    "archive_failed": _("%(name)s has arrived, and can’t be moved out of the waiting folder: %(reason)s."),
    "journal_failed": _(
        "What the agent does can’t be written down on the PC: %(reason)s. Files are sent all the same. Make room on the"
        " disk, or see that the agent may write in its own folder."
    ),
    "mistake": _("The agent made a mistake of its own (%(reason)s). It goes on; please report it."),
    "output_missing": _("The folder %(folder)s for the outstanding items is not there."),
    "waits_for_another": _(
        "Files that wait for another integration: %(count)s. They are not sent to this one. On the PC, choose on the "
        "agent’s page of %(name)s what becomes of them."
    ),
    "keyring_closed": _(
        "The keyring on the PC is closed (%(reason)s). It is tried again; or put the key’s code in again."
    ),
    "output_unwritable": _("The outstanding items can’t be written to %(path)s: %(reason)s."),
}
REASON: dict[str, Any] = {
    "its name has more than 200 bytes": _("its name has more than 200 bytes"),
    "its name holds a character that can't be seen or read": _("its name holds a character that can't be seen or read"),
    "its name begins or ends with a space, or ends with a dot": _(
        "its name begins or ends with a space, or ends with a dot"
    ),
    "its name ends in # and a number": _("its name ends in # and a number"),
    "its name holds a backslash": _("its name holds a backslash"),
}
"""Reasons that the agent gives within another message, by its English words for them."""


class _Given(dict[str, str]):
    """The values of a message. A stranger's machine may leave one out."""

    def __missing__(self, _name: str) -> str:
        return "…"


def sentence(trouble: Mapping[str, Any]) -> str:
    """`trouble`: as `agents.read_sign` keeps it. One that is unknown here is shown in the agent's own words, if any."""
    known = TROUBLE.get(trouble["code"])
    if known is None:
        own = gettext("The agent reports something that this platform doesn’t know yet: %(code)s")
        return str(trouble["text"]) or own % {"code": trouble["code"]}
    values = _Given(trouble["values"])
    if "reason" in values:
        values["reason"] = str(REASON.get(values["reason"], values["reason"]))
    return str(known) % values
