/* The four functions of <string.h> that compilers call: by words where both ends allow it. */
#include <stdint.h>
#include <string.h>

/* These loops are what calls of these functions come from: none may become one. */
#if !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

/* A word that may be any object's (C11 6.5p7); only ever at its own alignment. */
typedef uint32_t __attribute__((may_alias)) word;
#define WORD sizeof(word)

static inline int are_aligned(const void *one, const void *other)
{
    return (((uintptr_t)one | (uintptr_t)other) & (WORD - 1u)) == 0u;
}

/* Copies from the first byte to the last; `out` may lie below `in` and overlap it. */
static void copy_upwards(uint8_t *out, const uint8_t *in, size_t count)
{
    if (are_aligned(out, in)) {
        for (; count >= WORD; count -= WORD, out += WORD, in += WORD) {
            *(word *)(void *)out = *(const word *)(const void *)in;
        }
    }
    while (count-- > 0u) {
        *out++ = *in++;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    copy_upwards(to, from, count);
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= count) { /* no byte is written before it is read */
        copy_upwards(out, in, count);
        return to;
    }
    for (; count > 0u && !are_aligned(out + count, in + count); count--) {
        out[count - 1u] = in[count - 1u];
    }
    for (; count >= WORD; count -= WORD) {
        *(word *)(void *)(out + count - WORD) = *(const word *)(const void *)(in + count - WORD);
    }
    while (count-- > 0u) {
        out[count] = in[count];
    }
    return to;
}

void *memset(void *to, int value, size_t count)
{
    uint8_t *out = to;
    if (are_aligned(out, out)) {
        word four = (word)(uint8_t)value * 0x01010101u;
        for (; count >= WORD; count -= WORD, out += WORD) {
            *(word *)(void *)out = four;
        }
    }
    while (count-- > 0u) {
        *out++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t count)
{
    const uint8_t *left = one, *right = other;
    for (; count > 0u; count--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}
