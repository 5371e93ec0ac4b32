"""A runnable stand-in for Minox Online, played from public facts. It shares no code with the connector.

`create_simulator(settings)` gives the app; `SimulatorServer(app)` serves it.
"""

from bookbridge.connectors.minox.simulator.app import MinoxSimulator, create_simulator
from bookbridge.connectors.minox.simulator.seed import DEMO_ADMINISTRATION
from bookbridge.connectors.minox.simulator.settings import MinoxSimulatorSettings

__all__ = ["DEMO_ADMINISTRATION", "MinoxSimulator", "MinoxSimulatorSettings", "create_simulator"]
