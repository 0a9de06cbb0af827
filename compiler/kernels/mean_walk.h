/* What MEAN of all types shares, as a macro over them. */
#ifndef TML_MEAN_WALK_H
#define TML_MEAN_WALK_H

#include <stdint.h>

#include "reduction.h"

/* Defines tml_NAME, which gives tml_NAME_of(p, sum) for each element; sums are taken in order, in
 * the type `total`. */
#define TML_DEFINE_MEAN(name, type, total)                                                     \
    static total tml_##name##_sum(const struct tml_loops *loops, const type *input)            \
    {                                                                                          \
        total sum = 0;                                                                         \
        for (int32_t i = 0; i < loops->extent[0]; i++) {                                       \
            for (int32_t j = 0; j < loops->extent[1]; j++) {                                   \
                const type *in = input + tml_place(loops, i, j, 0);                            \
                for (int32_t k = 0; k < loops->extent[2]; k++) {                               \
                    sum += *in;                                                                \
                    in += loops->step[2];                                                      \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
        return sum;                                                                            \
    }                                                                                          \
    void tml_##name(const struct tml_##name *p, const type *input, type *output)               \
    {                                                                                          \
        const struct tml_loops *kept = &p->loops.kept;                                         \
        for (int32_t i = 0; i < kept->extent[0]; i++) {                                        \
            for (int32_t j = 0; j < kept->extent[1]; j++) {                                    \
                for (int32_t k = 0; k < kept->extent[2]; k++) {                                \
                    const type *in = input + tml_place(kept, i, j, k);                         \
                    *output++ = tml_##name##_of(p, tml_##name##_sum(&p->loops.reduced, in));   \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }

#endif
