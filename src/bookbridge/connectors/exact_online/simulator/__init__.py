"""A runnable stand-in for Exact Online, played from its documentation. It shares no code with the connector.

`create_simulator(settings)` gives the app; `SimulatorServer(app)` serves it.
"""

from bookbridge.connectors.exact_online.simulator.app import ExactOnlineSimulator, create_simulator
from bookbridge.connectors.exact_online.simulator.seed import DEMO_DIVISION, SECOND_DIVISION
from bookbridge.connectors.exact_online.simulator.settings import ExactOnlineSimulatorSettings

__all__ = [
    "DEMO_DIVISION",
    "SECOND_DIVISION",
    "ExactOnlineSimulator",
    "ExactOnlineSimulatorSettings",
    "create_simulator",
]
