/* ADD and SUB, int8, with factors that give what three roundings would give for every pair of
 * inputs; which was made sure of by trying them all. */
#include "sum_proven.h"

void tml_sum_proven(const struct tml_sum_proven *p, const int8_t *first, const int8_t *second,
                    int8_t *output)
{
    const struct tml_sum_proven k = *p; /* in registers: the output might lie over *p */
    for (int32_t i = 0; i < k.elements; i++) {
        int32_t sum = first[i] * k.first_factor + second[i] * k.second_factor + k.zero;
        output[i] = tml_rounded(sum, &k.rounding);
    }
}

TML_DEFINE_BROADCAST(sum_proven, int8_t)
