/* What a window sees of its input, as one row of bytes. */
#ifndef TML_PATCH_DSP_H
#define TML_PATCH_DSP_H

#include <stdint.h>

#include "window.h"

struct tml_patch_dsp {
    struct tml_window window;
    int32_t depth;   /* of the input */
    int32_t padding; /* four bytes of the input's zero point */
    int32_t size;    /* of a patch, rounded up to a multiple of 4 */
    int32_t direct;  /* 1 where a patch is a pixel of the input, one after the other */
};

/* Which output pixel is next, and where its window begins. */
struct tml_walk_dsp {
    const int8_t *image;
    int32_t y, x;
};

static inline struct tml_walk_dsp tml_walk_start(const struct tml_window *w, const int8_t *input)
{
    struct tml_walk_dsp walk = {input, -w->pad_top, -w->pad_left};
    return walk;
}

/* Copy the next pixel's patch to `to`, which is returned, and step on. What is behind the patch up to
 * its size is undefined. */
const int8_t *tml_next_patch(const struct tml_patch_dsp *p, struct tml_walk_dsp *walk, int8_t *to);

#endif
