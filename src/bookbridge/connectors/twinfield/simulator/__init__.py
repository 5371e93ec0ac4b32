"""A runnable stand-in for Twinfield, played from its documentation. It shares no code with the connector.

`create_simulator(settings)` gives the app; `SimulatorServer(app)` serves it.
"""

from bookbridge.connectors.twinfield.simulator.app import TwinfieldSimulator, create_simulator
from bookbridge.connectors.twinfield.simulator.seed import DEMO_OFFICE, SECOND_OFFICE
from bookbridge.connectors.twinfield.simulator.settings import TwinfieldSimulatorSettings

__all__ = ["DEMO_OFFICE", "SECOND_OFFICE", "TwinfieldSimulator", "TwinfieldSimulatorSettings", "create_simulator"]
