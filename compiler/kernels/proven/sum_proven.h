#ifndef TML_SUM_PROVEN_H
#define TML_SUM_PROVEN_H

#include <stdint.h>

#include "elementwise.h"
#include "rounding_proven.h"

/* int8. */
struct tml_sum_proven {
    int32_t elements;
    int32_t first_factor, second_factor;
    int32_t zero; /* takes the sum of two zero points to 0 */
    struct tml_rounding rounding;
};

TML_DECLARE_ELEMENTWISE(sum_proven, int8_t);

#endif
