/* MAX_POOL_2D, float32. */
#include "max_pool_2d_float.h"

#include <float.h>

/* NaNs are passed over, as in the reference. */
static float tml_greatest(const struct tml_pool_view_float *view)
{
    float greatest = -FLT_MAX;
    for (int32_t y = 0; y < view->rows; y++) {
        const float *in = view->first + y * view->row_step;
        for (int32_t x = 0; x < view->columns; x++) {
            greatest = greatest < *in ? *in : greatest;
            in += view->column_step;
        }
    }
    return greatest;
}

void tml_max_pool_2d_float(const struct tml_pool_2d_float *p, const float *input, float *output)
{
    tml_pool_2d_float_walk(p, input, output, tml_greatest);
}
