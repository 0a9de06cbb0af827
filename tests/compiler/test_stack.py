"""The bound is never below what runs use, and nothing is guessed."""

from collections.abc import Callable

import pytest

from compiler.errors import CompileError
from compiler.stack import stack_bound
from device_sim.mcu import Mcu, Region
from tests import gcc, zigcc
from tests.zigcc import CORES, Program

SLOT, ARENA, STACK = 0x8000, 0x2000_0000, 0x2001_0000
STACK_SIZE = 0x8000
TOP = STACK + STACK_SIZE
LIMIT = 20_000_000

PRELUDE = """
#include <stdint.h>
#define NOINLINE __attribute__((noinline))
"""
ENTRY = """
int entry(volatile uint8_t *arena, uint32_t n);
"""

PROGRAMS = {
    "leaf": "int entry(volatile uint8_t *arena, uint32_t n) { return arena[n & 7]; }",
    "nested calls": """
NOINLINE static int third(volatile uint8_t *a, uint32_t n)
{ volatile uint32_t x[20]; for (int i = 0; i < 20; i++) x[i] = a[i] + n; return (int)x[n % 20]; }
NOINLINE static int second(volatile uint8_t *a, uint32_t n)
{ volatile uint32_t x[9]; x[n % 9] = n; return third(a, n + 1) + third(a, n + x[n % 9]) + 1; }
int entry(volatile uint8_t *arena, uint32_t n) { return second(arena, n) * 3; }
""",
    "tail call": """
NOINLINE static int last(volatile uint8_t *a, uint32_t n)
{ volatile uint8_t x[100]; for (uint32_t i = 0; i < 100; i++) x[i] = a[i]; return x[n % 100]; }
int entry(volatile uint8_t *arena, uint32_t n) { arena[1] = 7; return last(arena, n + arena[1]); }
""",
    "frame above every immediate": """
NOINLINE static int fill(volatile uint8_t *x, uint32_t n)
{ for (uint32_t i = 0; i < 9000; i++) x[i] = (uint8_t)n; return x[n % 9000]; }
int entry(volatile uint8_t *arena, uint32_t n)
{ volatile uint8_t x[9000]; return fill(x, n) + fill(x, arena[3]); }
""",
    "jump table": """
NOINLINE static int deep(volatile uint8_t *a, uint32_t n)
{ volatile uint8_t x[200]; for (uint32_t i = 0; i < 200; i++) x[i] = a[i & 63]; return x[n % 200]; }
int entry(volatile uint8_t *arena, uint32_t n)
{
    uint32_t s = 0;
    for (uint32_t i = 0; i < n % 64 + 16; i++) switch ((arena[i & 63] + i) & 15) {
    case 0: s += 3; break;           case 1: s ^= i << 3; break;
    case 2: s *= 5; break;           case 3: s -= arena[i & 31]; break;
    case 4: s /= (i | 1); break;     case 5: s += (uint32_t)deep(arena, s); break;
    case 6: s = ~s; break;           case 7: s |= 0x100; break;
    case 8: s &= 0xFFFF; break;      case 9: arena[2] = (uint8_t)s; break;
    case 10: s += arena[s & 15]; break; case 11: s <<= 2; break;
    default: s++;
    }
    return (int)s;
}
""",
    "runtime helpers": """
int entry(volatile uint8_t *arena, uint32_t n)
{
    volatile double x = n, y = arena[0] + 1.5;
    volatile float f = (float)n;
    volatile uint64_t a = (uint64_t)n << 33 | 77u, b = arena[1] + 3u;
    return (int)(x * y / 3.0 + f) + (int)(a / b) + (int)(n / b) + (int)((int64_t)a >> (b & 7));
}
""",
    "variable floats": """
int entry(volatile uint8_t *arena, uint32_t n)
{
    float s = 0, t[8];
    for (uint32_t i = 0; i < 8; i++) t[i] = (float)arena[i] * 1.5f;
    for (uint32_t i = 0; i < n % 50 + 8; i++) s = s * t[i & 7] + t[(i + 1) & 7] / (s + 2.0f);
    return (int)s;
}
""",
    "a call that does not come back": """
NOINLINE _Noreturn static void stop(volatile uint8_t *a) { a[0] = 1; __builtin_trap(); }
int entry(volatile uint8_t *arena, uint32_t n)
{ volatile uint8_t x[32]; x[n & 31] = 2; if (x[n & 31] != 2) stop(arena); return x[n & 31]; }
""",
    "memory functions": """
void *memcpy(void *, const void *, __SIZE_TYPE__);
void *memset(void *, int, __SIZE_TYPE__);
void *memmove(void *, const void *, __SIZE_TYPE__);
int entry(volatile uint8_t *arena, uint32_t n)
{
    uint8_t x[300], *a = (uint8_t *)arena;
    memcpy(x, a, n % 300); memset(x + 100, 3, n % 200); memmove(x + 1, x, n % 299);
    return x[n % 300];
}
""",
}

Link = Callable[..., Program]

ARM = [(core, features) for core, features in CORES if core.startswith("cortex")]
# What cores run, and what each compiler makes of them.
MACHINES = [
    *(pytest.param(zigcc.link, *machine, id=machine[0]) for machine in CORES),
    *(
        pytest.param(gcc.link, *machine, id=f"{machine[0]}-gcc", marks=pytest.mark.interop)
        for machine in ARM
    ),
]
each_core = pytest.mark.parametrize(("link", "core", "features"), MACHINES)


