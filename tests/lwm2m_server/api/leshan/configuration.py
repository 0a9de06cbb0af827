"""A bootstrap configuration as scripts for Leshan's demo write it."""

from typing import Any

KEY = list(b"p" * 16)
SECURITY: dict[str, Any] = {
    "bootstrapServer": False,
    "clientOldOffTime": 1,
    "publicKeyOrId": list(b"dev"),
    "secretKey": KEY,
    "securityMode": "PSK",
    "serverId": 1,
    "serverSmsNumber": "",
    "smsBindingKeyParam": [],
    "smsBindingKeySecret": [],
    "smsSecurityMode": "NO_SEC",
    "uri": "coaps://192.0.2.2:5684",
}
SERVER: dict[str, Any] = {
    "binding": "U",
    "defaultMinPeriod": 1,
    "lifetime": 86400,
    "notifIfDisabled": False,
    "shortId": 1,
}
CONFIGURATION: dict[str, Any] = {
    "servers": {"0": SERVER},
    "security": {"1": SECURITY},
    "oscore": {},
    "toDelete": ["/0", "/1"],
}
