/* From a value of many bits to int8, as forms that were proven end. */
#ifndef TML_ROUNDING_PROVEN_H
#define TML_ROUNDING_PROVEN_H

#include <stdint.h>

#include "requantize.h"

/* No input takes any sum out of 32 bits. */
struct tml_rounding {
    int32_t offset, if_negative; /* added to all values, and to negative ones */
    int32_t shift;
    int32_t activation_min, activation_max;
};

static inline int8_t tml_rounded(int32_t value, const struct tml_rounding *k)
{
    int32_t raised = value + k->offset + ((value >> 31) & k->if_negative);
    return tml_clamp(raised >> k->shift, k->activation_min, k->activation_max);
}

#endif
