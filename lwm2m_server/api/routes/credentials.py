"""Credentials: who may speak for which endpoint. Keys go in, and out only where made here, once.

Those of use `bootstrap` are for the bootstrap server and open nothing else.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from ...protocol.credentials import Use
from ...service.credentials import CredentialService
from ..credential_schemas import Credential, IssuedCredential, NewCredential, Rotation
from ..deps import UseCases


class Discreet(APIRoute):
    """A route whose refusals do not repeat what was sent: it may be a key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler; see the class."""
        handler = super().get_route_handler()

        async def discreet(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as fault:
                kept = ("type", "loc", "msg")
                raise RequestValidationError(
                    [{part: error[part] for part in kept} for error in fault.errors()]
                ) from None

        return discreet


router = APIRouter(prefix="/credentials", tags=["credentials"], route_class=Discreet)


def _of_use(services: UseCases, use: Use = Use.MANAGEMENT) -> CredentialService:
    return {Use.MANAGEMENT: services.credentials, Use.BOOTSTRAP: services.bootstrap.credentials}[
        use
    ]


Credentials = Annotated[CredentialService, Depends(_of_use)]


@router.get("")
async def credentials(held: Credentials, endpoint: str | None = None) -> list[Credential]:
    """List the credentials, or those of one endpoint, without their keys."""
    return [Credential.model_validate(one) for one in held.list(endpoint)]


@router.post("", status_code=201)
async def add(new: NewCredential, held: Credentials) -> IssuedCredential:
    """Add a credential; a key that is not given is made, and shown in this answer alone."""
    issued = await held.add(new.request())
    return IssuedCredential.of(issued)


@router.post("/{credential}/rotate", status_code=201)
async def rotate(
    credential: str, held: Credentials, rotation: Rotation | None = None
) -> IssuedCredential:
    """Give an endpoint a new key; the old one ends when the new one is used, or with its time."""
    told = rotation or Rotation()
    issued = await held.rotate(credential, told.asked(), told.keep)
    return IssuedCredential.of(issued)


@router.delete("/{credential}", status_code=204)
async def revoke(credential: str, held: Credentials) -> None:
    """End a credential at once, with the sessions and the registration that it let in."""
    await held.revoke(credential)
