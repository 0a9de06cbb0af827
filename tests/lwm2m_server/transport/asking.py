"""A request of the server's to a peer, for tests that need no registration."""

from lwm2m_server.coap.endpoint import Done
from lwm2m_server.coap.message import Message
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.exchanges import Cancel, outcome
from lwm2m_server.transport.handler import Sender


async def ask(driver: Driver, remote: Sender, request: Message) -> Message:
    """Return the response, of a body in blocks the first; raises `Unreachable`."""

    def begin(done: Done) -> Cancel:
        exchange = driver.endpoint.request(remote, request, done, driver.now())
        driver.flush()
        return lambda: driver.endpoint.cancel(exchange, driver.now())

    return await outcome(begin, {})
