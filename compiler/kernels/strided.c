/* Blocks of bytes from places in nested loops to others: whatever only moves elements. */
#include "strided.h"

static void tml_strided_rows(const struct tml_strided *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->extent[3]; i++) {
        const int8_t *in = input;
        int8_t *out = output;
        for (int32_t j = 0; j < p->extent[4]; j++) {
            for (int32_t byte = 0; byte < p->bytes; byte++) {
                out[byte] = in[byte];
            }
            in += p->input_step[4];
            out += p->output_step[4];
        }
        input += p->input_step[3];
        output += p->output_step[3];
    }
}

static void tml_strided_planes(const struct tml_strided *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->extent[1]; i++) {
        const int8_t *in = input;
        int8_t *out = output;
        for (int32_t j = 0; j < p->extent[2]; j++) {
            tml_strided_rows(p, in, out);
            in += p->input_step[2];
            out += p->output_step[2];
        }
        input += p->input_step[1];
        output += p->output_step[1];
    }
}

void tml_strided(const struct tml_strided *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->extent[0]; i++) {
        tml_strided_planes(p, input, output);
        input += p->input_step[0];
        output += p->output_step[0];
    }
}
