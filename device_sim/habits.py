"""What a device does by itself, besides what every one does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sleep:
    """Queue mode (OMA LwM2M Core 1.1 §6.5): when the device listens, in seconds.

    It does for `awake` after each exchange, and wakes by itself to send an Update `every` so often.
    """

    awake: float = 5.0
    every: float = 30.0


@dataclass(frozen=True, slots=True)
class Habits:
    """Options of a device; by default it only answers.

    `sense`: it has a thermometer (3303/0), and another temperature each so many seconds. `send`:
    it Sends that temperature each so many seconds. `sleep`: it is in queue mode. `bootstrap`: its
    server is a bootstrap server, which tells it where to register.
    """

    sense: float | None = None
    send: float | None = None
    sleep: Sleep | None = None
    bootstrap: bool = False

    @property
    def has_thermometer(self) -> bool:
        """Whether there is anything to measure, or to send."""
        return self.sense is not None or self.send is not None


NO_HABITS = Habits()
