/* What a window sees of the input, as one stretch of bytes. */
#ifndef TML_PATCH_SCALAR_H
#define TML_PATCH_SCALAR_H

#include <stdint.h>

#include "window.h"

/* The window whose first tap lies at (y, x) is copied to `patch`; taps beyond the input are
 * `border`. Its columns follow on each other: the dilation is of rows only. */
void tml_patch(const struct tml_window *w, int32_t depth, int32_t border, const int8_t *image,
               int32_t y, int32_t x, int8_t *patch);

/* `channels` of the input's `depth` from the channel that `image` begins with, tap after tap; any
 * dilation. */
void tml_patch_channels(const struct tml_window *w, int32_t depth, int32_t channels,
                        int32_t border, const int8_t *image, int32_t y, int32_t x, int8_t *patch);

#endif
