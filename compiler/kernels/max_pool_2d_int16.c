/* MAX_POOL_2D, int16. */
#include "max_pool_2d_int16.h"

static int32_t tml_greatest_int16(const struct tml_pool_view_int16 *view)
{
    int32_t greatest = INT16_MIN;
    for (int32_t y = 0; y < view->rows; y++) {
        const int16_t *in = view->first + y * view->row_step;
        for (int32_t x = 0; x < view->columns; x++) {
            greatest = *in > greatest ? *in : greatest;
            in += view->column_step;
        }
    }
    return greatest;
}

void tml_max_pool_2d_int16(const struct tml_pool_2d_int16 *p, const int16_t *input,
                           int16_t *output)
{
    tml_pool_2d_int16_walk(p, input, output, tml_greatest_int16);
}
