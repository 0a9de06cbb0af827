/* Windows of three by three over one channel, see planes_narrow.h. */
#include "planes_narrow.h"

#include "steps_narrow.h"

#if defined(__thumb__) && !defined(__thumb2__)

/* LDM brings a column of inputs and one of weights; the sums are in high registers. r7 is left alone:
 * it may be the frame's pointer. */
#define TML_COLUMN                                                                                 \
    "ldmia %[x]!, {r2, r3, r4}\n\t"                                                                \
    "ldmia %[w]!, {r5, r6}\n\t"                                                                    \
    "muls r2, r5, r2\n\t"                                                                          \
    "muls r3, r6, r3\n\t"                                                                          \
    "ldmia %[w]!, {r5}\n\t"                                                                        \
    "muls r4, r5, r4\n\t"
#define TML_JOINED                                                                                 \
    TML_COLUMN                                                                                     \
    "adds r2, r2, r3\n\t"                                                                          \
    "adds r2, r2, r4\n\t"
#define TML_RUN(run)                                                                               \
    "add %[whole], " run "\n\t"                                                                    \
    "add " run ", %[middle]\n\t"                                                                   \
    "asrs " run ", " run ", #16\n\t"                                                               \
    "add %[upper], " run "\n\t"
#define TML_SEPARATE                                                                               \
    "mov r4, %[upper]\n\t"                                                                         \
    "mov r3, %[whole]\n\t"                                                                         \
    "lsls r2, r4, #16\n\t"                                                                         \
    "subs r3, r3, r2\n\t"
#define TML_NONE                                                                                   \
    "movs r2, #0\n\t"                                                                              \
    "mov %[whole], r2\n\t"                                                                         \
    "mov %[upper], r2\n\t"

#define TML_ONES TML_COLUMN TML_RUN("r2") TML_RUN("r3") TML_RUN("r4")
#define TML_THREES TML_JOINED TML_RUN("r2")

#define TML_WINDOWS(name, window)                                                                  \
    static void name(int32_t *plane, int32_t places, int32_t step, const int32_t *weights)     \
    {                                                                                              \
        register uint32_t whole __asm__("r8");                                                     \
        register int32_t upper __asm__("r9");                                                      \
        register int32_t middle __asm__("r10") = 1 << 15;                                          \
        register uintptr_t end __asm__("r11") = (uintptr_t)plane + 12 * (uint32_t)(places * step); \
        register int32_t *out __asm__("r12") = plane;                                              \
        register int32_t back __asm__("lr") = 12 * step - 36;                                      \
        __asm__ volatile("1:\n\t" window "mov r5, %[out]\n\t"                                      \
                         "stmia r5!, {r3, r4}\n\t"                                                 \
                         "mov %[out], r5\n\t"                                                      \
                         "subs %[w], #36\n\t"                                                      \
                         "add %[x], %[back]\n\t"                                                   \
                         "cmp %[x], %[end]\n\t"                                                   \
                         "bne 1b"                                                                  \
                         : [x] "+l"(plane), [w] "+l"(weights), [out] "+r"(out),                    \
                           [whole] "=&r"(whole), [upper] "=&r"(upper)                              \
                         : [end] "r"(end), [middle] "r"(middle), [back] "r"(back)                \
                         : "r2", "r3", "r4", "r5", "r6", "cc", "memory");                    \
    }

TML_WINDOWS(tml_runs_of_9, TML_JOINED "mov %[whole], r2\n\t" TML_JOINED
            "add %[whole], r2\n\t" TML_JOINED
            "add r2, %[whole]\n\t"
            "sxth r3, r2\n\t"
            "add r2, %[middle]\n\t"
            "asrs r4, r2, #16\n\t")
TML_WINDOWS(tml_runs_of_3, TML_NONE TML_THREES TML_THREES TML_THREES TML_SEPARATE)
TML_WINDOWS(tml_runs_of_1, TML_NONE TML_ONES TML_ONES TML_ONES TML_SEPARATE)

/* Rows of the output that follow on each other in the input share two of its rows. */
static void tml_expand_4(const struct tml_rows_narrow *rows, int32_t at, int32_t depth,
                         int32_t columns, int32_t *plane)
{
    const int8_t *row0 = rows->of[0][0], *row1 = rows->of[0][1];
    register const int8_t *row2 __asm__("r11") = rows->of[0][2];
    register const int8_t *row3 __asm__("r8") = rows->of[1][2];
    register int32_t step __asm__("r9") = depth;
    register int32_t end __asm__("r10") = at + columns * depth;
    int32_t a, b;
    __asm__ volatile("1:\n\t"
                     "ldrsb %[a], [%[row0], %[at]]\n\t"
                     "ldrsb %[b], [%[row1], %[at]]\n\t"
                     "lsls r3, %[b], #16\n\t"
                     "adds %[a], %[a], r3\n\t"
                     "str %[a], [%[plane]]\n\t"
                     "mov %[a], %[row2]\n\t"
                     "ldrsb %[a], [%[a], %[at]]\n\t"
                     "lsls r3, %[a], #16\n\t"
                     "adds %[b], %[b], r3\n\t"
                     "str %[b], [%[plane], #4]\n\t"
                     "mov %[b], %[row3]\n\t"
                     "ldrsb %[b], [%[b], %[at]]\n\t"
                     "lsls %[b], %[b], #16\n\t"
                     "adds %[a], %[a], %[b]\n\t"
                     "str %[a], [%[plane], #8]\n\t"
                     "adds %[plane], #12\n\t"
                     "add %[at], %[step]\n\t"
                     "cmp %[at], %[end]\n\t"
                     "bne 1b"
                     : [at] "+l"(at), [plane] "+l"(plane), [a] "=&l"(a), [b] "=&l"(b)
                     : [row0] "l"(row0), [row1] "l"(row1), [row2] "r"(row2),
                       [row3] "r"(row3), [step] "r"(step), [end] "r"(end)
                     : "r3", "cc", "memory");
}

