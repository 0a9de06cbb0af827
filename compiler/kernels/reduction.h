/* What lies behind each element of a reduction's output: the loops over kept and over reduced
 * dimensions, the outermost first, padded with leading ones. Steps are elements of the input. */
#ifndef TML_REDUCTION_H
#define TML_REDUCTION_H

#include <stdint.h>

#define TML_REDUCTION_RANK 3

struct tml_loops {
    int32_t extent[TML_REDUCTION_RANK];
    int32_t step[TML_REDUCTION_RANK];
};

struct tml_reduction {
    struct tml_loops kept, reduced;
};

/* The offset of element (i, j, k). */
static inline int32_t tml_place(const struct tml_loops *loops, int32_t i, int32_t j, int32_t k)
{
    return i * loops->step[0] + j * loops->step[1] + k * loops->step[2];
}

#endif
