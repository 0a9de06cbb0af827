/* AVERAGE_POOL_2D, float32: the mean of the taps inside the input. */
#include "average_pool_2d_float.h"

#include "divide_float.h"

static float tml_mean_float(const struct tml_pool_view_float *view)
{
    float sum = 0.0f;
    for (int32_t y = 0; y < view->rows; y++) {
        const float *in = view->first + y * view->row_step;
        for (int32_t x = 0; x < view->columns; x++) {
            sum += *in;
            in += view->column_step;
        }
    }
    return tml_divide_float(sum, (float)(view->rows * view->columns));
}

void tml_average_pool_2d_float(const struct tml_pool_2d_float *p, const float *input,
                               float *output)
{
    tml_pool_2d_float_walk(p, input, output, tml_mean_float);
}
