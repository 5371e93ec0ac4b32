"""All addresses. Each needs a line in `bookbridge.server.roles`."""

from allauth.account import views as account
from django.urls import include, path, re_path

from bookbridge.portal.views.security import too_many

handler429 = too_many

# Only what is used of allauth's own addresses: nobody signs up here, and an address is changed by the operator.
_accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
urlpatterns = [
    path("accounts/", include(_accounts)),
    path("", include("bookbridge.portal.urls")),
]
