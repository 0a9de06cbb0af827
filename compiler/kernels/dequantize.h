#ifndef TML_DEQUANTIZE_H
#define TML_DEQUANTIZE_H

#include <stdint.h>

struct tml_dequantize {
    int32_t elements;
    float scale;
    int32_t zero_point;
};

void tml_dequantize(const struct tml_dequantize *p, const int8_t *input, float *output);

#endif
