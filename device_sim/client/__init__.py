"""A LwM2M client of its own, on aiocoap, sharing nothing with the server but `objects`."""
