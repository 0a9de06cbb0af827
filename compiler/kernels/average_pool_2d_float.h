#ifndef TML_AVERAGE_POOL_2D_FLOAT_H
#define TML_AVERAGE_POOL_2D_FLOAT_H

#include "pool_2d_float.h"

/* Row-major [batch, y, x, depth]. */
void tml_average_pool_2d_float(const struct tml_pool_2d_float *p, const float *input, float *output);

#endif
