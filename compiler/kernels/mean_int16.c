/* MEAN, int16: a sum, and its division in the requantisation. */
#include "mean_int16.h"

#include "clamp_int16.h"
#include "mean_walk.h"
#include "requantize.h"

static int16_t tml_mean_int16_of(const struct tml_mean_int16 *p, int32_t sum)
{
    int32_t mean = tml_requantize(sum, p->multiplier, p->shift);
    return tml_clamp_int16(mean, INT16_MIN, INT16_MAX);
}

TML_DEFINE_MEAN(mean_int16, int16_t, int32_t)
