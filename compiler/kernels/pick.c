/* Blocks of bytes from listed rows and columns: RESIZE_NEAREST_NEIGHBOR, GATHER. */
#include "pick.h"

#include <string.h>

void tml_pick(const struct tml_pick *p, const int8_t *input, const int16_t *rows,
              const int16_t *columns, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t i = 0; i < p->height; i++) {
            const int8_t *row = input + rows[i] * p->row_step;
            for (int32_t j = 0; j < p->width; j++) {
                memcpy(output, row + columns[j] * p->column_step, (size_t)p->bytes);
                output += p->bytes;
            }
        }
        input += p->batch_step;
    }
}
