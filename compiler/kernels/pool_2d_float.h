/* What float MAX_POOL_2D and AVERAGE_POOL_2D share. */
#ifndef TML_POOL_2D_FLOAT_H
#define TML_POOL_2D_FLOAT_H

#include <stdint.h>

#include "clamp_float.h"
#include "pool_2d_walk.h"

struct tml_pool_2d_float {
    struct tml_window window;
    int32_t depth;
    struct tml_ends_float ends;
};

TML_DEFINE_POOL_WALK(float, float, float, tml_clamp_float)

#endif
