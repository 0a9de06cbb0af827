"""Deployments: drive each to its end, through restarts and silence."""

from ..protocol.deployment import DeploymentRequest
from ..protocol.registration import EndpointName
from .views import DeploymentView


class DeploymentService:
    """What is on its way to which endpoint; implements `PullSource` for the transport."""

    async def deploy(self, request: DeploymentRequest) -> DeploymentView:
        """Begin a deployment.

        Raises `NotFound` (endpoint, model or firmware), `AlreadyDeploying` or
        `InvalidInput`. The endpoint need not be registered at the moment.
        """
        raise NotImplementedError

    async def cancel(self, deployment: str) -> DeploymentView:
        """Cancel; raises `NotFound`, or `Conflict` once it ended or Execute was sent."""
        raise NotImplementedError

    async def get(self, deployment: str) -> DeploymentView:
        """Return one deployment; raises `NotFound`."""
        raise NotImplementedError

    async def deployments(
        self, endpoint: EndpointName | None = None, limit: int = 100
    ) -> list[DeploymentView]:
        """Return the latest deployments, newest first."""
        raise NotImplementedError

    async def wait(self, deployment: str) -> DeploymentView:
        """Return the deployment once it ended; raises `NotFound`."""
        raise NotImplementedError

    def image(self, token: str) -> bytes | None:
        """Return the immutable bytes of `token`, None where there is no such token."""
        raise NotImplementedError

    def pulled(self, token: str, done: int, total: int) -> None:
        """Note that the endpoint has fetched `done` of `total` bytes."""
        raise NotImplementedError
