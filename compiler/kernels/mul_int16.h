#ifndef TML_MUL_INT16_H
#define TML_MUL_INT16_H

#include <stdint.h>

#include "elementwise.h"

struct tml_mul_int16 {
    int32_t elements;
    int32_t multiplier, shift;
    int32_t activation_min, activation_max;
};

TML_DECLARE_ELEMENTWISE(mul_int16, int16_t);

#endif
