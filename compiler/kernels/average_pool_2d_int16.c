/* AVERAGE_POOL_2D, int16: the mean of the taps inside the input, of which there are at most 65535,
 * rounded to nearest, ties away from zero. */
#include "average_pool_2d_int16.h"

static int32_t tml_mean_of_view(const struct tml_pool_view_int16 *view)
{
    int32_t sum = 0, count = view->rows * view->columns, half = count / 2;
    for (int32_t y = 0; y < view->rows; y++) {
        const int16_t *in = view->first + y * view->row_step;
        for (int32_t x = 0; x < view->columns; x++) {
            sum += *in;
            in += view->column_step;
        }
    }
    return (sum > 0 ? sum + half : sum - half) / count;
}

void tml_average_pool_2d_int16(const struct tml_pool_2d_int16 *p, const int16_t *input,
                               int16_t *output)
{
    tml_pool_2d_int16_walk(p, input, output, tml_mean_of_view);
}
