#ifndef TML_ADD_INT16_H
#define TML_ADD_INT16_H

#include <stdint.h>

#include "elementwise.h"

/* `sign` is 1 for a sum, -1 for a difference. */
struct tml_add_int16 {
    int32_t elements;
    int32_t left_shift;
    int32_t sign;
    int32_t first_multiplier, first_shift;
    int32_t second_multiplier, second_shift;
    int32_t output_multiplier, output_shift;
    int32_t activation_min, activation_max;
};

TML_DECLARE_ELEMENTWISE(add_int16, int16_t);

#endif
