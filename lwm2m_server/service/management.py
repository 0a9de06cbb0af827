"""Operations on a registered endpoint, with typed values (OMA LwM2M Core 1.2 §6.3, §6.4)."""

from collections.abc import Sequence
from functools import partial

from objects.attributes import NotificationAttributes
from objects.codecs import encode, encode_values
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Node, ObjectInstance, Resource, leaves
from objects.value import Value

from ..protocol.arguments import check_arguments
from ..protocol.formats import Shape
from ..protocol.operations import (
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Target,
    Write,
    WriteAttributes,
    WriteComposite,
)
from ..protocol.registration import EndpointName, Registration
from .answers import ASKING, Asking, Queued, Result, Values
from .errors import InvalidInput
from .fitness import check_attributes, check_depth, check_paths, check_version
from .gateway import Gateway
from .hardware import HardwareService
from .negotiation import shape_of
from .new_instance import NewInstance
from .observing import ObservationService
from .ports import Clock, Submitter
from .submission import Submission


class ManagementService:
    """The one way for operators' operations; what API and command line stand on.

    Each returns an `Answer`, be it an error of the endpoint's, or `Queued` where the endpoint
    sleeps and the request may wait. All raise `NotFound` or `NotRegistered` for the endpoint,
    `EndpointUnreachable`, `InvalidInput` for what cannot be asked, before anything is sent, and
    `UnreadableAnswer` for what cannot be read.
    """

    def __init__(
        self,
        gateway: Gateway,
        devices: HardwareService,
        submitter: Submitter,
        clock: Clock,
        observations: ObservationService | None = None,
    ) -> None:
        """`submitter` is where requests leave by; `observations` keeps what is observed."""
        self._gateway = gateway
        self._devices = devices
        self._submission = Submission(gateway, submitter, clock)
        self._observations = observations

    def definitions_of(self, endpoint: EndpointName) -> Definitions:
        """Return the definitions of the object versions that an endpoint registered with."""
        return self._gateway.definitions_of(self._registered(endpoint))

    # --- Device Management and Service Enablement (§6.3) -----------------------------------

    async def read(self, endpoint: EndpointName, path: Path, asking: Asking = ASKING) -> Result:
        """Read an object, an instance, a resource or a resource instance (§6.3.1)."""
        registration = self._registered(endpoint)
        check_depth(path, 1, 4)
        return await self._submission.read(registration, path, asking, partial(Read, path))

    async def write(
        self,
        endpoint: EndpointName,
        path: Path,
        node: Node,
        *,
        replace: bool = True,
        asking: Asking = ASKING,
    ) -> Result:
        """Write an instance, a resource or a resource instance (§6.3.3).

        Without `replace` what an instance or a multiple resource has beside what is written
        stays. One value is always replaced: by POST it would be executed.
        """
        registration = self._registered(endpoint)
        check_depth(path, 2, 4)
        definitions = self._gateway.definitions_of(registration)
        shape = shape_of(path, node, definitions)
        wholly = replace or shape is not Shape.TREE

        def make(payload: bytes, content_format: int) -> Operation:
            return Write(path, payload, content_format, wholly)

        return await self._submission.write(
            registration,
            asking,
            shape,
            lambda content_format: encode(
                content_format, path, node, definitions, registration.root
            ),
            make,
        )

    async def execute(
        self,
        endpoint: EndpointName,
        path: Path,
        arguments: str = "",
        asking: Asking = ASKING,
    ) -> Result:
        """Execute a resource (§6.3.5); `arguments` as the standard writes them, `0='x',1`."""
        registration = self._registered(endpoint)
        check_depth(path, 3, 3)
        try:
            check_arguments(arguments)
        except ValueError as error:
            raise InvalidInput(f"{path}: {error}") from error
        return await self._submission.carry_out(registration, Execute(path, arguments), asking)

    async def create(
        self,
        endpoint: EndpointName,
        path: Path,
        instance: ObjectInstance | Sequence[Resource],
        asking: Asking = ASKING,
    ) -> Result:
        """Create an instance of the object at `path` (§6.3.6); `created` is the path it got.

        Of resources alone the client chooses the id. Where that cannot be said (SenML names whole
        paths) or is misread (see `NewInstance`), it gets the lowest that it has not told of.
        """
        registration = self._registered(endpoint)
        check_depth(path, 1, 1)
        definitions = self._gateway.definitions_of(registration)
        wanted = NewInstance.of(path, instance, registration)
        return await self._submission.write(
            registration,
            asking,
            Shape.TREE,
            lambda content_format: wanted.encoded(content_format, definitions, registration.root),
            partial(Create, path),
        )

    async def delete(self, endpoint: EndpointName, path: Path, asking: Asking = ASKING) -> Result:
        """Delete an instance (§6.3.7), or, from 1.2 on, a resource instance."""
        registration = self._registered(endpoint)
        check_depth(path, 2, 4)
        if len(path.parts) == 3:
            raise InvalidInput(f"{path}: a resource goes with its instance; only that is deleted")
        if len(path.parts) == 4:
            check_version(registration, "1.2", "deleting a resource instance")
        return await self._submission.carry_out(registration, Delete(path), asking)

    async def discover(self, endpoint: EndpointName, path: Path, asking: Asking = ASKING) -> Result:
        """List what there is at and below a path, with attributes (§6.3.2)."""
        registration = self._registered(endpoint)
        check_depth(path, 1, 3)
        return await self._submission.carry_out(registration, Discover(path), asking)

    async def write_attributes(
        self,
        endpoint: EndpointName,
        path: Path,
        attributes: NotificationAttributes,
        asking: Asking = ASKING,
    ) -> Result:
        """Set attributes (§6.3.4); those that are not told stay."""
        registration = self._registered(endpoint)
        check_depth(path, 1, 4)
        check_attributes(registration, path, attributes)
        return await self._submission.carry_out(
            registration, WriteAttributes(path, attributes), asking
        )

    async def read_composite(
        self, endpoint: EndpointName, paths: Sequence[Path], asking: Asking = ASKING
    ) -> Result:
        """Read several paths at once (§6.3.8)."""
        registration = self._registered(endpoint)
        target = check_paths(registration, paths)
        return await self._submission.fetch(registration, target, asking, ReadComposite)

    async def write_composite(
        self, endpoint: EndpointName, values: Values, asking: Asking = ASKING
    ) -> Result:
        """Write several values at once, all or none of them (§6.3.9)."""
        registration = self._registered(endpoint)
        check_paths(registration, tuple(values))
        definitions = self._gateway.definitions_of(registration)
        told = _flat(values)
        return await self._submission.write(
            registration,
            asking,
            Shape.COMPOSITE,
            lambda content_format: encode_values(
                content_format, told, definitions, registration.root
            ),
            WriteComposite,
        )

    # --- Information Reporting (§6.4) -------------------------------------------------------

    async def observe(self, endpoint: EndpointName, path: Path, asking: Asking = ASKING) -> Result:
        """Observe a path (§6.4.1); the answer is its first value, later ones come as events."""
        registration = self._registered(endpoint)
        check_depth(path, 1, 4)
        self._check_room(endpoint, path)
        result = await self._submission.read(registration, path, asking, partial(Observe, path))
        return await self._observed(endpoint, path, asking, result)

    async def cancel_observation(
        self, endpoint: EndpointName, path: Path, *, active: bool = True, asking: Asking = ASKING
    ) -> Result:
        """Stop observing a path (§6.4.3); unless `active`, the client learns by a reset.

        It is not observed anew from now on, whatever the endpoint answers.
        """
        registration = self._registered(endpoint)
        check_depth(path, 1, 4)
        await self._forgotten(endpoint, path)
        return await self._submission.carry_out(
            registration, CancelObservation(path, active), asking
        )

    async def observe_composite(
        self, endpoint: EndpointName, paths: Sequence[Path], asking: Asking = ASKING
    ) -> Result:
        """Observe several paths as one (§6.4.4); the answer is the first values."""
        registration = self._registered(endpoint)
        target = check_paths(registration, paths)
        self._check_room(endpoint, target)
        result = await self._submission.fetch(registration, target, asking, ObserveComposite)
        return await self._observed(endpoint, target, asking, result)

    async def cancel_composite(
        self,
        endpoint: EndpointName,
        paths: Sequence[Path],
        *,
        active: bool = True,
        asking: Asking = ASKING,
    ) -> Result:
        """Stop observing these very paths, in the same order (§6.4.5)."""
        registration = self._registered(endpoint)
        target = check_paths(registration, paths)
        await self._forgotten(endpoint, target)
        return await self._submission.cancel(registration, target, asking, active=active)

    # --- inside -----------------------------------------------------------------------------

    def _registered(self, endpoint: EndpointName) -> Registration:
        self._devices.known(endpoint)
        return self._gateway.registration(endpoint)

    def _check_room(self, endpoint: EndpointName, target: Target) -> None:
        if self._observations is not None:
            self._observations.check_room(endpoint, target)

    async def _observed(
        self, endpoint: EndpointName, target: Target, asking: Asking, result: Result
    ) -> Result:
        """Keep what is observed now, or will be once the endpoint is awake."""
        if self._observations is not None:
            if isinstance(result, Queued):
                self._observations.asked(endpoint, result.id, target, asking)
            elif result.ok:
                await self._observations.keep(endpoint, target, asking)
        return result

    async def _forgotten(self, endpoint: EndpointName, target: Target) -> None:
        if self._observations is not None:
            await self._observations.drop(endpoint, target)


def _flat(values: Values) -> dict[Path, Value]:
    """Return every value of these nodes by its full path; raises `InvalidInput` for one twice."""
    flat = dict[Path, Value]()
    for base, node in values.items():
        for path, value in leaves(base, node):
            if path in flat:
                raise InvalidInput(f"{path} is there twice")
            flat[path] = value
    return flat
