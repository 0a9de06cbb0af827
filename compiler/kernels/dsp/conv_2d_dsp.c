/* CONV_2D, int8, a pixel at a time. */
#include "conv_2d_dsp.h"

#include "row_dsp.h"

void tml_conv_2d_dsp(const struct tml_conv_2d_dsp *p, const int8_t *input,
                     const int32_t *constants, int8_t *output, int8_t *scratch)
{
    struct tml_walk_dsp walk = tml_walk_start(&p->patch.window, input);
    for (int32_t pixel = 0; pixel < p->pixels; pixel++) {
        const int8_t *patch = tml_next_patch(&p->patch, &walk, scratch);
        tml_row_dsp(&p->channels, constants, p->patch.size, patch, output);
        output += p->channels.count;
    }
}
