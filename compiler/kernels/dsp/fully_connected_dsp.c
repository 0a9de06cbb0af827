/* FULLY_CONNECTED, int8. */
#include "fully_connected_dsp.h"

#include "row_dsp.h"

void tml_fully_connected_dsp(const struct tml_fully_connected_dsp *p, const int8_t *input,
                             const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *exponent, int8_t *output)
{
    const struct tml_constants_dsp constants = {weights, bias, multiplier, exponent};
    for (int32_t batch = 0; batch < p->batches; batch++) {
        tml_row_dsp(&p->channels, &constants, p->input_depth, input, output);
        input += p->input_depth;
        output += p->channels.count;
    }
}
