"""Object 26242, Model Slot: its numbers.

One instance is one place where a device keeps a model. An instance whose slot
size is 0 is the model built into the running firmware: it can be run and
tested, and nothing can be written to it.
"""

from enum import IntEnum
from typing import Final

OBJECT_ID = 26242

TEST_RUN: Final = "0"
"""The argument of a Run (26242/x/13) that is a test.

It begins from the model's initial state, and so does the Run after it. Without it a Run goes on
from what the one before has left; the first after Activate and after a reset begins anew.
"""


class Resource(IntEnum):
    """Resources of an instance of Object 26242."""

    PACKAGE = 0
    PACKAGE_URI = 1
    ACTIVATE = 2
    STATE = 3
    RESULT = 4
    MODEL_NAME = 5
    MODEL_VERSION = 6
    IMAGE_SHA256 = 7
    LOAD_ADDRESS = 8
    SLOT_SIZE = 9
    ARENA_ADDRESS = 10
    ARENA_SIZE = 11
    INPUT = 12
    RUN = 13
    OUTPUT = 14
    LAST_RUN_COST = 15
    COST_UNIT = 16
    PEAK_RAM = 17
    RUNS = 18
    STATE_ADDRESS = 19
    STATE_SIZE = 20
    STACK_SIZE = 21
    DATA_ADDRESS = 22


class State(IntEnum):
    """26242/x/3, set by the device alone."""

    EMPTY = 0
    DOWNLOADING = 1
    VERIFIED = 2
    ACTIVE = 3


class Result(IntEnum):
    """26242/x/4."""

    NONE = 0
    SUCCESS = 1
    NO_SPACE = 2
    NO_MEMORY = 3
    CONNECTION_LOST = 4
    INTEGRITY = 5
    WRONG_TARGET = 6
    BAD_URI = 7
    SELF_TEST_FAILED = 8
    SIGNATURE = 9
