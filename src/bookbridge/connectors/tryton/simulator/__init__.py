"""Tryton itself, with a proxy before it that can spoil calls. Nothing of Tryton is played: its own server answers.

`create_simulator(settings)` starts a real `trytond` on a database of its own and gives the proxy as an app. It shares
no code with the connector, and imports nothing of Tryton: that runs as a process of its own, spoken to over HTTP.
"""

from bookbridge.connectors.tryton.simulator.app import TrytonSimulator, create_simulator
from bookbridge.connectors.tryton.simulator.settings import TrytonSimulatorSettings

__all__ = ["TrytonSimulator", "TrytonSimulatorSettings", "create_simulator"]
