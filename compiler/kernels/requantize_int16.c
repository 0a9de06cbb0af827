/* QUANTIZE from or to int16, of integers. */
#include "requantize_int16.h"

#include "clamp_int16.h"
#include "requantize.h"

static int32_t tml_requantized(const struct tml_requantize_int16 *p, int32_t x)
{
    return tml_requantize(x + p->input_offset, p->multiplier, p->shift) + p->output_offset;
}

void tml_requantize_int16(const struct tml_requantize_int16 *p, const int16_t *input,
                          int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_clamp_int16(tml_requantized(p, input[i]), INT16_MIN, INT16_MAX);
    }
}

void tml_requantize_int8_to_int16(const struct tml_requantize_int16 *p, const int8_t *input,
                                  int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_clamp_int16(tml_requantized(p, input[i]), INT16_MIN, INT16_MAX);
    }
}

void tml_requantize_int16_to_int8(const struct tml_requantize_int16 *p, const int16_t *input,
                                  int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_clamp(tml_requantized(p, input[i]), INT8_MIN, INT8_MAX);
    }
}
