#ifndef TML_CLAMP_INT16_H
#define TML_CLAMP_INT16_H

#include <stdint.h>

static inline int16_t tml_clamp_int16(int32_t x, int32_t low, int32_t high)
{
    return (int16_t)(x < low ? low : x > high ? high : x);
}

#endif
