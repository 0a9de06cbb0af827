"""The CoAP server: its sockets, what is served on them, and the way down to the devices."""

import asyncio

from ..coap.limits import LIMITS, Limits
from ..coap.tuning import TUNING, Tuning
from ..protocol.deployment import RULES
from ..protocol.identity import Identity, SecurityMode
from ..service.ports import Keyring, PullSource, Sequences
from ..service.registration import RegistrationService
from .address import Peer
from .application import Application
from .downlink import CoapDownlink
from .dp import DataPush, Sent
from .driver import Driver
from .dtls.port import SecurePort
from .exchanges import Carrier, Carriers, found_by_address, found_by_session
from .handler import Handler, Sender
from .observations import Notified
from .plain import PlainPort
from .pull import PackageHandler
from .rd import RegistrationDirectory
from .tls import server_context
from .udp import UdpRemote


class CoapServer:
    """Serves registrations and pulls; `downlink` may be used at once and waits for `open`.

    To be made within the loop. `notified` is called for every notification and `sent` for every
    Send; neither may block.
    Times are in seconds; `public` is as in `CoapDownlink`. `application` is for aiocoap's
    resources and requests above the same sockets.
    """

    def __init__(
        self,
        registrations: RegistrationService,
        source: PullSource,
        notified: Notified,
        sent: Sent,
        *,
        progress_timeout: float = RULES.progress,
        public: str | None = None,
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
    ) -> None:
        self._limits, self._tuning = limits, tuning
        now = asyncio.get_running_loop().time
        directory = RegistrationDirectory(registrations)
        routes: dict[str, Handler] = {
            "rd": directory,
            "p": PackageHandler(source, now),
            "dp": DataPush(sent),
        }
        self.application = Application(routes, limits, tuning)
        self.driver = Driver(
            routes, self.application.otherwise, limits, tuning, stands=directory.stands
        )
        self.carriers = Carriers()
        self.downlink = CoapDownlink(
            self.carriers,
            notified,
            executed=registrations.executed,
            progress_timeout=progress_timeout,
            public=public,
        )
        self._plain = PlainPort(self.driver)
        self._secure: SecurePort | None = None
        registrations.listen(self.downlink, self.downlink.contacts.endpoints)
        registrations.listen_for_ends(self.downlink.ended)

    async def open(self, host: str = "::", port: int = 5683) -> int:
        """Bind and serve plain CoAP; return the port (0 lets the system choose).

        Raises `OSError`. What else is to be served is opened before.
        """
        udp = await self._plain.open(host, port)

        def sender(address: str) -> Sender:
            peer = Peer.parse(address)
            pktinfo = peer.pktinfo or udp.source_to(peer.sockaddr)
            return UdpRemote(udp, peer.sockaddr, pktinfo)

        self.carriers.add("coap", Carrier(self.driver, found_by_address(sender), udp.port))
        self.application.plug(self.driver, udp)
        self.carriers.open()
        return udp.port

    def secured_by(self, port: SecurePort) -> None:
        """Let requests to `coaps://` addresses go out by the live sessions of `port`.

        It is to be opened with `driver.received`, and `lost` as its `Ended`.
        """
        self._secure = port
        self.carriers.add("coaps", Carrier(self.driver, found_by_session(port.find), port.port))

    def lost(self, session: Sender, why: str) -> None:
        """Fail what is under way at a session that is over, and go on at one in its place."""
        self.driver.ended(session, why)
        self.downlink.contacts.lost(session)

    async def open_tcp(self, host: str, port: int, keyring: Keyring | None = None) -> int:
        """Serve CoAP over TCP, over TLS where `keyring` is given; return the port.

        Raises `OSError`, and `NoCertificate` where the server has none for TLS.
        """
        if keyring is None:
            return await self.application.listen(self.carriers, host, port)
        context = server_context(keyring)
        judge = keyring.peer_of_certificate
        return await self.application.listen(self.carriers, host, port, judge, context)

    def protect(self, keyring: Keyring, sequences: Sequences) -> None:
        """Serve OSCORE above everything else; raises `ImportError` without the extra `oscore`."""
        from .oscore import protect  # noqa: PLC0415 - what it needs may not be there

        protect(
            self.application,
            self.carriers,
            keyring,
            sequences,
            limits=self._limits,
            tuning=self._tuning,
        )

    def end(self, identity: Identity) -> None:
        """End all sessions and connections of an identity; NoSec has none that prove it."""
        if identity.mode is SecurityMode.NOSEC:
            return
        if self._secure is not None:
            self._secure.end(identity)
        self.application.end(identity)

    async def aclose(self) -> None:
        """Fail what is under way and release the sockets."""
        await self.downlink.aclose()
        await self.application.aclose()
        self.driver.close()
        self._plain.close()
