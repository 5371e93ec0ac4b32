"""Being let in by a key that a person gives, by the rules of a fact sheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bookbridge.kit import exact_json
from bookbridge.kit.fact_sheet import AccessKey


def token_of(rules: AccessKey, given: Mapping[str, str]) -> str:
    """What a connector gets as its token. Raises KeyError for a field that is missing."""
    values = {known.name: given[known.name] for known in rules.fields}
    return next(iter(values.values())) if len(values) == 1 else exact_json.dumps(values)


@dataclass(frozen=True, slots=True)
class FixedToken:
    """Access tokens of a key: always the same, so that who is refused says that a person must give another."""

    token: str = field(repr=False)

    def access_token(self, refused: str | None = None) -> str:  # noqa: ARG002 (part of the contract)
        return self.token
