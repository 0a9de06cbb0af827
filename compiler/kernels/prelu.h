#ifndef TML_PRELU_H
#define TML_PRELU_H

#include <stdint.h>

#include "elementwise.h"

/* int8; the second input is what the first is multiplied by where it is below 0. */
struct tml_prelu {
    int32_t elements;
    int32_t input_offset, alpha_offset, output_offset;
    int32_t multiplier, shift;             /* of inputs from 0 on */
    int32_t alpha_multiplier, alpha_shift; /* of products */
};

struct tml_prelu_float {
    int32_t elements;
};

TML_DECLARE_ELEMENTWISE(prelu, int8_t);
TML_DECLARE_ELEMENTWISE(prelu_float, float);

#endif
