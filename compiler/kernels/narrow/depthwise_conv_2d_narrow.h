#ifndef TML_DEPTHWISE_CONV_2D_NARROW_H
#define TML_DEPTHWISE_CONV_2D_NARROW_H

#include <stdint.h>

#include "steps_narrow.h"
#include "window.h"

struct tml_depthwise_conv_2d_narrow {
    struct tml_window window;
    int32_t depth;
    int32_t border; /* what lies around the input: its zero point */
};

/* Row-major int8 [batch, y, x, depth]; the filter is [depth, y, x]. What a window sees is copied to
 * `patch` before its pixel is written. */
void tml_depthwise_conv_2d_narrow(const struct tml_depthwise_conv_2d_narrow *p,
                                  const int8_t *input, const int8_t *filter,
                                  const int32_t *steps, int8_t *patch,
                                  int8_t *output);

#endif
