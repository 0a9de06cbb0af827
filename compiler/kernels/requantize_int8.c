/* QUANTIZE, int8 to int8 of another scale or zero point. */
#include "requantize_int8.h"

#include "requantize.h"

void tml_requantize_int8(const struct tml_requantize_int8 *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        int32_t x = tml_requantize(*input++ + p->input_offset, p->multiplier, p->shift);
        *output++ = tml_clamp(x + p->output_offset, INT8_MIN, INT8_MAX);
    }
}
