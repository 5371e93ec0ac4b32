"""Who belongs to an organisation: invited by an owner, with a role that an owner changes or takes away.

There is always an owner: changes are made one at a time for each organisation, and none takes the last one away.
"""

from django.db import IntegrityError, transaction

from bookbridge.organisations import trail
from bookbridge.organisations.models import Membership, Organisation, User


class AlreadyMemberError(Exception):
    """Whoever is invited belongs to the organisation."""


class ClosedAccountError(Exception):
    """The operator has closed the account of whoever is invited."""


class LastOwnerError(Exception):
    """Without this owner nobody could set anything up any more."""


class NoMemberError(Exception):
    """Somebody else has removed the member meanwhile."""


def invite(organisation: Organisation, email: str, role: str) -> User:
    """Give the owner of a mail address a role, and an account where there is none. Raises AlreadyMemberError and
    ClosedAccountError.

    A new account has no password: who can read the mail sets one, and nobody else.
    """
    email = email.strip().lower()
    with transaction.atomic():
        _locked(organisation)
        user = _account(email, organisation)
        if Membership.objects.filter(organisation=organisation, user=user).exists():
            raise AlreadyMemberError
        if not user.is_active:
            raise ClosedAccountError
        Membership.objects.create(organisation=organisation, user=user, role=role)
        trail.record(organisation.pk, "membership.added", subject=user, changes={"role": (None, role)})
    return user


def set_role(organisation: Organisation, membership_id: int, role: str) -> None:
    """Raises LastOwnerError and NoMemberError."""
    with transaction.atomic():
        member = _member(organisation, membership_id)
        if member.role == role:
            return
        _keeps_an_owner(organisation, member)
        was, member.role = member.role, role
        member.save(update_fields=["role"])
        trail.record(organisation.pk, "membership.changed", subject=member.user, changes={"role": (was, role)})


def remove(organisation: Organisation, membership_id: int) -> User:
    """Take access away from the next request on; the account stays. Raises LastOwnerError and NoMemberError."""
    with transaction.atomic():
        member = _member(organisation, membership_id)
        _keeps_an_owner(organisation, member)
        member.delete()
        trail.record(organisation.pk, "membership.removed", subject=member.user, changes={"role": (member.role, None)})
    return member.user


def _account(email: str, organisation: Organisation) -> User:
    """The account of a mail address, made where there is none."""
    known = User.objects.filter(email=email).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, None, time_zone=organisation.time_zone)
    except IntegrityError:
        # Another company has invited the same person at this moment.
        return User.objects.get(email=email)
    trail.record(None, "user.added", subject=user, changes=trail.differences(None, user, ("email",)))
    return user


def _locked(organisation: Organisation) -> None:
    Organisation.objects.select_for_update().get(pk=organisation.pk)


def _member(organisation: Organisation, membership_id: int) -> Membership:
    _locked(organisation)
    own = Membership.objects.select_related("user").filter(organisation=organisation, pk=membership_id)
    member = own.first()
    if member is None:
        raise NoMemberError
    return member


def _keeps_an_owner(organisation: Organisation, member: Membership) -> None:
    """Closed accounts count for nothing."""
    owners = Membership.objects.filter(
        organisation=organisation, role=Membership.Role.OWNER, user__is_active=True
    ).exclude(pk=member.pk)
    if member.role == Membership.Role.OWNER and not owners.exists():
        raise LastOwnerError
