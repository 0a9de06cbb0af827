"""What a package is for; apart, so that a command line can name them without a compiler."""

from enum import StrEnum


class Format(StrEnum):
    """The build system that a package is for."""

    C = "c"
    ZEPHYR = "zephyr"
    ESP_IDF = "esp-idf"
    ARDUINO = "arduino"
