"""Object 3, Device: its numbers (version 1.2)."""

from enum import IntEnum

OBJECT_ID = 3


class Resource(IntEnum):
    """Resources of Object 3 (single instance)."""

    MANUFACTURER = 0
    MODEL_NUMBER = 1
    SERIAL_NUMBER = 2
    FIRMWARE_VERSION = 3
    REBOOT = 4
    FACTORY_RESET = 5
    AVAILABLE_POWER_SOURCES = 6
    POWER_SOURCE_VOLTAGE = 7
    POWER_SOURCE_CURRENT = 8
    BATTERY_LEVEL = 9
    MEMORY_FREE = 10
    ERROR_CODE = 11
    RESET_ERROR_CODE = 12
    CURRENT_TIME = 13
    UTC_OFFSET = 14
    TIMEZONE = 15
    SUPPORTED_BINDING_AND_MODES = 16
    DEVICE_TYPE = 17
    HARDWARE_VERSION = 18
    SOFTWARE_VERSION = 19
    BATTERY_STATUS = 20
    MEMORY_TOTAL = 21
    EXTDEVINFO = 22
