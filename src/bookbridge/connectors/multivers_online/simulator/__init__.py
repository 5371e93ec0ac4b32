"""A runnable stand-in for Multivers Online, played from what is public of it. It shares no code with the connector.

`create_simulator(settings)` gives the app; `SimulatorServer(app)` serves it.
"""

from bookbridge.connectors.multivers_online.simulator.app import MultiversSimulator, create_simulator
from bookbridge.connectors.multivers_online.simulator.seed import DEMO_DATABASE
from bookbridge.connectors.multivers_online.simulator.settings import MultiversSimulatorSettings

__all__ = ["DEMO_DATABASE", "MultiversSimulator", "MultiversSimulatorSettings", "create_simulator"]
