/* Arithmetic that the ROM of an ESP8266 has, which is why the libgcc of compilers for it may
   leave it out. Modules call nothing outside themselves, so it is here again: all by the names,
   and with the meaning, of "The GCC low-level runtime library" (GCC Internals, 4). Quotients by
   zero, which C does not define, are 0. Floats are IEEE 754's binary32, rounded to nearest, ties
   to even. */
#include <stdint.h>

uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);
uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);
float __addsf3(float a, float b);
float __subsf3(float a, float b);
float __mulsf3(float a, float b);
float __floatsisf(int32_t a);
float __floatunsisf(uint32_t a);

/* ---- Integers ------------------------------------------------------------------- */

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    uint32_t a0 = a & 0xFFFFu, a1 = a >> 16, b0 = b & 0xFFFFu, b1 = b >> 16;
    uint32_t low = a0 * b0;
    uint32_t middle = a1 * b0 + (low >> 16); /* at most 0xFFFF * 0xFFFF + 0xFFFF */
    uint32_t other = a0 * b1 + (middle & 0xFFFFu);
    uint32_t high = a1 * b1 + (middle >> 16) + (other >> 16);
    return (uint64_t)high << 32 | (other << 16 | (low & 0xFFFFu));
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    uint32_t a0 = (uint32_t)a, a1 = (uint32_t)(a >> 32);
    uint32_t b0 = (uint32_t)b, b1 = (uint32_t)(b >> 32);
    return __umulsidi3(a0, b0) + ((uint64_t)(a0 * b1 + a1 * b0) << 32);
}

/* a / b, and a % b in `*rest`. */
static uint32_t divide_32(uint32_t a, uint32_t b, uint32_t *rest)
{
    uint32_t quotient = 0;
    if (b != 0u && a >= b) {
        for (int32_t shift = __builtin_clz(b) - __builtin_clz(a); shift >= 0; shift--) {
            if (a >= b << shift) {
                a -= b << shift;
                quotient |= 1u << shift;
            }
        }
    }
    *rest = a;
    return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t rest;
    return divide_32(a, b, &rest);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    uint32_t rest;
    (void)divide_32(a, b, &rest);
    return rest;
}

int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t rest;
    uint32_t size = divide_32(a < 0 ? 0u - (uint32_t)a : (uint32_t)a,
                              b < 0 ? 0u - (uint32_t)b : (uint32_t)b, &rest);
    return (int32_t)((a < 0) != (b < 0) ? 0u - size : size);
}

