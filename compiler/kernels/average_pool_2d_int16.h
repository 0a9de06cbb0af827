#ifndef TML_AVERAGE_POOL_2D_INT16_H
#define TML_AVERAGE_POOL_2D_INT16_H

#include <stdint.h>

#include "pool_2d_int16.h"

/* Row-major [batch, y, x, depth]; input and output have the same quantisation. */
void tml_average_pool_2d_int16(const struct tml_pool_2d_int16 *p, const int16_t *input,
                           int16_t *output);

#endif
