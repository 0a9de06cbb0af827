#ifndef TML_FULLY_CONNECTED_DSP_H
#define TML_FULLY_CONNECTED_DSP_H

#include <stdint.h>

#include "channels_dsp.h"

struct tml_fully_connected_dsp {
    int32_t batches, input_depth;
    struct tml_channels_dsp channels;
};

/* Row-major int8: input [batch, input_depth], a multiple of 4. Weights and bias as in row_dsp.h. */
void tml_fully_connected_dsp(const struct tml_fully_connected_dsp *p, const int8_t *input,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *exponent, int8_t *output);

#endif
