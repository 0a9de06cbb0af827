/* MUL, int8, with a factor that gives what two roundings would give for every pair of inputs;
 * which was made sure of by trying them all. */
#include "product_proven.h"

void tml_product_proven(const struct tml_product_proven *p, const int8_t *first,
                        const int8_t *second, int8_t *output)
{
    const struct tml_product_proven k = *p; /* in registers: the output might lie over *p */
    for (int32_t i = 0; i < k.elements; i++) {
        int32_t product = (first[i] + k.first_offset) * (second[i] + k.second_offset);
        int32_t scaled = product * k.high + ((product * k.low) >> TML_PRODUCT_FRACTION);
        output[i] = tml_rounded(scaled, &k.rounding);
    }
}

TML_DEFINE_BROADCAST(product_proven, int8_t)
