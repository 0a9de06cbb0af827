"""Where machine code goes: the text of linker scripts; pure.

lld and GNU ld read the same text; lld wants spaces around `:`, `=`, `,` and `>`. Xtensa's
literals are words that code finds up to 256 KiB before itself. Regions are as large as
memory may be: what does not fit is found from linked sizes (`fit`), with the bytes that are
missing, not from a linker's refusal.
"""

from .abi import FIRMWARE_TABLE_OFFSET, HEADER_SIZE
from .targets.target import FirmwareMap, ImageKind, Slot

_END_OF_MEMORY = 1 << 32

# Unwinding tables, notes and what debuggers want: nothing on a device reads them.
_DISCARDED = "*(.ARM.exidx* .ARM.extab* .comment .note* .eh_frame* .debug* .llvm_addrsig)"


def payload_address(place: Slot | FirmwareMap) -> int:
    """Return where the first byte behind the image header lies."""
    if isinstance(place, FirmwareMap):
        return place.slot.load + HEADER_SIZE[ImageKind.FIRMWARE]
    return place.load + HEADER_SIZE[ImageKind.MODULE]


def linker_script(place: Slot | FirmwareMap) -> str:
    """Return the script that links an image for `place`, header not included."""
    return _firmware_script(place) if isinstance(place, FirmwareMap) else _module_script(place)


def _module_script(slot: Slot) -> str:
    """Table first, then code, then constants; a module owns no memory but arena and state."""
    code = payload_address(slot)
    # Where the slot is read as data elsewhere, constants are linked for that view.
    view = code if slot.data is None else slot.data + HEADER_SIZE[ImageKind.MODULE]
    return f"""\
MEMORY
{{
  {_region("code", "rx", code)}
  {_region("view", "r", view)}
}}
ENTRY(tml_table)
SECTIONS
{{
  .text ORIGIN(code) :
  {{
    KEEP(*(.tml_table))
    *(.literal .literal.*)
    *(.text .text.*)
    . = ALIGN(16);
  }} > code
  .rodata ORIGIN(view) + SIZEOF(.text) : AT ( ORIGIN(code) + SIZEOF(.text) )
  {{
    *(.rodata .rodata.* .srodata .srodata.* .data.rel.ro .data.rel.ro.*)
  }} > view
  .data : {{ *(.data .data.* .sdata .sdata.* .got .got.*) }} > view
  .bss : {{ *(.bss .bss.* .sbss .sbss.* COMMON) }} > view
  .init_array : {{ KEEP(*(.init_array .init_array.* .ctors .ctors.*)) }} > view
  ASSERT ( SIZEOF(.data) == 0 , "a module has no writable data: .data must be empty" )
  ASSERT ( SIZEOF(.bss) == 0 , "a module has no writable data: .bss must be empty" )
  ASSERT ( SIZEOF(.init_array) == 0 , "a module has no constructors: .init_array must be empty" )
  ASSERT ( tml_table == ORIGIN(code) , "the table must be the first of a module" )
  /DISCARD/ : {{ {_DISCARDED} }}
}}
"""


def _firmware_script(place: FirmwareMap) -> str:
    """Vectors or reset entry first, the table at its fixed offset, then code and constants.

    All at the slot's load address; maps that are read as data elsewhere are refused
    where they are told (`targets.place`).
    """
    code = payload_address(place)
    return f"""\
MEMORY
{{
  {_region("code", "rx", code)}
  {_region("ram", "rw", place.ram)}
}}
ENTRY(tml_reset)
tml_stack_top = {place.ram + place.ram_size:#x};
tml_state = {place.slot.state:#x};
SECTIONS
{{
  .text ORIGIN(code) :
  {{
    KEEP(*(.tml_entry))
    . = ORIGIN(code) + {FIRMWARE_TABLE_OFFSET:#x};
    KEEP(*(.tml_table))
    *(.literal .literal.*)
    *(.text .text.*)
    . = ALIGN(16);
  }} > code
  .rodata :
  {{
    *(.rodata .rodata.* .srodata .srodata.* .data.rel.ro .data.rel.ro.*)
    . = ALIGN(16);
  }} > code
  .data :
  {{
    tml_data_start = .;
    *(.data .data.* .sdata .sdata.* .got .got.*)
    . = ALIGN(4);
    tml_data_end = .;
  }} > ram AT > code
  tml_data_load = LOADADDR(.data);
  .bss (NOLOAD) :
  {{
    tml_bss_start = .;
    *(.bss .bss.* .sbss .sbss.* COMMON)
    . = ALIGN(4);
    tml_bss_end = .;
  }} > ram
  .init_array : {{ KEEP(*(.init_array .init_array.* .ctors .ctors.*)) }} > code
  ASSERT ( SIZEOF(.init_array) == 0 , "nobody would run constructors: .init_array must be empty" )
  ASSERT ( tml_table == ORIGIN(code) + {FIRMWARE_TABLE_OFFSET:#x} , "the table has a fixed place" )
  /DISCARD/ : {{ {_DISCARDED} }}
}}
"""


def _region(name: str, access: str, origin: int) -> str:
    length = _END_OF_MEMORY - origin
    return f"{name} ({access}) : ORIGIN = {origin:#x}, LENGTH = {length:#x}"
