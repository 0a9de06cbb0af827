#ifndef TML_FULLY_CONNECTED_DSP_H
#define TML_FULLY_CONNECTED_DSP_H

#include <stdint.h>

#include "channels_dsp.h"

struct tml_fully_connected_dsp {
    int32_t batches, input_depth;
    int32_t size; /* the input's depth, rounded up to a multiple of 4 */
    struct tml_channels_dsp channels;
};

/* Row-major int8: input [batch, input_depth]. Weights and bias are those of row_dsp.h. `scratch` has
 * `size` bytes, or is not used where that is the input's depth. */
void tml_fully_connected_dsp(const struct tml_fully_connected_dsp *p, const int8_t *input,
                             const int32_t *constants, int8_t *output, int8_t *scratch);

#endif
