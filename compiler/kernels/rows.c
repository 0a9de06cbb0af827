/* Rows of bytes from one matrix into another: SPLIT, CONCATENATION and their like. */
#include "rows.h"

#include <string.h>

void tml_rows(const struct tml_rows *p, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < p->rows; row++) {
        memcpy(output, input, (size_t)p->bytes);
        input += p->input_step;
        output += p->output_step;
    }
}
