"""What services refuse has a status of its own."""

from lwm2m_server.api.errors import status_of
from lwm2m_server.service.errors import EndpointAsleep, QueueFull


def test_refusals_have_statuses_of_their_own() -> None:
    assert status_of(QueueFull("at most 64 requests wait for dev")) == 429
    assert status_of(EndpointAsleep("dev", "ask later")) == 504
