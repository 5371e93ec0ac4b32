"""What stops a read from a package; the engine turns each into what happens next.

PackageError
├── LaterError           wait until a moment the package or the budget names
│   └── AddressRefusedError  this installation may not call the address; its operator must allow it
├── SignInAgainError     a person must authorise the account again
├── UnreachableError     no definite answer: refused connection, time-out, cut line, server fault
│   └── MovedError           a list changed while its pages were read: it is read anew, from the first
├── NotAllowedError      the account or its licence may not read this
│   └── RefusedError     the package refused the request in its own words
└── ClaimLostError       this worker no longer owns the work; stop without another word

CannotMapError is no word of a package: the document can't be said in its terms, and nothing has been sent.
"""

from datetime import datetime

from bookbridge.documents import Problem


class PackageError(Exception):
    """Base of everything a package does that stops a read."""


class LaterError(PackageError):
    def __init__(self, not_before: datetime, reason: str) -> None:
        super().__init__(reason)
        self.not_before = not_before
        self.reason = reason


class AddressRefusedError(LaterError):
    """Nothing has been sent, nor will be until the operator changes a setting; `host` is what was to be called."""

    def __init__(self, not_before: datetime, reason: str, host: str) -> None:
        super().__init__(not_before, reason)
        self.host = host


class SignInAgainError(PackageError):
    pass


class UnreachableError(PackageError):
    """`may_have_arrived` is True unless it is certain that the package has not acted on the request."""

    def __init__(self, reason: str, *, may_have_arrived: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_have_arrived = may_have_arrived


class MovedError(UnreachableError):
    """What the pages before have said is of no use: a record may have been passed over, or come twice."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, may_have_arrived=False)


class NotAllowedError(PackageError):
    pass


class RefusedError(NotAllowedError):
    """For a reader it is like NotAllowedError: waiting doesn't help, a person must look.

    `words` are the package's own; a connector's problems.py turns them into a Problem.
    """

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.words = words
        self.status = status


class ClaimLostError(PackageError):
    pass


class CannotMapError(Exception):
    """The document can't be said in the package's terms; a person must repair it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems
