#ifndef TML_CONV_2D_NARROW_H
#define TML_CONV_2D_NARROW_H

#include <stdint.h>

#include "window.h"

struct tml_conv_2d_narrow {
    struct tml_window window;
    int32_t input_depth, output_depth;
    int32_t border; /* what lies around the input: its zero point */
    int32_t groups; /* of blocks */
};

/* Row-major int8. `runs` are the length of each group's, how many taps whole ones take, and its
 * number of blocks, see pairs_narrow.h. What a window sees is copied to `patch` before its pixel is written; null where
 * a window is one pixel without a border. */
void tml_conv_2d_narrow(const struct tml_conv_2d_narrow *p, const int8_t *input,
                        const int32_t *runs, const int32_t *words,
                        const int32_t *channels, int8_t *patch, int8_t *output);

#endif
