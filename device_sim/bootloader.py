"""Exchanging two images page by page, so that no power cut leaves the device without one.

Per page there are three steps: keep the running page on the spare page, copy
the new page over it, copy the kept page to where the new one was. Each is
noted when done, and each can be done again from what the former steps left.
"""

from collections.abc import Callable
from dataclasses import replace

from .board import Region
from .flash import PAGE, Flash
from .memory import Swap

STEPS_PER_PAGE = 3


def exchange(
    flash: Flash, running: Region, arrived: Region, swap: Swap, note: Callable[[Swap], None]
) -> Swap:
    """Carry `swap` to its end and return it; `note` stores how far it is.

    Afterwards the first `swap.pages` pages of `running` and `arrived` have
    changed places. To be called again with what was noted last when the power
    came back.
    """
    spare = flash.information.address + 2 * PAGE
    while swap.step < swap.pages * STEPS_PER_PAGE:
        page, step = divmod(swap.step, STEPS_PER_PAGE)
        here = running.address + page * PAGE
        there = arrived.address + page * PAGE
        source, target = ((here, spare), (there, here), (spare, there))[step]
        _copy_page(flash, source, target)
        swap = replace(swap, step=swap.step + 1)
        note(swap)
    return swap


def _copy_page(flash: Flash, source: int, target: int) -> None:
    flash.erase(Region(target, PAGE))
    content = flash.read(Region(source, PAGE))
    if content.count(0xFF) != PAGE:
        flash.write(target, content)
