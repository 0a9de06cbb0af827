#ifndef TML_QUANTIZE_H
#define TML_QUANTIZE_H

#include <stdint.h>

struct tml_quantize {
    int32_t elements;
    float scale;
    int32_t zero_point;
};

void tml_quantize(const struct tml_quantize *p, const float *input, int8_t *output);

#endif
