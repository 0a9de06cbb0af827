#ifndef TML_CONV_2D_DSP_H
#define TML_CONV_2D_DSP_H

#include <stdint.h>

#include "channels_dsp.h"
#include "patch_dsp.h"

struct tml_conv_2d_dsp {
    int32_t pixels; /* of the output, all batches */
    struct tml_patch_dsp patch;
    struct tml_channels_dsp channels;
};

/* Row-major int8: input [batch, y, x, depth]. Weights and bias are those of row_dsp.h. `scratch` has
 * patch.size bytes, or is not used where a patch is direct. */
void tml_conv_2d_dsp(const struct tml_conv_2d_dsp *p, const int8_t *input,
                     const int32_t *constants, int8_t *output, int8_t *scratch);

#endif
