"""How a line to PostgreSQL finds out that its other end is gone, on both sides."""

from collections.abc import Mapping

_OURS = {
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""This side: a network that swallows what we send is noticed within some ten seconds."""

_THEIRS = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "idle_in_transaction_session_timeout": "15s",
}
"""PostgreSQL's side: what a worker that is gone, or hangs in the middle of a transaction, has locked comes free for the
others. A transaction that waits for a package or a file says so itself (`integrations.sql`)."""


def with_deadlines(options: Mapping[str, str]) -> dict[str, str]:
    """The connection options with these beside them; what was given goes before."""
    asked = " ".join(f"-c {name}={value}" for name, value in _THEIRS.items())
    return {**_OURS, **options, "options": f"{asked} {options.get('options', '')}".strip()}
