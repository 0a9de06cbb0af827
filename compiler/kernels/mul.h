#ifndef TML_MUL_H
#define TML_MUL_H

#include <stdint.h>

#include "elementwise.h"

/* int8. */
struct tml_mul {
    int32_t elements;
    int32_t first_offset, second_offset;
    int32_t output_offset;
    int32_t output_multiplier, output_shift;
    int32_t activation_min, activation_max;
};

TML_DECLARE_ELEMENTWISE(mul, int8_t);

#endif
