/* The logistic function and tanh of int16 from one table, as TensorFlow Lite Micro has them. */
#ifndef TML_SIGMOID_TABLE_H
#define TML_SIGMOID_TABLE_H

#include <stdint.h>

/* The table interpolated at `magnitude`, with `bits` bits of fraction, and as many more in the
 * result; `saturated` beyond its end. */
static inline int32_t tml_sigmoid_at(const int16_t *table, uint32_t magnitude, uint32_t bits,
                                     int32_t saturated)
{
    uint32_t place = magnitude >> bits;
    if (place >= 255) {
        return saturated;
    }
    int32_t low = table[place] + 0x8000, high = table[place + 1] + 0x8000;
    int32_t fraction = (int32_t)(magnitude & ((1u << bits) - 1u));
    return low * ((int32_t)1 << bits) + fraction * (high - low);
}

static inline uint32_t tml_magnitude(int32_t x)
{
    return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
}

/* x is three times a Q3.12; the result is Q0.15. */
static inline int32_t tml_logistic_at(const int16_t *table, int32_t x)
{
    int32_t y = tml_sigmoid_at(table, tml_magnitude(x), 9, 0x7FFF << 10);
    return (x >= 0 ? y + 512 : (1 << 25) - y + 511) >> 10;
}

static inline int32_t tml_tanh_at(const int16_t *table, int32_t x)
{
    int32_t y = tml_sigmoid_at(table, tml_magnitude(x), 8, 0xFFFF << 8) - (1 << 23);
    return (x >= 0 ? y + 128 : 127 - y) >> 8;
}

#endif
