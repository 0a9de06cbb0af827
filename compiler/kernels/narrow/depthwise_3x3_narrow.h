#ifndef TML_DEPTHWISE_3X3_NARROW_H
#define TML_DEPTHWISE_3X3_NARROW_H

#include <stdint.h>

#include "steps_narrow.h"
#include "window.h"

struct tml_depthwise_3x3_narrow {
    struct tml_window window;
    int32_t depth;
    int32_t border; /* what lies around the input: its zero point */
};

/* Words of a channel: its steps, the length of its runs, and its weights column after column. */
#define TML_CHANNEL_3X3 (TML_STEPS + 10)

/* Row-major int8 [batch, y, x, depth], a channel for a channel, windows of three by three without
 * dilation. Two rows of the output are written at a time, channel after channel. `plane` has three
 * words for each column that windows see, `row` the bytes of a row of the input. */
void tml_depthwise_3x3_narrow(const struct tml_depthwise_3x3_narrow *p, const int8_t *input,
                              const int32_t *channels, int32_t *plane, int8_t *row,
                              int8_t *output);

#endif
