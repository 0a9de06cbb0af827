"""Device management with Leshan's client: one operation after the other (ETS 205 to 261)."""

import pytest

from .clients import Client, instance, multiple, proves, single
from .conftest import Opened

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="session")]

FIRST = "initial value"
IDS = "/3442/0/1110"  # a multiple String


# --- Read -------------------------------------------------------------------------------------


@proves("read-object")
async def test_222_read_on_object(client: Client) -> None:
    node = await client.read("/3442")
    assert (node["kind"], node["id"]) == ("obj", 3442)
    assert [one["id"] for one in node["instances"]] == [0, 1]
    strings = [
        resource["value"]
        for one in node["instances"]
        for resource in one["resources"]
        if resource["id"] == 110
    ]
    assert strings == [FIRST, FIRST]


@proves("read-instance")
async def test_223_read_on_object_instance(client: Client) -> None:
    node = await client.read("/3442/1")
    assert (node["kind"], node["id"]) == ("instance", 1)
    kinds = {one["id"]: one["kind"] for one in node["resources"]}
    assert (kinds[110], kinds[1110]) == ("singleResource", "multiResource")


@proves("read-resource")
async def test_224_read_on_resource(client: Client) -> None:
    node = await client.read("/3442/0/110")
    assert node == {"kind": "singleResource", "id": 110, "type": "STRING", "value": FIRST}
    assert (await client.read(IDS))["values"] == {"0": FIRST}


@proves("read-resource-instance")
async def test_225_read_on_resource_instance(client: Client) -> None:
    node = await client.read(f"{IDS}/0")
    assert node == {"kind": "resourceInstance", "id": 0, "type": "STRING", "value": FIRST}


@proves("error-codes")
@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/3442/7", "NOT_FOUND(404)"),
        ("GET", "/3442/0/9999", "NOT_FOUND(404)"),
        ("GET", "/26241", "NOT_FOUND(404)"),
        ("GET", "/3442/0/0", "METHOD_NOT_ALLOWED(405)"),
        ("POST", "/3442/0/110", "METHOD_NOT_ALLOWED(405)"),
        ("DELETE", "/3442/7", "NOT_FOUND(404)"),
    ],
)
async def test_what_the_client_refuses_is_told(
    client: Client, method: str, path: str, code: str
) -> None:
    assert await client.refused(method, path) == code


@proves("error-codes")
async def test_221_attempt_to_perform_operations_on_security(client: Client) -> None:
    assert await client.refused("GET", "/0") == "NOT_FOUND(404)"
    assert await client.refused("GET", "/0/0") == "NOT_FOUND(404)"
    assert await client.refused("GET", "/0/0/discover") == "NOT_FOUND(404)"


# --- Write ------------------------------------------------------------------------------------


@proves("write-partial-instance")
async def test_226_partial_update_on_object_instance(client: Client) -> None:
    body = instance("/3442/0", single("/3442/0/110", "string", "partly"))
    await client.done("PUT", "/3442/0", body, replace="false")
    assert (await client.event("written"))["path"] == "/3442/0/110"
    assert await client.value("/3442/0/110") == "partly"
    assert await client.value("/3442/0/120") == "1024"


@proves("write-replace-instance")
async def test_226_replace_on_object_instance(client: Client) -> None:
    body = instance("/3442/0", single("/3442/0/110", "string", "wholly"))
    await client.done("PUT", "/3442/0", body)
    assert await client.value("/3442/0/110") == "wholly"
    assert await client.refused("GET", "/3442/0/120") == "NOT_FOUND(404)"


@proves("write-resource")
async def test_227_write_to_a_resource(client: Client) -> None:
    await client.done("PUT", "/3/0/14", single("/3/0/14", "string", "+02:00"))
    assert (await client.event("written"))["value"] == "+02:00"
    assert await client.value("/3/0/14") == "+02:00"


@proves("write-resource")
async def test_227_write_to_a_resource_by_plain_text(client: Client) -> None:
    await client.done("PUT", "/3442/0/120", "-42")
    assert await client.value("/3442/0/120") == "-42"


@proves("write-replace-multiple")
async def test_227_replace_a_multiple_resource(client: Client) -> None:
    await client.done("PUT", IDS, multiple(IDS, "string", {2: "two", 3: "three"}))
    assert await client.value(IDS) == {"2": "two", "3": "three"}


@proves("write-partial-multiple")
async def test_227_partially_update_a_multiple_resource(client: Client) -> None:
    await client.done("PUT", IDS, multiple(IDS, "string", {1: "one"}), replace="false")
    assert await client.value(IDS) == {"0": FIRST, "1": "one"}


@proves("write-resource-instance")
async def test_228_write_to_a_resource_instance(client: Client) -> None:
    body = {"id": 0, "kind": "resourceInstance", "type": "string", "value": "written"}
    await client.done("PUT", f"{IDS}/0", body)
    assert await client.value(f"{IDS}/0") == "written"


@proves("error-codes")
async def test_256_write_operation_failure(client: Client) -> None:
    body = single("/3/0/0", "string", "another manufacturer")
    assert await client.refused("PUT", "/3/0/0", body) == "METHOD_NOT_ALLOWED(405)"


# --- Execute, Create, Delete --------------------------------------------------------------------


