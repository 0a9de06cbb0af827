#ifndef TML_FULLY_CONNECTED_MVE_H
#define TML_FULLY_CONNECTED_MVE_H

#include <stdint.h>

#include "requantize_mve.h"

struct tml_fully_connected_mve {
    int32_t batches, input_depth, output_depth;
    struct tml_output_mve output;
};

/* Row-major int8: input [batch, input_depth], filter [output_depth, input_depth]. Each bias has
 * the filter's sum times the input's offset in it. No shift is to the left. */
void tml_fully_connected_mve(const struct tml_fully_connected_mve *p, const int8_t *input,
                             const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *output);

#endif
