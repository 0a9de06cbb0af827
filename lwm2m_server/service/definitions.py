"""The object definitions that hold for one endpoint: those of the versions it registered with.

Where it told none for an object, that is the version its LwM2M came with (§7.2.2).
"""

from collections import OrderedDict
from typing import Final

from objects.registry import Registry as Definitions
from objects.registry import core_versions

from ..protocol.registration import EndpointName, Registration
from .registration import RegistrationService

# Devices that are alike share their versions, and what these mean.
_REMEMBERED: Final = 256

_Told = tuple[str, tuple[tuple[int, str], ...]]


class KnownDefinitions:
    """All definitions, and by endpoint those that its payloads are read and written by.

    What an endpoint tells no version of is of the one that its LwM2M came with (§6.2.1).
    """

    def __init__(self, all_of_them: Definitions, registrations: RegistrationService) -> None:
        self.all = all_of_them
        self._registrations = registrations
        self._by_versions: OrderedDict[_Told, Definitions] = OrderedDict()

    def of(self, endpoint: EndpointName) -> Definitions:
        """Return the definitions for an endpoint; of one that is not registered, the newest."""
        registration = self._registrations.by_endpoint(endpoint)
        return self.all if registration is None else self.under(registration)

    def under(self, registration: Registration) -> Definitions:
        """Return the definitions for a registration."""
        told = registration.lwm2m_version, registration.versions
        found = self._by_versions.get(told)
        if found is None:
            versions = (*core_versions(registration.lwm2m_version), *registration.versions)
            found = self._by_versions[told] = self.all.with_versions(versions)
            if len(self._by_versions) > _REMEMBERED:
                self._by_versions.popitem(last=False)
        return found
