#ifndef TML_CONV_2D_NARROW_H
#define TML_CONV_2D_NARROW_H

#include <stdint.h>

#include "steps_narrow.h"
#include "window.h"

struct tml_conv_2d_narrow {
    struct tml_window window;
    int32_t input_depth, output_depth;
    int32_t border; /* what lies around the input: its zero point */
    int32_t blocks; /* of four channels */
};

/* Words of a channel of a block: its steps, and its place in the output. */
#define TML_CHANNEL_NARROW (TML_STEPS + 1)

/* Row-major int8. `runs` are the length of each block's, and how many taps whole ones take, see
 * pairs_narrow.h. What a window sees is copied to `patch` before its pixel is written; null where
 * a window is one pixel without a border. */
void tml_conv_2d_narrow(const struct tml_conv_2d_narrow *p, const int8_t *input,
                        const int32_t *runs, const int32_t *words,
                        const int32_t *channels, int8_t *patch, int8_t *output);

#endif
