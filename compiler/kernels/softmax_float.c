/* SOFTMAX, float32; all but the exponential is in the reference's order. */
#include "softmax_float.h"

#include <float.h>

#include "divide_float.h"
#include "exp_float.h"

static void tml_softmax_float_row(const struct tml_softmax_float *p, const float *input,
                                  float *output)
{
    float greatest = -FLT_MAX;
    for (int32_t i = 0; i < p->depth; i++) {
        greatest = greatest < input[i] ? input[i] : greatest;
    }
    float sum = 0.0f;
    for (int32_t i = 0; i < p->depth; i++) {
        output[i] = tml_exp_float((input[i] - greatest) * p->beta);
        sum += output[i];
    }
    for (int32_t i = 0; i < p->depth; i++) {
        output[i] = tml_divide_float(output[i], sum);
    }
}

void tml_softmax_float(const struct tml_softmax_float *p, const float *input, float *output)
{
    for (int32_t row = 0; row < p->rows; row++) {
        tml_softmax_float_row(p, input, output);
        input += p->depth;
        output += p->depth;
    }
}
