/* Runs of products in two lanes, see pairs_narrow.h. */
#include "pairs_narrow.h"

#if defined(__thumb__) && !defined(__thumb2__)

#include <stddef.h>

_Static_assert(offsetof(struct tml_pairs_narrow, words) == 12 &&
                   offsetof(struct tml_pairs_narrow, sums) == 28 &&
                   offsetof(struct tml_pairs_narrow, frame) == 44,
               "the offsets below");

/* The multiplier of Armv6-M overwrites a factor: that is the word, which LDM has just brought.
 *
 * r0 is x, r1 the words, r2 an input, r7 the structure; r8 and r10 have the runs of both pairs as
 * they are, modulo 2^32, r9 and r11 their upper halves; r12 is where runs end, lr 2^15. r7 may
 * be the frame's pointer: it is kept in the structure meanwhile. */
#define TML_FIRST                                                                                  \
    "movs r2, #0\n\t"                                                                              \
    "ldrsb r2, [r0, r2]\n\t"                                                                       \
    "ldmia r1!, {r5, r6}\n\t"                                                                      \
    "muls r5, r2, r5\n\t"                                                                          \
    "muls r6, r2, r6\n\t"
#define TML_TAP(n)                                                                                 \
    "movs r2, #" #n "\n\t"                                                                         \
    "ldrsb r2, [r0, r2]\n\t"                                                                       \
    "ldmia r1!, {r3, r4}\n\t"                                                                      \
    "muls r3, r2, r3\n\t"                                                                          \
    "muls r4, r2, r4\n\t"                                                                          \
    "adds r5, r5, r3\n\t"                                                                          \
    "adds r6, r6, r4\n\t"
#define TML_RUN(label, length, taps)                                                               \
    label ":\n\t" TML_FIRST taps "add r8, r5\n\t"                                                  \
          "add r10, r6\n\t"                                                                        \
          "add r5, lr\n\t"                                                                         \
          "add r6, lr\n\t"                                                                         \
          "asrs r5, r5, #16\n\t"                                                                   \
          "asrs r6, r6, #16\n\t"                                                                   \
          "add r9, r5\n\t"                                                                         \
          "add r11, r6\n\t"                                                                        \
          "adds r0, #" #length "\n\t"                                                              \
          "cmp r0, r12\n\t"                                                                        \
          "bne " label "b\n\t"
#define TML_ENTER                                                                                  \
    "mov r2, r7\n\t"                                                                               \
    "str r2, [r0, #44]\n\t"                                                                        \
    "mov r7, r0\n"
#define TML_BEGIN                                                                                  \
    "ldr r0, [r7]\n\t"                                                                             \
    "ldr r2, [r7, #4]\n\t"                                                                         \
    "mov r12, r2\n\t"                                                                              \
    "movs r2, #0\n\t"                                                                              \
    "mov r8, r2\n\t"                                                                               \
    "mov r9, r2\n\t"                                                                               \
    "mov r10, r2\n\t"                                                                              \
    "mov r11, r2\n"
#define TML_REST                                                                                   \
    "ldr r2, [r7, #8]\n\t"                                                                         \
    "cmp r0, r2\n\t"                                                                               \
    "beq 3f\n\t"                                                                                   \
    "mov r12, r2\n" TML_RUN("2", 1, ) "3:\n\t"
/* Then r0 is the channels, r1 a sum, r2 points to the sums, r7 to the output; r8 is the structure and
 * r12 the words. */
#define TML_SEPARATE                                                                               \
    "mov r12, r1\n\t"                                                                              \
    "mov r4, r9\n\t"                                                                               \
    "lsls r2, r4, #16\n\t"                                                                         \
    "mov r3, r8\n\t"                                                                               \
    "subs r3, r3, r2\n\t"                                                                          \
    "mov r6, r11\n\t"                                                                              \
    "lsls r2, r6, #16\n\t"                                                                         \
    "mov r5, r10\n\t"                                                                              \
    "subs r5, r5, r2\n\t"                                                                          \
    "mov r8, r7\n\t"                                                                               \
    "ldr r0, [r7, #16]\n\t"                                                                        \
    "mov r2, r7\n\t"                                                                               \
    "adds r2, #28\n\t"                                                                             \
    "stmia r2!, {r3, r4, r5, r6}\n\t"                                                              \
    "subs r2, #16\n\t"                                                                             \
    "ldr r7, [r7, #20]\n\t"
#define TML_CHANNEL                                                                                \
    "ldmia r2!, {r1}\n\t" TML_STEP("r0", "r1", ", r6")                                               \
    "strb r3, [r7, r6]\n\t"
