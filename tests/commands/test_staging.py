"""The stage of the demo: set again, it stands again, whatever became of the simulator meanwhile."""

from bookbridge.commands.staging import set_stage
from bookbridge.integrations.connecting import administrations
from bookbridge.integrations.models import Authorisation, Configuration
from bookbridge.kit import catalogue
from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from tests.exchange.stage import Stage
from tests.roles import as_the_app


def again(url: str) -> Authorisation:
    with as_the_app():
        return set_stage("exact_online", url, "Test Company", "Files").authorisation


def test_setting_it_again_makes_nothing_twice(stage: Stage):
    authorisation = again(stage.simulator.url)

    assert authorisation == Authorisation.objects.get()
    assert Configuration.objects.get() == stage.configuration


def test_dead_tokens_of_an_earlier_show_are_replaced(stage: Stage):
    stage.control("tokens/revoke")

    assert administrations(again(stage.simulator.url))


def test_a_new_simulator_at_another_address_is_taken(stage: Stage):
    limits = SimulatorSettings(minute_limit=100_000, day_limit=1_000_000)
    with SimulatorServer(catalogue.simulator_factory("exact_online")(limits)) as other:
        assert administrations(again(other.url))
        assert Authorisation.objects.get().app.address == other.url
