#include "activations_float.h"

#include "divide_float.h"
#include "exp_float.h"

void tml_rectify_float(const struct tml_rectify_float *p, const float *input, float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_clamp_float(input[i], &p->ends);
    }
}

void tml_leaky_relu_float(const struct tml_leaky_relu_float *p, const float *input, float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = input[i] > 0.0f ? input[i] : input[i] * p->alpha;
    }
}

/* Beyond these, 1 / (1 + exp(-x)) is 1, and the reference takes it for exp(x). */
#define TML_ONE_ABOVE 16.619047164916992188f
#define TML_EXP_BELOW -9.0f

static float tml_logistic_float_of(float x)
{
    if (x > TML_ONE_ABOVE) {
        return 1.0f;
    }
    if (x < TML_EXP_BELOW) {
        return tml_exp_float(x);
    }
    return tml_divide_float(1.0f, 1.0f + tml_exp_float(-x));
}

void tml_logistic_float(const struct tml_logistic_float *p, const float *input, float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_logistic_float_of(input[i]);
    }
}

void tml_hard_swish_float(const struct tml_hard_swish_float *p, const float *input, float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        float gate = input[i] + 3.0f;
        gate = 0.0f < gate ? gate : 0.0f; /* 0 for a NaN; the product is one all the same */
        gate = gate < 6.0f ? gate : 6.0f;
        output[i] = tml_divide_float(input[i] * gate, 6.0f);
    }
}
