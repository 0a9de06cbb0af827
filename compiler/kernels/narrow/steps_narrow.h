/* Requantisation by two 32-bit products; the compiler has proven it for every sum. */
#ifndef TML_STEPS_NARROW_H
#define TML_STEPS_NARROW_H

#include <stdint.h>

/* What is known of a channel, in this order; `bias` has the input's zero point in it, `offset` the
 * output's. */
enum tml_steps_narrow {
    TML_STEPS_BIAS,
    TML_STEPS_LOW,
    TML_STEPS_HIGH,
    TML_STEPS_UPPER,
    TML_STEPS_LOWER,
    TML_STEPS_FRACTION,
    TML_STEPS_OFFSET,
    TML_STEPS_IF_NEGATIVE,
    TML_STEPS_SHIFT,
    TML_STEPS
};

static inline int8_t tml_step_narrow(const int32_t *s, int32_t sum)
{
    sum += s[TML_STEPS_BIAS];
    sum = sum < s[TML_STEPS_LOW] ? s[TML_STEPS_LOW] : sum;
    sum = sum > s[TML_STEPS_HIGH] ? s[TML_STEPS_HIGH] : sum;
    int32_t value = sum * s[TML_STEPS_UPPER];
    value += (sum * s[TML_STEPS_LOWER]) >> s[TML_STEPS_FRACTION];
    value += s[TML_STEPS_OFFSET] + ((sum >> 31) & s[TML_STEPS_IF_NEGATIVE]);
    return (int8_t)(value >> s[TML_STEPS_SHIFT]);
}

#endif