def compiled(
    link: Link, core: str, features: tuple[str, ...], source: str, *options: str
) -> Program:
    return link(
        PRELUDE + ENTRY + source,
        core,
        features,
        base=SLOT,
        options=options or ("-Os",),
        keep=("entry",),
    )


def together(
    link: Link,
    core: str,
    features: tuple[str, ...],
    sources: dict[str, str],
    name: str,
    option: str = "-Os",
    base: int = SLOT,
) -> tuple[Program, str]:
    """Return one program of all `sources`, compiled once, and the entry of that with `name`."""
    entries = {name: f"entry_{number}" for number, name in enumerate(sources)}
    parts = (
        f"#define entry {entries[name]}\n{ENTRY}{source}\n#undef entry\n"
        for name, source in sources.items()
    )
    whole = PRELUDE + "".join(parts)
    keep = tuple(entries.values())
    program = link(whole, core, features, base=base, options=(option,), keep=keep)
    return program, entries[name]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("option", ["-Os", "-O2"])
@each_core
def test_the_bound_covers_every_run(
    link: Link, core: str, features: tuple[str, ...], name: str, option: str
) -> None:
    program, entry = together(link, core, features, PROGRAMS, name, option)
    bound = stack_bound(program.elf, [entry], core)
    regions = [
        Region.code("slot", SLOT, 0x8000),
        Region.ram("arena", ARENA, 0x400),
        Region.ram("stack", STACK, STACK_SIZE),
    ]
    mcu = Mcu(core, features, regions)
    mcu.write(SLOT, program.binary)
    peaks = []
    for n in (0, 1, 5, 63, 299, 0xFFFF_FFFF):
        mcu.write(ARENA, bytes((7 * i + n) & 255 for i in range(0x400)))
        got = mcu.call(program.entry(entry), [ARENA, n], TOP, LIMIT, exact=True)
        assert got.stack_peak is not None
        peaks.append(got.stack_peak)
    assert max(peaks) <= bound <= 2 * max(peaks) + 256


REFUSED = {
    "recursion": """
int entry(volatile uint8_t *arena, uint32_t n)
{ volatile uint8_t x[8]; x[n & 7] = 1; return n ? entry(arena, n - 1) * 3 + x[0] : 1; }
""",
    "calls through a pointer|jumps through a pointer": """
typedef int (*function)(volatile uint8_t *, uint32_t);
int entry(volatile uint8_t *arena, uint32_t n)
{ return (*(function volatile *)arena)(arena, n) + 1; }
""",
    "not known": """
int entry(volatile uint8_t *arena, uint32_t n)
{ volatile uint8_t x[n + 1]; for (uint32_t i = 0; i <= n; i++) x[i] = arena[i]; return x[n / 2]; }
""",
}


@pytest.mark.parametrize("why", REFUSED)
@each_core
def test_what_is_not_known_is_refused(
    link: Link, core: str, features: tuple[str, ...], why: str
) -> None:
    program, entry = together(link, core, features, REFUSED, why)
    with pytest.raises(CompileError, match=rf"^stack bound: .*({why})") as error:
        stack_bound(program.elf, [entry], core)
    assert entry in str(error.value)


@each_core
def test_mutual_recursion_names_the_cycle(link: Link, core: str, features: tuple[str, ...]) -> None:
    source = """
int odd(volatile uint8_t *a, uint32_t n);
NOINLINE int even(volatile uint8_t *a, uint32_t n);
NOINLINE int odd(volatile uint8_t *a, uint32_t n) { return n ? even(a, n - a[0]) + 1 : 0; }
NOINLINE int even(volatile uint8_t *a, uint32_t n) { return n ? odd(a, n - a[1]) + 3 : 1; }
int entry(volatile uint8_t *arena, uint32_t n) { return odd(arena, n); }
"""
    program = compiled(link, core, features, source)
    with pytest.raises(CompileError, match=r"recursion, \w+ -> \w+ -> \w+"):
        stack_bound(program.elf, ["entry"], core)


@each_core
def test_a_tail_call_through_a_pointer_is_refused(
    link: Link, core: str, features: tuple[str, ...]
) -> None:
    source = """
typedef int (*function)(volatile uint8_t *, uint32_t);
int entry(volatile uint8_t *arena, uint32_t n) { return (*(function volatile *)arena)(arena, n); }
"""
    program = compiled(link, core, features, source)
    with pytest.raises(CompileError, match="through a pointer"):
        stack_bound(program.elf, ["entry"], core)


def test_the_deepest_entry_counts() -> None:
    source = """
int shallow(void); int entry(volatile uint8_t *arena, uint32_t n)
{ volatile uint8_t x[64]; for (uint32_t i = 0; i < 64; i++) x[i] = arena[i]; return x[n & 63]; }
int shallow(void) { return 3; }
"""
    program = zigcc.link(PRELUDE + ENTRY + source, "cortex-m4", keep=("entry", "shallow"))
    assert stack_bound(program.elf, ["shallow"], "cortex-m4") == 0
    deep = stack_bound(program.elf, ["entry"], "cortex-m4")
    assert deep >= 64
    assert stack_bound(program.elf, ["shallow", "entry"], "cortex-m4") == deep


def test_a_missing_entry_is_named() -> None:
    program = compiled(zigcc.link, "cortex-m4", (), PROGRAMS["leaf"])
    with pytest.raises(CompileError, match="no function 'run'"):
        stack_bound(program.elf, ["run"], "cortex-m4")
