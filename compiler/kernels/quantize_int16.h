#ifndef TML_QUANTIZE_INT16_H
#define TML_QUANTIZE_INT16_H

#include <stdint.h>

/* The zero point is 0. */
struct tml_quantize_int16 {
    int32_t elements;
    float scale;
};

void tml_quantize_int16(const struct tml_quantize_int16 *p, const float *input, int16_t *output);

#endif
