"""Carrying out what a deployment's machine wants, and telling it how that ended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import structlog

from compiler.errors import CompileError
from firmware_store import StoreError
from objects.codecs import ContentFormat
from objects.path import Path

from ..protocol import effects, inputs
from ..protocol.deployment import Delivery, Outcome, Via
from ..protocol.operations import Observe, Operation, Write
from .errors import (
    EndpointUnreachable,
    NotRegistered,
    OperationRefused,
    ServiceError,
    UnreadableAnswer,
)
from .gateway import Gateway
from .hardware import HardwareService
from .images import ImageService, Place
from .ports import Unreachable
from .probe import delivery_methods, offers_firmware, read_firmware, read_slot
from .pulls import PullTokens
from .records import DeploymentRecord, ImageRecord
from .self_test import run_self_test
from .views import SelfTestView

_log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]

_CHANGED: Final = 0x44  # 2.04, what a Write and an Execute are answered with
_BAD_REQUEST: Final = 0x80  # 4.00, what a device would say to a URI that cannot be
_OUTCOMES: Final = MappingProxyType({outcome.value: outcome for outcome in Outcome})


@dataclass(frozen=True, slots=True)
class Carried:
    """An input for the machine, and what is to be kept with the deployment besides."""

    event: inputs.Input
    image: ImageRecord | None = None
    self_test: SelfTestView | None = None


class Effects:
    """Carries out one effect at a time; whatever goes wrong becomes an input."""

    def __init__(
        self, gateway: Gateway, devices: HardwareService, images: ImageService, pulls: PullTokens
    ) -> None:
        self._gateway = gateway
        self._devices = devices
        self._images = images
        self._pulls = pulls

    async def carry_out(
        self, deployment: DeploymentRecord, effect: Any, progress: Progress
    ) -> Carried:
        """Return the answer to an effect that has a ticket."""
        handler = _HANDLERS[type(effect)]
        try:
            return await handler(self, deployment, effect, progress)
        except (ServiceError, StoreError) as error:
            return Carried(_failure(effect, error))
        except Exception:  # noqa: BLE001 - whatever it is
            # A fault of ours must not leave the deployment hanging: the machine takes
            # it as an unknown outcome, looks again, and gives up when its patience ends.
            _log.exception("effect failed", deployment=deployment.id, effect=type(effect).__name__)
            return Carried(inputs.NoAnswer(effect.ticket))

    async def try_out(self, deployment: DeploymentRecord, effect: Any) -> None:
        """Carry out an effect that nobody waits for."""
        endpoint = deployment.request.endpoint
        try:
            if isinstance(effect, effects.CancelObservation):
                await self._gateway.cancel_observation(endpoint, effect.path)
            else:
                await self._gateway.request(endpoint, _OPERATIONS[type(effect)](effect.path))
        except (NotRegistered, EndpointUnreachable, OperationRefused) as error:
            _log.info("effect without answer", deployment=deployment.id, why=str(error))

    # --- one method per effect ------------------------------------------------------------

    async def _probe(self, deployment: DeploymentRecord, effect: Any, _: Progress) -> Carried:
        endpoint, request = deployment.request.endpoint, deployment.request
        probed = await self._devices.read(endpoint)
        if request.firmware is None:
            # What no build can serve is said before anything about slots or Object 5.
            try:
                self._images.profiles(probed.hardware, self._devices.known(endpoint).board)
            except CompileError as error:
                return Carried(_build_failed(effect.ticket, error))
        if request.via is Via.MODULE:
            return Carried(inputs.SlotsProbed(effect.ticket, probed.slots))
        if not offers_firmware(self._gateway.registration(endpoint)):
            return Carried(inputs.FirmwareProbed(effect.ticket, None))
        able = await delivery_methods(self._gateway, endpoint)
        status = await read_firmware(self._gateway, endpoint)
        can_pull = bool(able.schemes)
        return Carried(inputs.FirmwareProbed(effect.ticket, status, can_pull, able.push))

    async def _build(self, deployment: DeploymentRecord, effect: Any, _: Progress) -> Carried:
        request = deployment.request
        device = self._devices.known(request.endpoint)
        if device.hardware is None or request.model is None:
            return Carried(inputs.Broken(effect.ticket, "there is nothing to build"))
        place = Place(device.hardware, device.board, request.via, effect.slot)
        try:
            image = await self._images.build(request.model, place)
        except (CompileError, StoreError) as error:
            return Carried(_build_failed(effect.ticket, error))
        return Carried(inputs.Built(effect.ticket, image.facts), image=image)

    async def _read_slot(self, deployment: DeploymentRecord, effect: Any, _: Progress) -> Carried:
        slot = await read_slot(self._gateway, deployment.request.endpoint, effect.slot)
        return Carried(inputs.SlotRead(effect.ticket, slot))

    async def _read_firmware(
        self, deployment: DeploymentRecord, effect: Any, _: Progress
    ) -> Carried:
        status = await read_firmware(self._gateway, deployment.request.endpoint)
        return Carried(inputs.FirmwareRead(effect.ticket, status))

    async def _write(self, deployment: DeploymentRecord, effect: Any, _: Progress) -> Carried:
        content_format = ContentFormat.OPAQUE if effect.payload else ContentFormat.TEXT
        write = Write(effect.path, effect.payload, content_format)
        response = await self._gateway.request(deployment.request.endpoint, write)
        return Carried(inputs.Answered(effect.ticket, response.code))

    async def _push(self, deployment: DeploymentRecord, effect: Any, progress: Progress) -> Carried:
        image = await self._images.bytes_of(deployment)
        await self._gateway.push(deployment.request.endpoint, effect.path, image, progress)
        return Carried(inputs.Answered(effect.ticket, _CHANGED))

    async def _offer(self, deployment: DeploymentRecord, effect: Any, _: Progress) -> Carried:
        endpoint, schemes = deployment.request.endpoint, None
        if deployment.request.via is Via.FIRMWARE:
            schemes = (await delivery_methods(self._gateway, endpoint)).schemes
        try:
            uri = self._gateway.package_uri(endpoint, deployment.token, schemes)
        except Unreachable as error:
            if deployment.request.delivery is Delivery.AUTO:
                return Carried(inputs.Answered(effect.ticket, _BAD_REQUEST))
            return Carried(inputs.Broken(effect.ticket, str(error)))
        await self._pulls.offer(deployment.token, await self._images.bytes_of(deployment))
        await self._gateway.write(endpoint, effect.path, uri)
        return Carried(inputs.Answered(effect.ticket, _CHANGED))

    async def _execute(self, deployment: DeploymentRecord, effect: Any, _: Progress) -> Carried:
        await self._gateway.execute(deployment.request.endpoint, effect.path)
        return Carried(inputs.Answered(effect.ticket, _CHANGED))

    async def _self_test(
        self, deployment: DeploymentRecord, effect: Any, progress: Progress
    ) -> Carried:
        plan = await self._images.self_test_of(deployment)
        test = await run_self_test(
            self._gateway, deployment.request.endpoint, effect.slot, plan, progress
        )
        event = inputs.SelfTested(effect.ticket, test.view.passed, test.reason)
        return Carried(event, self_test=test.view)


def _failure(effect: Any, error: Exception) -> inputs.Input:
    """Return what the machine is told of an effect that ended in `error`."""
    match error:
        case NotRegistered() | EndpointUnreachable():
            return inputs.NoAnswer(effect.ticket)
        case UnreadableAnswer():
            return inputs.ReadRefused(effect.ticket, str(error))
        case OperationRefused() if type(effect) in _READS:
            return inputs.ReadRefused(effect.ticket, str(error))
        case OperationRefused(code=code):
            return inputs.Answered(effect.ticket, code)
        case _:
            return inputs.Broken(effect.ticket, str(error))


def _build_failed(ticket: int, error: Exception) -> inputs.BuildFailed:
    kind = error.kind if isinstance(error, CompileError) else ""
    return inputs.BuildFailed(ticket, _OUTCOMES.get(kind, Outcome.FAILED), str(error))


def with_results(deployment: DeploymentRecord, carried: Carried) -> DeploymentRecord:
    """Return the deployment with what came along with an answer."""
    if carried.image is not None:
        deployment = replace(deployment, image=carried.image)
    if carried.self_test is not None:
        deployment = replace(deployment, self_test=carried.self_test)
    return deployment


Handler = Callable[[Effects, DeploymentRecord, Any, Progress], Awaitable[Carried]]

_OPERATIONS: Final[Mapping[type, Callable[[Path], Operation]]] = {
    effects.Observe: Observe,
    effects.Discard: lambda path: Write(path, b"", ContentFormat.TEXT),
}
_READS: Final = frozenset({effects.Probe, effects.ReadSlot, effects.ReadFirmware})
_HANDLERS: Final[Mapping[type, Handler]] = {
    effects.Probe: Effects._probe,
    effects.BuildImage: Effects._build,
    effects.ReadSlot: Effects._read_slot,
    effects.ReadFirmware: Effects._read_firmware,
    effects.Write: Effects._write,
    effects.PushImage: Effects._push,
    effects.OfferImage: Effects._offer,
    effects.Execute: Effects._execute,
    effects.RunSelfTest: Effects._self_test,
}
