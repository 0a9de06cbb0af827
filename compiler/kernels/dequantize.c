/* DEQUANTIZE, int8 to float32. */
#include "dequantize.h"

void tml_dequantize(const struct tml_dequantize *p, const int8_t *input, float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        /* The difference has 9 bits, so that one rounding of the product is the only one. */
        *output++ = p->scale * (float)(*input++ - p->zero_point);
    }
}
