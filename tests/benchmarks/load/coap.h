/* What the load generators share: a little CoAP (RFC 7252 section 3), time, sockets, arguments.
 *
 * Loopback only, and everything is bounded by the arguments: these programs load a server
 * that is measured, they are no CoAP stacks.
 */
#ifndef COAP_H
#define COAP_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CON = 0, NON = 1, ACK = 2, RST = 3 };
enum { GET = 1, POST = 2, PUT = 3 };
enum { CREATED = 0x41, CHANGED = 0x44, CONTENT = 0x45, CONTINUE = 0x5f, NOT_FOUND = 0x84 };
enum { ETAG = 4, LOCATION_PATH = 8, URI_PATH = 11, CONTENT_FORMAT = 12, URI_QUERY = 15,
       BLOCK2 = 23, BLOCK1 = 27 };
enum { DATAGRAM = 2048, LINK_FORMAT = 40 };

/* --- time and arguments ------------------------------------------------------------------- */

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The value after `--name`, else `otherwise`. */
static inline double argument(int count, char **values, const char *name, double otherwise) {
    for (int i = 1; i + 1 < count; i++)
        if (!strcmp(values[i], name)) return atof(values[i + 1]);
    return otherwise;
}

static inline const char *text_argument(int count, char **values, const char *name,
                                        const char *otherwise) {
    for (int i = 1; i + 1 < count; i++)
        if (!strcmp(values[i], name)) return values[i + 1];
    return otherwise;
}

static inline void give_up(const char *what) {
    perror(what);
    exit(1);
}

/* As many open files as the system allows; returns how many. */
static inline long most_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) give_up("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) give_up("setrlimit");
    return (long)limit.rlim_cur;
}

/* --- sockets ------------------------------------------------------------------------------- */

enum { PORTS_EACH = 10000, FIRST_PORT = 20000 };

/* Peer `number` of the fleet has a port of its own, on loopback addresses of their own; the next of
 * several where somebody has taken it on all addresses. */
static inline int peer_socket(uint32_t number) {
    int one = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (one < 0) give_up("socket");
    struct sockaddr_in here = {.sin_family = AF_INET};
    here.sin_addr.s_addr = htonl(0x7f010001u + (number / PORTS_EACH) * 256);
    for (uint32_t port = FIRST_PORT + number % PORTS_EACH; port < 65536; port += PORTS_EACH) {
        here.sin_port = htons((uint16_t)port);
        if (!bind(one, (struct sockaddr *)&here, sizeof here)) return one;
        if (errno != EADDRINUSE) break;
    }
    give_up("bind");
    return -1;
}

static inline void connect_to(int one, int port) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(one, (struct sockaddr *)&there, sizeof there)) give_up("connect");
}

static inline void watch(int poll, int one, uint32_t number) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, one, &event)) give_up("epoll_ctl");
}

/* --- writing a message ---------------------------------------------------------------------- */

struct writer {
    uint8_t *at;
    unsigned last;
};

static inline struct writer begin(uint8_t *datagram, unsigned type, unsigned code, uint16_t id,
                                  const void *token, size_t token_length) {
    datagram[0] = (uint8_t)(0x40 | type << 4 | token_length);
    datagram[1] = (uint8_t)code;
    datagram[2] = (uint8_t)(id >> 8);
    datagram[3] = (uint8_t)id;
    memcpy(datagram + 4, token, token_length);
    return (struct writer){datagram + 4 + token_length, 0};
}

static inline uint8_t *extend(uint8_t *at, unsigned value) {
    if (value >= 269) {
        *at++ = (uint8_t)((value - 269) >> 8);
        *at++ = (uint8_t)(value - 269);
    } else if (value >= 13) {
        *at++ = (uint8_t)(value - 13);
    }
    return at;
}

static inline unsigned nibble(unsigned value) { return value < 13 ? value : value < 269 ? 13 : 14; }

/* Options are to be put in the order of their numbers. */
static inline void put(struct writer *to, unsigned number, const void *value, size_t length) {
    unsigned delta = number - to->last;
    to->last = number;
    *to->at++ = (uint8_t)(nibble(delta) << 4 | nibble((unsigned)length));
    to->at = extend(to->at, delta);
    to->at = extend(to->at, (unsigned)length);
    memcpy(to->at, value, length);
    to->at += length;
}

static inline void put_text(struct writer *to, unsigned number, const char *text) {
    put(to, number, text, strlen(text));
}

static inline void put_number(struct writer *to, unsigned number, uint32_t value) {
    uint8_t bytes[4];
    size_t length = 0;
    for (int shift = 24; shift >= 0; shift -= 8)
        if (length || value >> shift) bytes[length++] = (uint8_t)(value >> shift);
    put(to, number, bytes, length);
}

static inline void put_payload(struct writer *to, const void *bytes, size_t length) {
    *to->at++ = 0xff;
    memcpy(to->at, bytes, length);
    to->at += length;
}

/* --- reading one ---------------------------------------------------------------------------- */

struct reader {
    const uint8_t *at, *end;
    unsigned number;
    const uint8_t *value;
    size_t length;
};

static inline unsigned type_of(const uint8_t *datagram) { return datagram[0] >> 4 & 3; }
static inline unsigned token_length_of(const uint8_t *datagram) { return datagram[0] & 15; }
static inline uint16_t id_of(const uint8_t *datagram) {
    return (uint16_t)(datagram[2] << 8 | datagram[3]);
}

/* Whether `datagram` has a header and a token that fit. */
static inline bool is_message(const uint8_t *datagram, ssize_t length) {
    return length >= 4 && datagram[0] >> 6 == 1 && token_length_of(datagram) <= 8 &&
           length >= 4 + (ssize_t)token_length_of(datagram);
}

static inline struct reader options_of(const uint8_t *datagram, ssize_t length) {
    return (struct reader){datagram + 4 + token_length_of(datagram), datagram + length, 0, NULL, 0};
}

static inline unsigned extended(struct reader *from, unsigned value) {
    if (value == 13 && from->end - from->at >= 1) {
        value = 13u + *from->at++;
    } else if (value == 14 && from->end - from->at >= 2) {
        value = 269u + (unsigned)(from->at[0] << 8 | from->at[1]);
        from->at += 2;
    }
    return value;
}

/* Step to the next option; false at the payload, which `at` then points to. */
static inline bool next_option(struct reader *from) {
    if (from->at >= from->end) return false;
    unsigned first = *from->at++;
    if (first == 0xff) return false;
    from->number += extended(from, first >> 4);
    from->length = extended(from, first & 15);
    from->value = from->at;
    if (from->length > (size_t)(from->end - from->at)) {
        from->at = from->end;
        return false;
    }
    from->at += from->length;
    return true;
}

static inline uint32_t number_in(const struct reader *option) {
    uint32_t value = 0;
    for (size_t i = 0; i < option->length && i < 4; i++) value = value << 8 | option->value[i];
    return value;
}

#endif
