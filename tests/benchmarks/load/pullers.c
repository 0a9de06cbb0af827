/* K devices that pull one resource by Block2, block by block, over and over.
 *
 *   pullers --port P --path p/TOKEN [--each 1] [--devices 500] [--seconds S] [--bodies B]
 *
 * With `--each` every device has a path of its own, which ends in its number from 0 on.
 * Byte N of the body has to be (N * 31 + 7) mod 251: what is wrong is counted. Ends after so many seconds,
 * or once each device has so many bodies; one line of JSON then: blocks, bodies, wrong answers, changes
 * of the ETag within a body, retransmissions.
 */
#include "coap.h"

struct device {
    int socket;
    uint16_t id;
    uint32_t which, token, number, bodies;
    double sent;
    uint8_t etag[8];
    size_t etag_length;
    bool done;
};

static struct {
    const char *path;
    long blocks, bodies, wrong, etags, retransmitted;
    unsigned last_code;
    int port;
    bool each;
} s;

static void transmit(struct device *one) {
    uint8_t datagram[DATAGRAM];
    char path[128];
    struct writer to = begin(datagram, CON, GET, one->id, &one->token, 4);
    if (s.each)
        snprintf(path, sizeof path, "%s%u", s.path, one->which);
    else
        snprintf(path, sizeof path, "%s", s.path);
    for (char *rest = path, *part; (part = strsep(&rest, "/"));) put_text(&to, URI_PATH, part);
    put_number(&to, BLOCK2, one->number << 4 | 6);
    one->sent = now();
    send(one->socket, datagram, (size_t)(to.at - datagram), 0);
}

static void ask(struct device *one) {
    one->id++;
    one->token++;
    transmit(one);
}

static bool is_right(const struct device *one, const uint8_t *bytes, ssize_t length, unsigned size) {
    for (ssize_t i = 0; i < length; i++)
        if (bytes[i] != (((uint64_t)one->number * size + (uint64_t)i) * 31 % 251 + 7) % 251)
            return false;
    return length > 0;
}

static void received(struct device *one, const uint8_t *datagram, ssize_t length, uint32_t bodies) {
    if (!is_message(datagram, length) || datagram[1] >> 5 == 0) return;
    if (token_length_of(datagram) != 4 || memcmp(datagram + 4, &one->token, 4)) return;
    if (type_of(datagram) == CON) {
        uint8_t ack[4] = {0x60, 0, datagram[2], datagram[3]};
        send(one->socket, ack, sizeof ack, 0);
    }
    uint32_t block = 0;
    struct reader option = options_of(datagram, length);
    while (next_option(&option)) {
        if (option.number == BLOCK2) block = number_in(&option);
        if (option.number == ETAG && option.length <= sizeof one->etag) {
            bool same = one->etag_length == option.length &&
                        !memcmp(one->etag, option.value, option.length);
            s.etags += one->number > 0 && !same;
            one->etag_length = option.length;
            memcpy(one->etag, option.value, option.length);
        }
    }
    s.last_code = datagram[1];
    unsigned size = 16u << (block & 7);
    bool right = datagram[1] == CONTENT && block >> 4 == one->number &&
                 is_right(one, option.at, datagram + length - option.at, size);
    s.wrong += !right;
    s.blocks += right;
    if (right && block & 8) {
        one->number++;
    } else {
        one->number = 0;
        s.bodies += right;
        one->bodies += right;
        one->done = bodies && one->bodies >= bodies;
    }
    if (!one->done) ask(one);
}

int main(int count, char **values) {
    uint32_t fleet = (uint32_t)argument(count, values, "--devices", 500);
    uint32_t bodies = (uint32_t)argument(count, values, "--bodies", 0);
    double seconds = argument(count, values, "--seconds", 5);
    s.path = text_argument(count, values, "--path", "p/x");
    s.each = argument(count, values, "--each", 0) > 0;
    s.port = (int)argument(count, values, "--port", 5683);
    struct device *devices = calloc(fleet, sizeof *devices);
    if (!devices) give_up("calloc");
    int poll = epoll_create1(EPOLL_CLOEXEC);
    most_files();
    srand((unsigned)getpid());
    for (uint32_t i = 0; i < fleet; i++) {
        devices[i].which = i;
        devices[i].socket = peer_socket(i);
        devices[i].id = (uint16_t)rand();
        devices[i].token = (uint32_t)rand();
        connect_to(devices[i].socket, s.port);
        watch(poll, devices[i].socket, i);
        ask(&devices[i]);
    }
    double began = now(), scanned = began;
    for (;;) {
        double at = now();
        if ((!bodies && at - began >= seconds) || (bodies && s.bodies >= (long)(fleet * bodies)))
            break;
        if (bodies && at - began >= 600) break;
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, 10);
        for (int i = 0; i < ready; i++) {
            struct device *one = &devices[events[i].data.u32];
            uint8_t datagram[DATAGRAM];
            ssize_t length;
            while ((length = recv(one->socket, datagram, sizeof datagram, 0)) > 0)
                received(one, datagram, length, bodies);
        }
        if (at - scanned < 0.2) continue;
        scanned = at;
        for (uint32_t i = 0; i < fleet; i++)
            if (!devices[i].done && at - devices[i].sent > 2) {
                s.retransmitted++;
                transmit(&devices[i]);
            }
    }
    printf("{\"blocks\": %ld, \"bodies\": %ld, \"wrong\": %ld, \"etags\": %ld, "
           "\"retransmitted\": %ld, \"last_code\": %u, \"seconds\": %.3f}\n",
           s.blocks, s.bodies, s.wrong, s.etags, s.retransmitted, s.last_code, now() - began);
    return 0;
}
