#ifndef TML_DEQUANTIZE_INT16_H
#define TML_DEQUANTIZE_INT16_H

#include <stdint.h>

/* The zero point is 0. */
struct tml_dequantize_int16 {
    int32_t elements;
    float scale;
};

void tml_dequantize_int16(const struct tml_dequantize_int16 *p, const int16_t *input,
                          float *output);

#endif
