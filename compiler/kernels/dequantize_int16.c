/* DEQUANTIZE, int16 to float32. */
#include "dequantize_int16.h"

void tml_dequantize_int16(const struct tml_dequantize_int16 *p, const int16_t *input,
                          float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        *output++ = p->scale * (float)*input++;
    }
}
