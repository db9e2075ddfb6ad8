"""The artifact gives what the server gives, to a visitor who was never here before."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from offerd.apis.target.on_device import evaluator
from offerd.services.clock import ManualClock

#: The site is made anew by each example, and smaller worlds would take minutes to find.
MANY = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@MANY
@given(data=st.data())
def test_the_sdks_decide_as_the_server_does(data, worlds, same_as_the_server, device):
    same_as_the_server(data.draw(worlds), device)


@MANY
@given(data=st.data())
def test_offerds_evaluator_decides_as_the_server_does(data, worlds, same_as_the_server):
    def choose(artifact, client, requests, times):
        clock = ManualClock(0)
        made = evaluator.compile_artifact(artifact, client=client, clock=clock)
        for request, time in zip(requests, times, strict=True):
            clock.set(time)
            yield made.decide(request, session="s")

    same_as_the_server(data.draw(worlds), choose)
