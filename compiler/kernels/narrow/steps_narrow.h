/* Requantisation by two 32-bit products; the compiler has proven it for every sum. */
#ifndef TML_STEPS_NARROW_H
#define TML_STEPS_NARROW_H

#include <stdint.h>

/* What is known of a channel, in this order. `bias` is that of the sum less the least one that is
 * not clamped, with the input's zero point in it; sums below `zero` are negative. */
enum tml_steps_narrow {
    TML_STEPS_BIAS,
    TML_STEPS_WIDTH,
    TML_STEPS_UPPER,
    TML_STEPS_LOWER,
    TML_STEPS_FRACTION,
    TML_STEPS_OFFSET,
    TML_STEPS_ZERO,
    TML_STEPS_IF_NEGATIVE,
    TML_STEPS
};

#if defined(__thumb__) && !defined(__thumb2__)

/* Compilers load word by word what LDM brings at once. The registers `s` and `sum` are used up; the
 * output is left in r3, `behind` are registers for words behind the steps. */
#define TML_STEP(s, sum, behind)                                                                   \
    "ldmia " s "!, {r3, r4}\n\t"                                                                   \
    "adds " sum ", " sum ", r3\n\t"                                                                \
    "asrs r3, " sum ", #31\n\t"                                                                    \
    "bics " sum ", r3\n\t"                                                                         \
    "cmp " sum ", r4\n\t"                                                                          \
    "bls 6f\n\t"                                                                                   \
    "mov " sum ", r4\n"                                                                            \
    "6:\n\t"                                                                                       \
    "ldmia " s "!, {r3, r4, r5, r6}\n\t"                                                           \
    "muls r3, " sum ", r3\n\t"                                                                     \
    "muls r4, " sum ", r4\n\t"                                                                     \
    "lsrs r4, r5\n\t"                                                                              \
    "adds r3, r3, r4\n\t"                                                                          \
    "adds r3, r3, r6\n\t"                                                                          \
    "ldmia " s "!, {r4, r5" behind "}\n\t"                                                         \
    "cmp " sum ", r4\n\t"                                                                          \
    "bhs 7f\n\t"                                                                                   \
    "adds r3, r3, r5\n"                                                                            \
    "7:\n\t"                                                                                       \
    "lsrs r3, r3, #24\n\t"

static inline int8_t tml_step_narrow(const int32_t *s, int32_t sum)
{
    register uint32_t value __asm__("r3");
    __asm__(TML_STEP("%[s]", "%[sum]", "")
            : [s] "+l"(s), [sum] "+l"(sum), "=r"(value)
            :
            : "r4", "r5", "r6", "cc", "memory");
    return (int8_t)value;
}

#else

static inline int8_t tml_step_narrow(const int32_t *s, int32_t sum)
{
    int32_t above = (int32_t)((uint32_t)sum + (uint32_t)s[TML_STEPS_BIAS]);
    above = above < 0 ? 0 : above;
    above = above > s[TML_STEPS_WIDTH] ? s[TML_STEPS_WIDTH] : above;
    uint32_t value = (uint32_t)above * (uint32_t)s[TML_STEPS_UPPER];
    value += ((uint32_t)above * (uint32_t)s[TML_STEPS_LOWER]) >> s[TML_STEPS_FRACTION];
    value += (uint32_t)s[TML_STEPS_OFFSET];
    value += above < s[TML_STEPS_ZERO] ? (uint32_t)s[TML_STEPS_IF_NEGATIVE] : 0;
    return (int8_t)(value >> 24);
}

#endif

#endif
