#ifndef TML_FULLY_CONNECTED_FLOAT_H
#define TML_FULLY_CONNECTED_FLOAT_H

#include <stdint.h>

#include "clamp_float.h"

struct tml_fully_connected_float {
    int32_t batches, input_depth, output_depth;
    struct tml_ends_float ends;
};

/* Row-major: input [batch, input_depth], filter [output_depth, input_depth]. bias may be null. */
void tml_fully_connected_float(const struct tml_fully_connected_float *p, const float *input,
                               const float *filter, const float *bias, float *output);

#endif
