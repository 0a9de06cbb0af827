/* FULLY_CONNECTED, int8, and convolutions that see one pixel at a time. */
#include "fully_connected_dsp.h"

#include "row_dsp.h"

void tml_fully_connected_dsp(const struct tml_fully_connected_dsp *p, const int8_t *input,
                             const int32_t *constants, int8_t *output, int8_t *scratch)
{
    for (int32_t left = p->batches; left > 0; left--) {
        const int8_t *row = input;
        /* What is read behind a row counts nothing, but behind the last ones there may be nothing. */
        if (left * p->input_depth < p->size) {
            for (int32_t i = 0; i < p->input_depth; i++) {
                scratch[i] = input[i];
            }
            row = scratch;
        }
        tml_row_dsp(&p->channels, constants, p->size, row, output);
        input += p->input_depth;
        output += p->channels.count;
    }
}
