"""The simulator base: what every runnable stand-in for a package's API shares.

A package's simulator subclasses `Simulator`, describes its OAuth rules, and answers its API. The base gives real HTTP,
lasting state, OAuth pages, limits, faults, a journal of calls, and the control endpoints under `/_simulator/`.
"""

from bookbridge.kit.simulation.clock import SimulatorClock
from bookbridge.kit.simulation.faults import FaultKind, FaultPlan, FaultRule
from bookbridge.kit.simulation.limits import CallLimits, ErrorLimit
from bookbridge.kit.simulation.oauth import NoOAuth, OAuthProvider, OAuthRules, TokenRefusal, TokenRefusedError
from bookbridge.kit.simulation.server import LineCutError, SimulatorServer
from bookbridge.kit.simulation.settings import POSTGRES, CantSimulateError, SimulatorSettings
from bookbridge.kit.simulation.simulator import ControlError, Simulator, json_answer
from bookbridge.kit.simulation.store import CodeInUseError, Narrowing, SimulatorStore

__all__ = [
    "POSTGRES",
    "CallLimits",
    "CantSimulateError",
    "CodeInUseError",
    "ControlError",
    "ErrorLimit",
    "FaultKind",
    "FaultPlan",
    "FaultRule",
    "LineCutError",
    "Narrowing",
    "NoOAuth",
    "OAuthProvider",
    "OAuthRules",
    "Simulator",
    "SimulatorClock",
    "SimulatorServer",
    "SimulatorSettings",
    "SimulatorStore",
    "TokenRefusal",
    "TokenRefusedError",
    "json_answer",
]
