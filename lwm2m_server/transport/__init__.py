"""CoAP in and out, on aiocoap: registrations come in, operations and images go out.

`CoapServer` owns the one socket. Requests to a device leave from the port that
the device registered with, because devices behind NAT and firewalls answer
nobody else. CoAP codes and messages stay in this room.
"""
