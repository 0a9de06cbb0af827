#ifndef TML_SUM_PROVEN_H
#define TML_SUM_PROVEN_H

#include <stdint.h>

#include "elementwise.h"

/* int8. No pair of inputs takes the sum out of 32 bits. */
struct tml_sum_proven {
    int32_t elements;
    int32_t first_factor, second_factor;
    int32_t offset, shift;
    int32_t activation_min, activation_max;
};

TML_DECLARE_ELEMENTWISE(sum_proven, int8_t);

#endif
