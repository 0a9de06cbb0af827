/* What LOGISTIC and TANH share. */
#ifndef TML_SIGMOID_H
#define TML_SIGMOID_H

#include <stdint.h>

#include "requantize.h"

struct tml_sigmoid {
    int32_t elements;
    int32_t input_offset;
    int32_t multiplier, left_shift; /* of the input's scale, to Q4.27 */
    int32_t radius;                 /* from it on, the output is at its end */
};

/* The input as Q4.27; INT32_MIN and INT32_MAX beyond the radius. */
static inline int32_t tml_sigmoid_input(const struct tml_sigmoid *p, int8_t x)
{
    int32_t centered = x + p->input_offset;
    if (centered <= -p->radius) {
        return INT32_MIN;
    }
    if (centered >= p->radius) {
        return INT32_MAX;
    }
    return tml_high_mul((int32_t)((uint32_t)centered << p->left_shift), p->multiplier);
}

#endif
