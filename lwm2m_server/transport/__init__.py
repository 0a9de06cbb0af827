"""CoAP in and out, on aiocoap."""
