#ifndef TML_REQUANTIZE_INT8_H
#define TML_REQUANTIZE_INT8_H

#include <stdint.h>

struct tml_requantize_int8 {
    int32_t elements;
    int32_t input_offset, output_offset;
    int32_t multiplier, shift;
};

void tml_requantize_int8(const struct tml_requantize_int8 *p, const int8_t *input, int8_t *output);

#endif
