#ifndef TML_MAX_POOL_2D_H
#define TML_MAX_POOL_2D_H

#include <stdint.h>

#include "pool_2d.h"

/* Row-major int8 [batch, y, x, depth]; input and output have the same quantisation. */
void tml_max_pool_2d(const struct tml_pool_2d *p, const int8_t *input, int8_t *output);

#endif
