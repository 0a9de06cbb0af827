/* Rows of int8 times pairs of channels.
 *
 * The product of an element with half a word is 256 times that of the odd channel plus that of the
 * even one: both are summed at once, and again the even one alone. The difference is 256 times
 * the sum of the odd channel, which the compiler has made sure is below 2^23. */
#include "row_dsp.h"

/* sums[0] even, sums[1] both, of one pair, and sums[2], sums[3] of another. */
static inline void tml_row_products(const int8_t *row, const int8_t *end, const int8_t *weights,
                                    const int8_t *others, uint32_t *sums)
{
    uint32_t even = 0, both = 0, other_even = 0, other_both = 0;
    uint32_t low, high, first, second;
    __asm__("1:\n\t"
            "ldr %[high], [%[row]], #4\n\t"
            "ldrd %[first], %[second], [%[weights]], #8\n\t"
            "sxtb16 %[low], %[high]\n\t"
            "sxtb16 %[high], %[high], ror #8\n\t"
            "smlad %[both], %[low], %[first], %[both]\n\t"
            "sxtb16 %[first], %[first]\n\t"
            "smlad %[even], %[low], %[first], %[even]\n\t"
            "smlad %[both], %[high], %[second], %[both]\n\t"
            "sxtb16 %[second], %[second]\n\t"
            "smlad %[even], %[high], %[second], %[even]\n\t"
            "ldrd %[first], %[second], [%[others]], #8\n\t"
            "smlad %[other_both], %[low], %[first], %[other_both]\n\t"
            "sxtb16 %[first], %[first]\n\t"
            "smlad %[other_even], %[low], %[first], %[other_even]\n\t"
            "smlad %[other_both], %[high], %[second], %[other_both]\n\t"
            "sxtb16 %[second], %[second]\n\t"
            "smlad %[other_even], %[high], %[second], %[other_even]\n\t"
            "cmp %[row], %[end]\n\t"
            "bne 1b"
            : [row] "+r"(row), [weights] "+r"(weights), [others] "+r"(others), [even] "+r"(even),
              [both] "+r"(both), [other_even] "+r"(other_even), [other_both] "+r"(other_both),
              [low] "=&r"(low), [high] "=&r"(high), [first] "=&r"(first), [second] "=&r"(second)
            : [end] "r"(end)
            : "cc", "memory");
    sums[0] = even;
    sums[1] = both;
    sums[2] = other_even;
    sums[3] = other_both;
}

void tml_row_dsp(const struct tml_channels_dsp *p, const struct tml_constants_dsp *constants,
                 int32_t depth, const int8_t *row, int8_t *output)
{
    const int8_t *weights = constants->weights;
    for (int32_t channel = 0; channel < p->count; channel += TML_SUMS_DSP) {
        int32_t left = p->count - channel;
        int32_t sums[TML_SUMS_DSP];
        uint32_t products[TML_SUMS_DSP];
        const int8_t *others = left > 2 ? weights + 2 * depth : weights;
        tml_row_products(row, row + depth, weights, others, products);
        left = left > TML_SUMS_DSP ? TML_SUMS_DSP : left;
        for (int32_t i = 0; i < left; i++) {
            int32_t sum = (int32_t)products[i];
            if (i & 1) {
                sum = (int32_t)(products[i] - products[i - 1]) >> 8;
            }
            sums[i] = sum + constants->bias[channel + i];
        }
        tml_store_dsp(p, constants, sums, channel, left, output);
        weights += 4 * depth;
    }
}
