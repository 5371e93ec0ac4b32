"""The service under Windows, by pywin32. Written and its types checked; nothing here was run so far.

It runs as a user whose password Windows keeps: the system's own account sees neither the network's folders nor that
user's secrets.
"""

import subprocess
import threading
from collections.abc import Callable, Sequence

import pywintypes
import servicemanager
import win32security
import win32service
import win32serviceutil
import winerror

from bookbridge_agent.messages import AgentError

NAME = "bookbridge-agent"
_SHOWN = "Bookbridge agent"
_RUNNING = (win32service.SERVICE_RUNNING, win32service.SERVICE_START_PENDING)
_STOP_S = 30
_RESTART_MS = 10_000
_FORGOTTEN_S = 3600
"""After so long without a failure Windows counts them anew."""


def host(work: Callable[[threading.Event], None]) -> None:
    """Be the process that Windows started as the service; `work` ends when its event is set."""

    class Hosted(win32serviceutil.ServiceFramework):
        _svc_name_ = NAME
        _svc_display_name_ = _SHOWN
        stop = threading.Event()

        def SvcStop(self) -> None:  # noqa: N802 (the library's name)
            self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
            self.stop.set()

        SvcShutdown = SvcStop

        def SvcDoRun(self) -> None:  # noqa: N802
            self.ReportServiceStatus(win32service.SERVICE_RUNNING)
            work(self.stop)

    servicemanager.Initialize(NAME, None)
    servicemanager.PrepareToHostSingle(Hosted)
    servicemanager.StartServiceCtrlDispatcher()  # type: ignore[no-untyped-call]


def state() -> tuple[bool, bool]:
    """Whether it is installed, and whether it runs."""
    try:
        status = win32serviceutil.QueryServiceStatus(NAME)
    except pywintypes.error:
        return False, False
    return True, status[1] in _RUNNING


def install(command: Sequence[str], user: str, password: str) -> None:
    """Raises AgentError in Windows' own words, of a wrong password too."""
    account = user if "\\" in user or "@" in user else f".\\{user}"
    try:
        _let_log_on_as_a_service(user)
        if state()[0]:
            uninstall()
        _create(subprocess.list2cmdline(command), account, password)
        win32serviceutil.StartService(NAME)
    except pywintypes.error as error:
        raise _in_words(error) from None


def uninstall() -> None:
    try:
        if state()[1]:
            win32serviceutil.StopServiceWithDeps(NAME, waitSecs=_STOP_S)
        win32serviceutil.RemoveService(NAME)
    except pywintypes.error as error:
        if error.winerror != winerror.ERROR_SERVICE_DOES_NOT_EXIST:
            raise _in_words(error) from None


def _create(line: str, account: str, password: str) -> None:
    manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_CREATE_SERVICE)
    try:
        service = win32service.CreateService(
            manager,
            NAME,
            _SHOWN,
            win32service.SERVICE_ALL_ACCESS,
            win32service.SERVICE_WIN32_OWN_PROCESS,
            win32service.SERVICE_AUTO_START,
            win32service.SERVICE_ERROR_NORMAL,
            line,
            None,
            False,
            None,
            account,
            password,
        )
        try:
            win32service.ChangeServiceConfig2(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS, _after_a_failure())
        finally:
            win32service.CloseServiceHandle(service)
    finally:
        win32service.CloseServiceHandle(manager)


def _after_a_failure() -> dict[str, object]:
    again = (win32service.SC_ACTION_RESTART, _RESTART_MS)
    return {"ResetPeriod": _FORGOTTEN_S, "RebootMsg": None, "Command": None, "Actions": [again] * 3}


def _let_log_on_as_a_service(user: str) -> None:
    person, _domain, _kind = win32security.LookupAccountName("", user.removeprefix(".\\"))
    access = win32security.POLICY_CREATE_ACCOUNT | win32security.POLICY_LOOKUP_NAMES
    # The policy's handle closes itself.
    win32security.LsaAddAccountRights(win32security.LsaOpenPolicy("", access), person, ("SeServiceLogonRight",))


def _in_words(error: pywintypes.error) -> AgentError:
    if error.winerror == winerror.ERROR_ACCESS_DENIED:
        return AgentError("service_needs_root")
    return AgentError("service_failed", reason=error.strerror)
