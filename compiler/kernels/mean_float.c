/* MEAN, float32. */
#include "mean_float.h"

#include "divide_float.h"
#include "mean_walk.h"

static float tml_mean_float_of(const struct tml_mean_float *p, float sum)
{
    return tml_divide_float(sum, (float)p->count);
}

TML_DEFINE_MEAN(mean_float, float, float)
