/* Four int8 in a word, and two int16: arm_acle.h with the conversions that it asks for. */
#ifndef TML_LANES_DSP_H
#define TML_LANES_DSP_H

#include <arm_acle.h>
#include <stdint.h>

/* Four bytes from any address; the cores of this family load them at once. */
static inline uint32_t tml_load_four(const int8_t *at)
{
    uint32_t word;
    __builtin_memcpy(&word, at, sizeof word);
    return word;
}

/* For the cores' own rotation before an extension. */
static inline uint32_t tml_rotate_byte(uint32_t word)
{
    return word >> 8 | word << 24;
}

/* Bytes 0 and 2. */
static inline uint32_t tml_even_lanes(uint32_t four)
{
    return (uint32_t)__sxtb16((int8x4_t)four);
}

/* Bytes 1 and 3. */
static inline uint32_t tml_odd_lanes(uint32_t four)
{
    return (uint32_t)__sxtb16((int8x4_t)tml_rotate_byte(four));
}

/* Twice each half, of which none leaves 15 bits. */
static inline uint32_t tml_double_lanes(uint32_t halves)
{
    return (halves & 0x7FFF7FFFu) << 1;
}

#endif