static void tml_expand_2(const int8_t *low, const int8_t *high, int32_t at, int32_t depth,
                         int32_t columns, int32_t *plane)
{
    register int32_t step __asm__("r8") = depth;
    register int32_t end __asm__("r9") = at + columns * depth;
    int32_t a, b;
    __asm__ volatile("1:\n\t"
                     "ldrsb %[a], [%[low], %[at]]\n\t"
                     "ldrsb %[b], [%[high], %[at]]\n\t"
                     "lsls %[b], %[b], #16\n\t"
                     "adds %[a], %[a], %[b]\n\t"
                     "str %[a], [%[plane]]\n\t"
                     "adds %[plane], #12\n\t"
                     "add %[at], %[step]\n\t"
                     "cmp %[at], %[end]\n\t"
                     "bne 1b"
                     : [at] "+l"(at), [plane] "+l"(plane), [a] "=&l"(a), [b] "=&l"(b)
                     : [low] "l"(low), [high] "l"(high), [step] "r"(step), [end] "r"(end)
                     : "cc", "memory");
}

void tml_expand_narrow(const struct tml_rows_narrow *rows, int32_t at, int32_t depth,
                       int32_t columns, int32_t *plane)
{
    if (rows->of[1][0] == rows->of[0][1] && rows->of[1][1] == rows->of[0][2]) {
        tml_expand_4(rows, at, depth, columns, plane);
        return;
    }
    for (int32_t tap = 0; tap < 3; tap++) {
        tml_expand_2(rows->of[0][tap], rows->of[1][tap], at, depth, columns, plane + tap);
    }
}

void tml_steps_of_plane(const int32_t *steps, const int32_t *sums, int32_t width, int32_t depth,
                        int8_t *output)
{
    register int32_t step __asm__("r8") = depth;
    register const int32_t *end __asm__("r9") = sums + 2 * width;
    register int8_t *out __asm__("r10") = output;
    int32_t sum;
    __asm__ volatile("1:\n\t"
                     "ldr %[sum], [%[sums]]\n\t"
                     "adds %[sums], #8\n\t" TML_STEP("%[s]", "%[sum]", "")
                     "subs %[s], #32\n\t"
                     "mov r4, %[out]\n\t"
                     "strb r3, [r4]\n\t"
                     "add %[out], %[step]\n\t"
                     "cmp %[sums], %[end]\n\t"
                     "bne 1b"
                     : [s] "+l"(steps), [sums] "+l"(sums), [sum] "=&l"(sum), [out] "+r"(out)
                     : [step] "r"(step), [end] "r"(end)
                     : "r3", "r4", "r5", "r6", "cc", "memory");
}

void tml_planes_narrow(int32_t *plane, int32_t places, int32_t step, int32_t length,
                       const int32_t *weights)
{
    switch (length) {
    case 9:
        tml_runs_of_9(plane, places, step, weights);
        break;
    case 3:
        tml_runs_of_3(plane, places, step, weights);
        break;
    default:
        tml_runs_of_1(plane, places, step, weights);
        break;
    }
}

#else

void tml_planes_narrow(int32_t *plane, int32_t places, int32_t step, int32_t length,
                       const int32_t *weights)
{
    int32_t *out = plane;
    for (int32_t place = 0; place < places; place++) {
        const int32_t *x = plane + 3 * place * step;
        uint32_t whole = 0;
        int32_t upper = 0;
        for (int32_t first = 0; first < 9; first += length) {
            uint32_t run = 0;
            for (int32_t tap = first; tap < first + length; tap++) {
                run += (uint32_t)x[tap] * (uint32_t)weights[tap];
            }
            whole += run;
            upper += (int32_t)(run + (1u << 15)) >> 16;
        }
        *out++ = (int32_t)(whole - ((uint32_t)upper << 16));
        *out++ = upper;
    }
}

void tml_expand_narrow(const struct tml_rows_narrow *rows, int32_t at, int32_t depth,
                       int32_t columns, int32_t *plane)
{
    for (int32_t to = 0; to < 3 * columns; at += depth) {
        for (int32_t tap = 0; tap < 3; tap++, to++) {
            uint32_t high = (uint32_t)rows->of[1][tap][at];
            plane[to] = (int32_t)((uint32_t)rows->of[0][tap][at] + (high << 16));
        }
    }
}

void tml_steps_of_plane(const int32_t *steps, const int32_t *sums, int32_t width, int32_t depth,
                        int8_t *output)
{
    for (int32_t at = 0, to = 0; at < 2 * width; at += 2, to += depth) {
        output[to] = tml_step_narrow(steps, sums[at]);
    }
}

#endif
