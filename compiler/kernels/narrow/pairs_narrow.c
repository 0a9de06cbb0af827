/* Runs of products in two lanes, see pairs_narrow.h. */
#include "pairs_narrow.h"

/* Of both pairs: all runs as they are, modulo 2^32, and their upper halves. */
struct tml_lanes {
    uint32_t whole[2];
    int32_t upper[2];
};

#if defined(__thumb__) && !defined(__thumb2__)

/* The multiplier of Armv6-M overwrites a factor: that is the word, which LDM has just brought. The
 * sums are in high registers, which compilers would leave alone. */
#define TML_FIRST                                                                                  \
    "movs %[b], #0\n\t"                                                                            \
    "ldrsb %[b], [%[x], %[b]]\n\t"                                                                 \
    "ldmia %[w]!, {r5, r6}\n\t"                                                                    \
    "muls r5, %[b], r5\n\t"                                                                        \
    "muls r6, %[b], r6\n\t"
#define TML_TAP(n)                                                                                 \
    "movs %[b], #" #n "\n\t"                                                                       \
    "ldrsb %[b], [%[x], %[b]]\n\t"                                                                 \
    "ldmia %[w]!, {r3, r4}\n\t"                                                                    \
    "muls r3, %[b], r3\n\t"                                                                        \
    "muls r4, %[b], r4\n\t"                                                                        \
    "adds r5, r5, r3\n\t"                                                                          \
    "adds r6, r6, r4\n\t"
#define TML_RUNS(name, length, taps)                                                               \
    static const int32_t *name(const int8_t *x, const int8_t *end, const int32_t *words,           \
                               struct tml_lanes *lanes)                                            \
    {                                                                                              \
        register uint32_t whole0 __asm__("r8") = lanes->whole[0];                                  \
        register int32_t upper0 __asm__("r9") = lanes->upper[0];                                   \
        register uint32_t whole1 __asm__("r10") = lanes->whole[1];                                 \
        register int32_t upper1 __asm__("r11") = lanes->upper[1];                                  \
        register const int8_t *last __asm__("r12") = end;                                          \
        int32_t b;                                                                                 \
        __asm__ volatile("1:\n\t" TML_FIRST taps                                                   \
                         "movs %[b], #1\n\t"                                                       \
                         "lsls %[b], %[b], #15\n\t"                                                \
                         "adds r5, r5, %[b]\n\t"                                                   \
                         "adds r6, r6, %[b]\n\t"                                                   \
                         "add %[whole0], r5\n\t"                                                   \
                         "add %[whole1], r6\n\t"                                                   \
                         "asrs r5, r5, #16\n\t"                                                    \
                         "asrs r6, r6, #16\n\t"                                                    \
                         "add %[upper0], r5\n\t"                                                   \
                         "add %[upper1], r6\n\t"                                                   \
                         "adds %[x], #" #length "\n\t"                                             \
                         "cmp %[x], %[last]\n\t"                                                   \
                         "bne 1b"                                                                  \
                         : [x] "+l"(x), [w] "+l"(words), [b] "=&l"(b), [whole0] "+r"(whole0),      \
                           [upper0] "+r"(upper0), [whole1] "+r"(whole1), [upper1] "+r"(upper1)     \
                         : [last] "r"(last)                                                        \
                         : "r3", "r4", "r5", "r6", "cc", "memory");                                \
        lanes->whole[0] = whole0;                                                                  \
        lanes->upper[0] = upper0;                                                                  \
        lanes->whole[1] = whole1;                                                                  \
        lanes->upper[1] = upper1;                                                                  \
        return words;                                                                              \
    }

#else

#define TML_TAP(n) , n
#define TML_RUNS(name, length, taps)                                                               \
    static const int32_t *name(const int8_t *x, const int8_t *end, const int32_t *words,           \
                               struct tml_lanes *lanes)                                            \
    {                                                                                              \
        struct tml_lanes l = *lanes;                                                               \
        while (x != end) {                                                                         \
            uint32_t one = 1u << 15, two = 1u << 15;                                               \
            TML_UNROLL                                                                             \
            for (int32_t tap = 0; tap < length; tap++) {                                           \
                uint32_t in = (uint32_t)*x++;                                                      \
                one += in * (uint32_t)*words++;                                                    \
                two += in * (uint32_t)*words++;                                                    \
            }                                                                                      \
            l.whole[0] += one;                                                                     \
            l.upper[0] += (int32_t)one >> 16;                                                      \
            l.whole[1] += two;                                                                     \
            l.upper[1] += (int32_t)two >> 16;                                                      \
        }                                                                                          \
        *lanes = l;                                                                                \
        return words;                                                                              \
    }
#ifdef __clang__
#define TML_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TML_UNROLL _Pragma("GCC unroll 8")
#endif

#endif

TML_RUNS(tml_runs_1, 1, )
TML_RUNS(tml_runs_2, 2, TML_TAP(1))
TML_RUNS(tml_runs_3, 3, TML_TAP(1) TML_TAP(2))
TML_RUNS(tml_runs_4, 4, TML_TAP(1) TML_TAP(2) TML_TAP(3))
TML_RUNS(tml_runs_8, 8,
         TML_TAP(1) TML_TAP(2) TML_TAP(3) TML_TAP(4) TML_TAP(5) TML_TAP(6) TML_TAP(7))

const int32_t *tml_pairs_narrow(const int8_t *x, int32_t taps, int32_t length, int32_t whole,
                                const int32_t *words, int32_t sums[4])
{
    struct tml_lanes lanes = {{0, 0}, {0, 0}};
    const int8_t *middle = x + whole, *end = x + taps;
    if (whole != 0) {
        switch (length) {
        case 8:
            words = tml_runs_8(x, middle, words, &lanes);
            break;
        case 4:
            words = tml_runs_4(x, middle, words, &lanes);
            break;
        case 3:
            words = tml_runs_3(x, middle, words, &lanes);
            break;
        default:
            words = tml_runs_2(x, middle, words, &lanes);
            break;
        }
    }
    if (middle != end) {
        words = tml_runs_1(middle, end, words, &lanes);
    }
    for (int32_t pair = 0; pair < 2; pair++) {
        uint32_t upper = (uint32_t)lanes.upper[pair];
        sums[2 * pair] = (int32_t)(lanes.whole[pair] - (upper << 16));
        sums[2 * pair + 1] = lanes.upper[pair];
    }
    return words;
}
