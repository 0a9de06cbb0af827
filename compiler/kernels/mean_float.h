#ifndef TML_MEAN_FLOAT_H
#define TML_MEAN_FLOAT_H

#include <stdint.h>

#include "reduction.h"

/* `count` elements are behind each of the output. */
struct tml_mean_float {
    struct tml_reduction loops;
    int32_t count;
};

void tml_mean_float(const struct tml_mean_float *p, const float *input, float *output);

#endif
