/* Loops as they are written: what is worth unrolling is unrolled by hand. */
#ifndef TML_LOOPS_DSP_H
#define TML_LOOPS_DSP_H

#if defined(__clang__)
#define TML_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define TML_ROLLED
#endif

/* A function whose registers are its own. */
#define TML_ALONE __attribute__((noinline))

/* A function of which each use is its own. */
#define TML_EACH inline __attribute__((always_inline))

#endif
