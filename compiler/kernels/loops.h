/* Loops as they are written: what is worth unrolling is unrolled by hand. */
#ifndef TML_LOOPS_H
#define TML_LOOPS_H

/* Stepwise ones are not made of vectors either, whose registers would lie on the stack. */
#if defined(__clang__)
#define TML_ROLLED _Pragma("clang loop unroll(disable)")
#define TML_STEPWISE _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define TML_ROLLED
#define TML_STEPWISE
#endif

#endif