static uint64_t divide_64(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0;
    if (b != 0u && a >= b) {
        int32_t shift = 0;
        while (b <= a >> 1) { /* so that b << 1 neither overflows nor exceeds a */
            b <<= 1;
            shift++;
        }
        for (; shift >= 0; shift--, b >>= 1) {
            quotient <<= 1;
            if (a >= b) {
                a -= b;
                quotient |= 1u;
            }
        }
    }
    *rest = a;
    return quotient;
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    return divide_64(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    (void)divide_64(a, b, &rest);
    return rest;
}

int64_t __divdi3(int64_t a, int64_t b)
{
    uint64_t rest;
    uint64_t size = divide_64(a < 0 ? 0u - (uint64_t)a : (uint64_t)a,
                              b < 0 ? 0u - (uint64_t)b : (uint64_t)b, &rest);
    return (int64_t)((a < 0) != (b < 0) ? 0u - size : size);
}

/* ---- Floats --------------------------------------------------------------------- */

#define SIGN 0x80000000u
#define INFINITE 0x7F800000u
#define QUIET 0x00400000u
#define HIDDEN 0x00800000u

static uint32_t bits_of(float value)
{
    union {
        float value;
        uint32_t bits;
    } both = {.value = value};
    return both.bits;
}

static float float_of(uint32_t bits)
{
    union {
        uint32_t bits;
        float value;
    } both = {.bits = bits};
    return both.value;
}

static int is_nan(uint32_t bits)
{
    return (bits & ~SIGN) > INFINITE;
}

/* The NaN of an operation of which one operand is one, else that of an invalid operation. */
static float nan_of(uint32_t a, uint32_t b)
{
    uint32_t given = is_nan(a) ? a : is_nan(b) ? b : INFINITE;
    return float_of(given | QUIET);
}

/* `value` >> `count`, its lowest bit set if a bit that was lost is. */
static uint32_t shift_sticky(uint32_t value, int32_t count)
{
    if (count > 31) {
        return value != 0u;
    }
    uint32_t lost = count == 0 ? 0u : value << (32 - count);
    return value >> count | (lost != 0u);
}

/* (-1)^sign * value * 2^(exponent - 157), rounded: with bit 30 of `value` the highest that is
   set, `exponent` is the biased one of the result. */
static float rounded(uint32_t sign, int32_t exponent, uint32_t value)
{
    if (value == 0u) {
        return float_of(sign);
    }
    int32_t leading = __builtin_clz(value);
    if (leading == 0) {
        value = shift_sticky(value, 1);
        exponent++;
    } else {
        value <<= leading - 1;
        exponent -= leading - 1;
    }
    if (exponent >= 255) {
        return float_of(sign | INFINITE);
    }
    if (exponent <= 0) { /* subnormal: the exponent field is 0, its weight that of 1 */
        value = shift_sticky(value, 1 - exponent);
        exponent = 0;
    }
    uint32_t beyond = value & 0x7Fu;
    uint32_t fraction = value >> 7;
    fraction += beyond > 0x40u || (beyond == 0x40u && (fraction & 1u) != 0u);
    /* A carry out of the fraction ends up in the exponent, where it belongs. */
    uint32_t base = exponent > 0 ? (uint32_t)(exponent - 1) << 23 : 0u;
    return float_of(sign | (base + fraction));
}

/* The significand of a finite number, its highest bit at 30; `*exponent` is the biased exponent
   that goes with it, at most 0 for a subnormal and least for 0. */
static uint32_t significand(uint32_t bits, int32_t *exponent)
{
    uint32_t field = bits >> 23 & 0xFFu;
    uint32_t value = (bits & (HIDDEN - 1u)) << 7;
    *exponent = (int32_t)field;
    if (field != 0u) {
        return value | HIDDEN << 7;
    }
    int32_t shift = value == 0u ? 31 : __builtin_clz(value) - 1;
    *exponent = 1 - shift;
    return value << shift;
}

static float add(uint32_t a, uint32_t b)
{
    uint32_t larger = a & ~SIGN, smaller = b & ~SIGN;
    if (larger > INFINITE || smaller > INFINITE) {
        return nan_of(a, b);
    }
    if (larger < smaller) {
        uint32_t other = a;
        a = b;
        b = other;
        larger = a & ~SIGN;
    }
    uint32_t sign = a & SIGN, opposed = (a ^ b) & SIGN;
    if (larger == INFINITE) {
        return opposed && (b & ~SIGN) == INFINITE ? nan_of(a, b) : float_of(a);
    }
    int32_t exponent, lower;
    uint32_t value = significand(a, &exponent);
    uint32_t other = shift_sticky(significand(b, &lower), exponent - lower);
    if (opposed == 0u) {
        return rounded(sign, exponent, value + other);
    }
    value -= other;
    return rounded(value == 0u ? 0u : sign, exponent, value); /* x - x is +0 */
}

float __addsf3(float a, float b)
{
    return add(bits_of(a), bits_of(b));
}

float __subsf3(float a, float b)
{
    uint32_t negated = bits_of(b);
    return add(bits_of(a), is_nan(negated) ? negated : negated ^ SIGN);
}

float __mulsf3(float a, float b)
{
    uint32_t one = bits_of(a), other = bits_of(b), sign = (one ^ other) & SIGN;
    if (is_nan(one) || is_nan(other)) {
        return nan_of(one, other);
    }
    if ((one & ~SIGN) == INFINITE || (other & ~SIGN) == INFINITE) {
        int is_zero = (one & ~SIGN) == 0u || (other & ~SIGN) == 0u;
        return is_zero ? nan_of(one, other) : float_of(sign | INFINITE);
    }
    int32_t exponent, second;
    uint64_t product =
        __umulsidi3(significand(one, &exponent), significand(other, &second));
    uint32_t value = (uint32_t)(product >> 30) | ((uint32_t)product << 2 != 0u);
    return rounded(sign, exponent + second - 127, value);
}

float __floatunsisf(uint32_t a)
{
    return rounded(0u, 157, a);
}

float __floatsisf(int32_t a)
{
    uint32_t size = a < 0 ? 0u - (uint32_t)a : (uint32_t)a;
    return rounded(a < 0 ? SIGN : 0u, 157, size);
}
