#ifndef TML_ADD_H
#define TML_ADD_H

#include <stdint.h>

#include "elementwise.h"

struct tml_addend {
    int32_t offset;
    int32_t multiplier, shift;
};

/* int8. `sign` is 1 for a sum, -1 for a difference. */
struct tml_add {
    int32_t elements;
    int32_t left_shift;
    int32_t sign;
    struct tml_addend first, second;
    int32_t output_offset;
    int32_t output_multiplier, output_shift;
    int32_t activation_min, activation_max;
};

TML_DECLARE_ELEMENTWISE(add, int8_t);

#endif
