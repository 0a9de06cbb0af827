/* ARG_MAX, int8: the first of the greatest along one dimension. */
#include "arg_max.h"

void tml_arg_max(const struct tml_arg_max *p, const int8_t *input, int32_t *output)
{
    for (int32_t i = 0; i < p->outer; i++) {
        for (int32_t j = 0; j < p->inner; j++) {
            const int8_t *in = input + i * p->extent * p->inner + j;
            int32_t best = 0;
            int8_t greatest = *in;
            for (int32_t k = 1; k < p->extent; k++) {
                in += p->inner;
                if (*in > greatest) {
                    greatest = *in;
                    best = k;
                }
            }
            *output++ = best;
        }
    }
}
