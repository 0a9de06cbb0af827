"""Object 9, Software Management: its numbers (version 1.1; 1.0 has none above 18).

One instance is one software component. Activation State (resource 12) is a
boolean: True is active.
"""

from enum import IntEnum

OBJECT_ID = 9


class Resource(IntEnum):
    """Resources of an instance of Object 9."""

    PKG_NAME = 0
    PKG_VERSION = 1
    PACKAGE = 2
    PACKAGE_URI = 3
    INSTALL = 4
    CHECKPOINT = 5
    UNINSTALL = 6
    UPDATE_STATE = 7
    UPDATE_SUPPORTED_OBJECTS = 8
    UPDATE_RESULT = 9
    ACTIVATE = 10
    DEACTIVATE = 11
    ACTIVATION_STATE = 12
    PACKAGE_SETTINGS = 13
    USER_NAME = 14
    PASSWORD = 15
    STATUS_REASON = 16
    SOFTWARE_COMPONENT_LINK = 17
    SOFTWARE_COMPONENT_TREE_LENGTH = 18
    START = 19
    STOP = 20
    OPERATIONAL_STATE = 21
    PURGE = 22


class State(IntEnum):
    """9/x/7, set by the device alone."""

    INITIAL = 0
    DOWNLOAD_STARTED = 1
    DOWNLOADED = 2
    DELIVERED = 3
    INSTALLED = 4


class UpdateResult(IntEnum):
    """9/x/9; what is below 50 is no fault."""

    INITIAL = 0
    DOWNLOADING = 1
    INSTALLED = 2
    VERIFIED = 3
    NO_STORAGE = 50
    OUT_OF_MEMORY = 51
    CONNECTION_LOST = 52
    INTEGRITY = 53
    UNSUPPORTED_PACKAGE = 54
    INVALID_URI = 56
    UPDATE_ERROR = 57  # what it means the device defines
    INSTALL_FAILED = 58
    UNINSTALL_FAILED = 59  # for an update
