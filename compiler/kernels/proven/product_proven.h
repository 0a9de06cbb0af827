#ifndef TML_PRODUCT_PROVEN_H
#define TML_PRODUCT_PROVEN_H

#include <stdint.h>

#include "elementwise.h"

#define TML_PRODUCT_FRACTION 14

/* int8. The factor is high + low / 2^14; no pair of inputs takes anything out of 32 bits. */
struct tml_product_proven {
    int32_t elements;
    int32_t first_offset, second_offset;
    int32_t high, low;
    int32_t offset, if_negative; /* added to all products, and to negative ones */
    int32_t shift;
    int32_t activation_min, activation_max;
};

TML_DECLARE_ELEMENTWISE(product_proven, int8_t);

#endif
