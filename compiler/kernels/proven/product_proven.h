#ifndef TML_PRODUCT_PROVEN_H
#define TML_PRODUCT_PROVEN_H

#include <stdint.h>

#include "elementwise.h"
#include "rounding_proven.h"

#define TML_PRODUCT_FRACTION 14

/* int8. The factor is high + low / 2^14. */
struct tml_product_proven {
    int32_t elements;
    int32_t first_offset, second_offset;
    int32_t high, low;
    struct tml_rounding rounding;
};

TML_DECLARE_ELEMENTWISE(product_proven, int8_t);

#endif