@proves("execute")
async def test_241_executable_resource_rebooting_the_device(client: Client) -> None:
    await client.done("POST", "/3/0/4")
    told = await client.event("executed")
    assert (told["path"], told["arguments"]) == ("/3/0/4", None)


@proves("execute-arguments")
@pytest.mark.parametrize(
    "arguments", ["0", "0='a',3,9='http://localhost'", "5='a,text;with=signs'"]
)
async def test_241_execute_with_arguments(client: Client, arguments: str) -> None:
    await client.done("POST", "/3442/0/3", arguments)
    assert (await client.event("executed"))["arguments"] == arguments


@proves("create")
async def test_1630_create_an_instance_of_this_id(client: Client) -> None:
    body = instance("/3442/9", single("/3442/9/110", "string", "created"))
    await client.done("POST", "/3442", body)
    assert await client.value("/3442/9/110") == "created"
    assert await client.refused("POST", "/3442", body) == "BAD_REQUEST(400)"


@proves("create-without-id")
async def test_1630_create_an_instance_of_an_id_that_is_free(client: Client) -> None:
    body = {"resources": [single("/3442/0/110", "string", "created")]}
    told = await client.done("POST", "/3442", body)
    assert told["location"] == "3442/2"
    assert await client.value("/3442/2/110") == "created"


@proves("delete", "update-objects")
async def test_1635_delete_an_instance(client: Client) -> None:
    async with client.followed() as stream:
        await client.done("DELETE", "/3442/1")
        assert await client.refused("GET", "/3442/1") == "NOT_FOUND(404)"
        # §6.2.2: its objects have changed, and an Update tells so.
        told = await stream.event("UPDATED")
    assert told["registration"]["availableInstances"]["3442"] == [0]


# --- Discover, Write-Attributes -------------------------------------------------------------------


@proves("discover")
async def test_260_discover(client: Client) -> None:
    links = (await client.done("GET", "/3442/0/discover"))["objectLinks"]
    urls = [link["url"] for link in links]
    assert urls[0] == "/3442/0"
    assert {"/3442/0/0", "/3442/0/110", IDS} <= set(urls)
    objects = (await client.done("GET", "/3442/discover"))["objectLinks"]
    assert {"/3442", "/3442/0", "/3442/1"} <= {link["url"] for link in objects}
    (resource,) = (await client.done("GET", "/3442/0/110/discover"))["objectLinks"]
    assert resource["url"] == "/3442/0/110"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param("/3442/0/120", {"pmin": "10"}, marks=proves("attribute-pmin")),
        pytest.param("/3442/0/120", {"pmax": "60"}, marks=proves("attribute-pmax")),
        pytest.param("/3442/0/120", {"gt": "42.5"}, marks=proves("attribute-gt")),
        pytest.param("/3442/0/120", {"lt": "-7"}, marks=proves("attribute-lt")),
        pytest.param("/3442/0/130", {"st": "0.5"}, marks=proves("attribute-st")),
        pytest.param("/3442/0", {"epmin": "10"}, marks=proves("attribute-epmin")),
        pytest.param("/3442/0", {"epmax": "60"}, marks=proves("attribute-epmax")),
    ],
)
@proves("write-attributes", "discover-attributes")
async def test_260_attributes_are_written_discovered_and_taken_away(
    client: Client, path: str, told: dict[str, str]
) -> None:
    await client.done("PUT", f"{path}/attributes", **told)
    assert (await discovered(client, path)).items() >= told.items()
    await client.done("PUT", f"{path}/attributes", **dict.fromkeys(told, ""))
    assert not set(told) & set(await discovered(client, path))


@proves("write-attributes")
async def test_261_write_attribute_operation_on_a_multiple_resource(client: Client) -> None:
    await client.done("PUT", f"{IDS}/attributes", pmin=10, pmax=200)
    found = await discovered(client, IDS)
    assert (found["dim"], found["pmin"], found["pmax"]) == ("1", "10", "200")


async def discovered(client: Client, path: str) -> dict[str, str]:
    """Return the attributes of a path as Discover shows them."""
    links = (await client.done("GET", f"{path}/discover"))["objectLinks"]
    attributes: dict[str, str] = links[0]["attributes"]
    return attributes


# --- LwM2M 1.0 ------------------------------------------------------------------------------------


@proves("register-1.0", "read-resource", "write-resource", "read-instance", "execute")
async def test_an_endpoint_of_lwm2m_1_0_is_managed(opened: Opened) -> None:
    client = await opened(version="1.0")
    await client.done("PUT", "/3442/0/110", single("/3442/0/110", "string", "of old"))
    resources = (await client.read("/3442/0"))["resources"]
    assert {one["id"]: one.get("value") for one in resources}[110] == "of old"
    assert await client.value("/3442/0/130") == 3.14159
    await client.done("POST", "/3/0/4")


@proves("register-dtls-psk", "read-instance", "write-partial-instance", "execute")
async def test_a_client_is_managed_over_dtls(opened: Opened) -> None:
    client = await opened(secured=True)
    body = instance("/3442/0", single("/3442/0/110", "string", "secured"))
    await client.done("PUT", "/3442/0", body, replace="false")
    resources = (await client.read("/3442/0"))["resources"]
    assert {one["id"]: one.get("value") for one in resources}[110] == "secured"
    await client.done("POST", "/3/0/4")
