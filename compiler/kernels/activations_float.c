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

/* Below the first, tanh(x) is x; from the second on, 1 - 2 / (exp(2x) + 1) is as good as it. */
#define TML_TANH_LINEAR 0x1p-12f
#define TML_TANH_SERIES 0.75f

/* (tanh(x) / x - 1) / x^2 by powers of x^2, fitted to where the series is used. */
static const float tml_tanh_terms[6] = {
    -0.33333316445350647f, 0.1333269327878952f,     -0.05389273911714554f,
    0.021452324464917183f, -0.007657990790903568f, 0.0017374950693920255f,
};

static float tml_tanh_float_of(float x)
{
    float magnitude = x < 0.0f ? -x : x;
    if (magnitude < TML_TANH_LINEAR) {
        return x;
    }
    if (magnitude < TML_TANH_SERIES) {
        float square = x * x, sum = tml_tanh_terms[5];
        for (int32_t i = 4; i >= 0; i--) {
            sum = sum * square + tml_tanh_terms[i];
        }
        return x + x * (square * sum);
    }
    float y = 1.0f - tml_divide_float(2.0f, tml_exp_float(magnitude + magnitude) + 1.0f);
    return x < 0.0f ? -y : y;
}

void tml_tanh_float(const struct tml_tanh_float *p, const float *input, float *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = tml_tanh_float_of(input[i]);
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
