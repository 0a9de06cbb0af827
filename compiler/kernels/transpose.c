/* TRANSPOSE, elements of one byte. */
#include "transpose.h"

static int8_t *tml_transpose_plane(const struct tml_transpose *p, const int8_t *input,
                                   int8_t *output)
{
    for (int32_t i = 0; i < p->extent[3]; i++) {
        const int8_t *in = input;
        for (int32_t j = 0; j < p->extent[4]; j++) {
            *output++ = *in;
            in += p->step[4];
        }
        input += p->step[3];
    }
    return output;
}

void tml_transpose(const struct tml_transpose *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->extent[0]; i++) {
        const int8_t *outer = input;
        for (int32_t j = 0; j < p->extent[1]; j++) {
            const int8_t *middle = outer;
            for (int32_t k = 0; k < p->extent[2]; k++) {
                output = tml_transpose_plane(p, middle, output);
                middle += p->step[2];
            }
            outer += p->step[1];
        }
        input += p->step[0];
    }
}