#define TML_NEXT                                                                                   \
    "mov r7, r8\n\t"                                                                               \
    "mov r1, r12\n\t"                                                                              \
    "str r0, [r7, #16]\n\t"                                                                        \
    "ldr r2, [r7, #24]\n\t"                                                                        \
    "subs r2, #1\n\t"                                                                              \
    "str r2, [r7, #24]\n\t"                                                                        \
    "beq 5f\n\t"                                                                                   \
    "b 4b\n"                                                                                       \
    "5:\n\t"                                                                                       \
    "str r1, [r7, #12]\n\t"                                                                        \
    "ldr r2, [r7, #44]\n\t"                                                                        \
    "mov r7, r2"

#define TML_BLOCKS(name, length, taps)                                                             \
    static void name(struct tml_pairs_narrow *pairs)                                               \
    {                                                                                              \
        register struct tml_pairs_narrow *p __asm__("r0") = pairs;                                 \
        register const int32_t *words __asm__("r1") = pairs->words;                                \
        register int32_t half __asm__("lr") = 1 << 15;                                             \
        __asm__ volatile(TML_ENTER "4:\n\t" TML_BEGIN TML_RUN("1", length, taps) TML_REST TML_SEPARATE       \
                             TML_CHANNEL TML_CHANNEL TML_CHANNEL TML_CHANNEL TML_NEXT              \
                         : "+r"(p), "+r"(words)                                                    \
                         : "r"(half)                                                               \
                         : "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12",    \
                           "cc", "memory");                                                        \
    }

#else

/* Of both pairs: all runs as they are, modulo 2^32, and their upper halves. */
struct tml_lanes {
    uint32_t whole[2];
    int32_t upper[2];
};

/* One tap of a run, in both lanes of both pairs. */
static inline const int32_t *tml_tap(int8_t x, const int32_t *words, uint32_t run[2])
{
    run[0] += (uint32_t)x * (uint32_t)words[0];
    run[1] += (uint32_t)x * (uint32_t)words[1];
    return words + 2;
}

static inline void tml_add_run(const uint32_t run[2], struct tml_lanes *lanes)
{
    for (int32_t pair = 0; pair < 2; pair++) {
        lanes->whole[pair] += run[pair];
        lanes->upper[pair] += (int32_t)(run[pair] + (1u << 15)) >> 16;
    }
}

static void tml_channels(struct tml_pairs_narrow *p, const struct tml_lanes *lanes)
{
    for (int32_t lane = 0; lane < 4; lane++) {
        uint32_t upper = (uint32_t)lanes->upper[lane / 2];
        uint32_t lower = lanes->whole[lane / 2] - (upper << 16);
        int32_t sum = (int32_t)(lane % 2 == 0 ? lower : upper);
        p->output[p->channels[TML_STEPS]] = tml_step_narrow(p->channels, sum);
        p->channels += TML_CHANNEL_NARROW;
    }
}

#define TML_TAP(n) words = tml_tap(x[n], words, run);
#define TML_BLOCKS(name, length, taps)                                                             \
    static void name(struct tml_pairs_narrow *p)                                                   \
    {                                                                                              \
        for (; p->blocks > 0; p->blocks--) {                                                       \
            struct tml_lanes lanes = {{0, 0}, {0, 0}};                                             \
            const int32_t *words = p->words;                                                       \
            const int8_t *x = p->x;                                                                \
            for (; x != p->middle; x += (length)) {                                                \
                uint32_t run[2] = {0, 0};                                                          \
                TML_TAP(0)                                                                         \
                taps tml_add_run(run, &lanes);                                                     \
            }                                                                                      \
            for (; x != p->end; x++) {                                                             \
                uint32_t run[2] = {0, 0};                                                          \
                TML_TAP(0)                                                                         \
                tml_add_run(run, &lanes);                                                          \
            }                                                                                      \
            p->words = words;                                                                      \
            tml_channels(p, &lanes);                                                               \
        }                                                                                          \
    }

#endif

TML_BLOCKS(tml_blocks_1, 1, )
TML_BLOCKS(tml_blocks_2, 2, TML_TAP(1))
TML_BLOCKS(tml_blocks_3, 3, TML_TAP(1) TML_TAP(2))
TML_BLOCKS(tml_blocks_4, 4, TML_TAP(1) TML_TAP(2) TML_TAP(3))
TML_BLOCKS(tml_blocks_8, 8,
           TML_TAP(1) TML_TAP(2) TML_TAP(3) TML_TAP(4) TML_TAP(5) TML_TAP(6) TML_TAP(7))

void tml_pairs_narrow(struct tml_pairs_narrow *pairs, int32_t length)
{
    switch (length) {
    case 8:
        tml_blocks_8(pairs);
        break;
    case 4:
        tml_blocks_4(pairs);
        break;
    case 3:
        tml_blocks_3(pairs);
        break;
    case 2:
        tml_blocks_2(pairs);
        break;
    default:
        tml_blocks_1(pairs);
        break;
    }
}
