/* MEAN, int8: a sum, and its division in the requantisation. */
#include "mean.h"

#include "mean_walk.h"
#include "requantize.h"

static int8_t tml_mean_of(const struct tml_mean *p, int32_t sum)
{
    int32_t mean = tml_requantize(sum + p->input_sum, p->multiplier, p->shift);
    return tml_clamp(mean + p->output_offset, INT8_MIN, INT8_MAX);
}

TML_DEFINE_MEAN(mean, int8_t, int32_t)
