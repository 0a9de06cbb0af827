/* What int16 MAX_POOL_2D and AVERAGE_POOL_2D share. */
#ifndef TML_POOL_2D_INT16_H
#define TML_POOL_2D_INT16_H

#include <stdint.h>

#include "clamp_int16.h"
#include "pool_2d_walk.h"

struct tml_ends_int16 {
    int32_t activation_min, activation_max;
};

struct tml_pool_2d_int16 {
    struct tml_window window;
    int32_t depth;
    struct tml_ends_int16 ends;
};

static inline int16_t tml_clamp_to_ends(int32_t x, const struct tml_ends_int16 *ends)
{
    return tml_clamp_int16(x, ends->activation_min, ends->activation_max);
}

TML_DEFINE_POOL_WALK(int16, int16_t, int32_t, tml_clamp_to_ends)

#endif
