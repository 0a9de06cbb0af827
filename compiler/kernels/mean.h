#ifndef TML_MEAN_H
#define TML_MEAN_H

#include <stdint.h>

#include "reduction.h"

struct tml_mean {
    struct tml_reduction loops;
    int32_t input_sum; /* what the input's zero point adds to each sum, negated */
    int32_t multiplier, shift;
    int32_t output_offset;
};

void tml_mean(const struct tml_mean *p, const int8_t *input, int8_t *output);

#endif
