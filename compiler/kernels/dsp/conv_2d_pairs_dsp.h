#ifndef TML_CONV_2D_PAIRS_DSP_H
#define TML_CONV_2D_PAIRS_DSP_H

#include <stdint.h>

#include "patch_dsp.h"

struct tml_conv_2d_pairs_dsp {
    int32_t pixels; /* of the output, all batches */
    struct tml_patch_dsp patch;
    int32_t count; /* of channels */
    int32_t ties;  /* of tml_rescale */
};

/* As tml_conv_2d_dsp, two pixels at a time. `pairs` has for each pair of channels, even and odd,
 * twice the bias of both, with the input's zero point in it; for each four of depth two words of
 * the even channel, of elements 0 and 2, and of 1 and 3, then two of the odd one: twice the weights,
 * 16 bits each; the scale of both. A last odd channel is paired with one of zeros. `scratch` has
 * 4 * patch.size bytes, and those of a patch that is not direct. */
void tml_conv_2d_pairs_dsp(const struct tml_conv_2d_pairs_dsp *p, const int8_t *input,
                           const int32_t *pairs, int8_t *output, int32_t *scratch);

#endif
