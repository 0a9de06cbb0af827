/* K devices that take packages by Block1, and watch the message ids they come under.
 *
 *   devices --port P [--devices 500]
 *
 * All register, then `ready` is printed. Each block is acknowledged with 2.31, the last with 2.04
 * (RFC 7959 section 2.5); whatever else is asked gets 4.04. At the end of stdin one line of JSON:
 * blocks, bodies, bytes out of their order, datagrams that came again, and message ids that were used
 * for something else within EXCHANGE_LIFETIME (RFC 7252 section 4.4), which must be none.
 */
#include "coap.h"

enum { IDS = 65536, EVENTS = 256 };
static const double EXCHANGE_LIFETIME = 247;

struct device {
    int socket;
    bool registered;
    uint32_t *used;    /* per message id: when, in milliseconds since the start and one */
    uint32_t *said;    /* per message id: what, as a hash of the datagram */
    uint32_t expected; /* the block that is to follow */
};

static struct {
    long blocks, bodies, again, reused, unordered, other;
    double began, first, last;
} s;

static uint32_t hash(const uint8_t *bytes, ssize_t length) {
    uint32_t value = 2166136261u;
    for (ssize_t i = 0; i < length; i++) value = (value ^ bytes[i]) * 16777619u;
    return value | 1;
}

/* Note a message id; true where the very same datagram came before. */
static bool came_again(struct device *one, const uint8_t *datagram, ssize_t length) {
    uint16_t id = id_of(datagram);
    uint32_t at = (uint32_t)((now() - s.began) * 1e3) + 1;
    uint32_t header = length < 64 ? (uint32_t)length : 64;
    uint32_t what = hash(datagram, (ssize_t)header);
    bool alive = one->used[id] && at - one->used[id] < EXCHANGE_LIFETIME * 1e3;
    if (alive && one->said[id] == what) {
        s.again++;
        return true;
    }
    s.reused += alive;
    one->used[id] = at;
    one->said[id] = what;
    return false;
}

static void count_block(struct device *one, uint32_t block) {
    uint32_t number = block >> 4;
    if (number == 0) one->expected = 0;
    s.unordered += number != one->expected;
    one->expected = number + 1;
    s.blocks++;
    s.bodies += !(block & 8);
    s.last = now();
    if (s.first == 0) s.first = s.last;
}

static void answer(struct device *one, const uint8_t *datagram, ssize_t length) {
    bool is_new = !came_again(one, datagram, length), has_block = false;
    uint32_t block = 0;
    struct reader option = options_of(datagram, length);
    while (next_option(&option))
        if (option.number == BLOCK1) {
            has_block = true;
            block = number_in(&option);
        }
    if (is_new && has_block) count_block(one, block);
    if (is_new && !has_block) s.other++;
    unsigned code = has_block ? (block & 8 ? CONTINUE : CHANGED) : NOT_FOUND;
    uint8_t reply[64];
    struct writer to =
        begin(reply, type_of(datagram) == CON ? ACK : NON, code, id_of(datagram), datagram + 4,
              token_length_of(datagram));
    if (has_block) put_number(&to, BLOCK1, block);
    send(one->socket, reply, (size_t)(to.at - reply), 0);
}

static void receive(int poll, struct device *devices, int wait_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll, events, EVENTS, wait_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == UINT32_MAX) continue;
        struct device *one = &devices[events[i].data.u32];
        uint8_t datagram[DATAGRAM];
        ssize_t length;
        while ((length = recv(one->socket, datagram, sizeof datagram, 0)) > 0) {
            if (!is_message(datagram, length)) continue;
            if (datagram[1] == CREATED) one->registered = true;
            if (datagram[1] >= 1 && datagram[1] < 32) answer(one, datagram, length);
        }
    }
}

static void send_register(struct device *one, uint32_t number) {
    uint8_t datagram[DATAGRAM];
    char name[64];
    struct writer to = begin(datagram, CON, POST, (uint16_t)number, &number, 4);
    put_text(&to, URI_PATH, "rd");
    put_number(&to, CONTENT_FORMAT, LINK_FORMAT);
    snprintf(name, sizeof name, "ep=device-%u", number);
    put_text(&to, URI_QUERY, name);
    put_text(&to, URI_QUERY, "lt=3600");
    put_text(&to, URI_QUERY, "lwm2m=1.1");
    put_text(&to, URI_QUERY, "b=U");
    put_payload(&to, "</1/0>,</3/0>,</5/0>", 20);
    send(one->socket, datagram, (size_t)(to.at - datagram), 0);
}

int main(int count, char **values) {
    uint32_t fleet = (uint32_t)argument(count, values, "--devices", 500);
    int port = (int)argument(count, values, "--port", 5683);
    struct device *devices = calloc(fleet, sizeof *devices);
    if (!devices) give_up("calloc");
    int poll = epoll_create1(EPOLL_CLOEXEC);
    most_files();
    s.began = now();
    for (uint32_t i = 0; i < fleet; i++) {
        devices[i].socket = peer_socket(i);
        devices[i].used = calloc(IDS, sizeof(uint32_t));
        devices[i].said = calloc(IDS, sizeof(uint32_t));
        if (!devices[i].used || !devices[i].said) give_up("calloc");
        connect_to(devices[i].socket, port);
        watch(poll, devices[i].socket, i);
        do {
            send_register(&devices[i], i);
            receive(poll, devices, 1000);
        } while (!devices[i].registered);
    }
    watch(poll, STDIN_FILENO, UINT32_MAX);
    puts("ready");
    fflush(stdout);
    struct timeval none = {0};
    for (;;) {
        receive(poll, devices, -1);
        fd_set stdin_only;
        FD_ZERO(&stdin_only);
        FD_SET(STDIN_FILENO, &stdin_only);
        if (select(1, &stdin_only, NULL, NULL, &none) > 0 && getchar() == EOF) break;
    }
    printf("{\"blocks\": %ld, \"bodies\": %ld, \"again\": %ld, \"reused\": %ld, \"unordered\": %ld, "
           "\"other\": %ld, \"seconds\": %.3f}\n",
           s.blocks, s.bodies, s.again, s.reused, s.unordered, s.other, s.last - s.first);
    return 0;
}
