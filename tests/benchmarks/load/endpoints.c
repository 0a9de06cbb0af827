/* N endpoints that register and update, each from a port of its own.
 *
 *   endpoints --port P [--endpoints 1000] [--mode register|update] [--window 1000 | --rate R]
 *             [--seconds S] [--count C] [--rto 2] [--lifetime 3600] [--prepare 0|1] [--answers 0|1]
 *
 * First, unless --prepare 0, every endpoint registers; then the line `prepared` is printed and a line
 * awaited on stdin, so that what follows can be measured by itself. It follows a closed loop with a
 * window of outstanding requests, or an open loop at a rate: a request is then due at its time, however
 * late the answers are, and its latency counts from that time. One line of JSON follows: counts, requests
 * per second, percentiles of the latency in milliseconds.
 *
 * Requests of the server are ignored, unless --answers 1: then a GET of Object 3 is answered, all else by
 * 4.04, and after that line, too, until stdin ends; one more line tells how many came, and how many again.
 */
#include "coap.h"

struct endpoint {
    int socket; /* -1 while it is closed */
    uint16_t id;
    uint16_t retransmissions;
    uint32_t token;
    uint16_t asked; /* the message id of the server's last request */
    bool outstanding, was_asked;
    double due, sent;
    char location[32];
};

static const char LINKS[] =
    "</>;rt=\"oma.lwm2m\";ct=11543,</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>,</3303/1>";
enum { EVENTS = 512, BURST = 64, TRIES = 4 };

static struct {
    struct endpoint *endpoints;
    uint32_t fleet, next;
    int poll, port, lifetime;
    bool update, keep, answers;
    long sent, answered, refused, retransmitted, lost, outstanding, read, again;
    float *latencies;
    long capacity, known;
} s;

static void transmit(uint32_t number) {
    struct endpoint *one = &s.endpoints[number];
    uint8_t datagram[DATAGRAM];
    char text[64];
    struct writer to = begin(datagram, CON, POST, one->id, &one->token, 4);
    put_text(&to, URI_PATH, "rd");
    if (s.update && one->location[0]) {
        put_text(&to, URI_PATH, one->location);
    } else {
        put_number(&to, CONTENT_FORMAT, LINK_FORMAT);
        snprintf(text, sizeof text, "ep=urn:imei:%015u", number);
        put_text(&to, URI_QUERY, text);
        snprintf(text, sizeof text, "lt=%d", s.lifetime);
        put_text(&to, URI_QUERY, text);
        put_text(&to, URI_QUERY, "lwm2m=1.1");
        put_text(&to, URI_QUERY, "b=U");
        put_payload(&to, LINKS, sizeof LINKS - 1);
    }
    send(one->socket, datagram, (size_t)(to.at - datagram), 0);
}

static void request(uint32_t number, double due) {
    struct endpoint *one = &s.endpoints[number];
    if (one->socket < 0) {
        one->socket = peer_socket(number);
        connect_to(one->socket, s.port);
        watch(s.poll, one->socket, number);
    }
    one->id++;
    one->token = one->token * 1664525u + 1013904223u;
    one->due = due;
    one->sent = now();
    one->retransmissions = 0;
    one->outstanding = true;
    s.sent++;
    s.outstanding++;
    transmit(number);
}

static void finished(struct endpoint *one) {
    one->outstanding = false;
    s.outstanding--;
    if (!s.keep) {
        close(one->socket);
        one->socket = -1;
    }
}

static void keep_location(struct endpoint *one, const uint8_t *datagram, ssize_t length) {
    struct reader option = options_of(datagram, length);
    while (next_option(&option))
        if (option.number == LOCATION_PATH && option.length < sizeof one->location) {
            memcpy(one->location, option.value, option.length); /* the last segment stays */
            one->location[option.length] = 0;
        }
}

/* Object 3 as TLV: manufacturer, model, serial number, firmware version, error code (OMA LwM2M Core 1.1
 * section 7.4.3). */
static const uint8_t DEVICE[] =
    "\xc8\x00\x14Open Mobile Alliance\xc8\x01\x16Lightweight M2M Client"
    "\xc8\x02\x09" "345000123\xc3\x03" "1.0\x83\x0b\x41\x00\x00";
enum { TLV = 11542 };

static bool is_of_the_device(const uint8_t *datagram, ssize_t length) {
    struct reader option = options_of(datagram, length);
    while (next_option(&option))
        if (option.number == URI_PATH) return option.length == 1 && *option.value == '3';
    return false;
}

static void answer(struct endpoint *one, const uint8_t *datagram, ssize_t length) {
    bool found = datagram[1] == GET && is_of_the_device(datagram, length);
    s.again += one->was_asked && one->asked == id_of(datagram);
    s.read += found && !(one->was_asked && one->asked == id_of(datagram));
    one->was_asked = true;
    one->asked = id_of(datagram);
    uint8_t reply[DATAGRAM];
    struct writer to = begin(reply, ACK, found ? CONTENT : NOT_FOUND, id_of(datagram), datagram + 4,
                             token_length_of(datagram));
    if (found) {
        put_number(&to, CONTENT_FORMAT, TLV);
        put_payload(&to, DEVICE, sizeof DEVICE - 1);
    }
    send(one->socket, reply, (size_t)(to.at - reply), 0);
}

static void received(struct endpoint *one, const uint8_t *datagram, ssize_t length) {
    if (!is_message(datagram, length)) return;
    if (s.answers && datagram[1] && datagram[1] < 32) answer(one, datagram, length);
    if (datagram[1] >> 5 == 0 || !one->outstanding) return;
    if (token_length_of(datagram) != 4 || memcmp(datagram + 4, &one->token, 4)) return;
    if (type_of(datagram) == ACK && id_of(datagram) != one->id) return;
    if (type_of(datagram) == CON) { /* a separate response */
        uint8_t ack[4] = {0x60, 0, datagram[2], datagram[3]};
        send(one->socket, ack, sizeof ack, 0);
    }
    if (s.known < s.capacity) s.latencies[s.known++] = (float)(now() - one->due);
    if (datagram[1] == CREATED) keep_location(one, datagram, length);
    if (datagram[1] == CREATED || datagram[1] == CHANGED) s.answered++;
    else s.refused++;
    finished(one);
}

static void receive(int wait_us) {
    struct epoll_event events[EVENTS];
    struct timespec wait = {0, wait_us * 1000L};
    int count = epoll_pwait2(s.poll, events, EVENTS, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct endpoint *one = &s.endpoints[events[i].data.u32];
        uint8_t datagram[DATAGRAM];
        ssize_t length;
        while (one->socket >= 0 && (length = recv(one->socket, datagram, sizeof datagram, 0)) > 0)
            received(one, datagram, length);
    }
}

static void retransmit(double rto) {
    double at = now();
    for (uint32_t i = 0; i < s.fleet; i++) {
        struct endpoint *one = &s.endpoints[i];
        if (!one->outstanding || at - one->sent < rto * (1 << one->retransmissions)) continue;
        if (one->retransmissions == TRIES) {
            s.lost++;
            finished(one);
            continue;
        }
        one->retransmissions++;
        one->sent = at;
        s.retransmitted++;
        transmit(i);
    }
}

/* Start what is due in a closed loop, or by its time in an open one. */
static void start(long window, double rate, long count, double *due) {
    for (int burst = 0; rate > 0 ? burst < BURST : s.outstanding < window; burst++) {
        if ((count && s.sent >= count) || (rate > 0 && *due > now())) return;
        uint32_t tried = 0;
        while (s.endpoints[s.next].outstanding && tried++ < s.fleet) s.next = (s.next + 1) % s.fleet;
        if (tried >= s.fleet) return;
        request(s.next, rate > 0 ? *due : now());
        s.next = (s.next + 1) % s.fleet;
        if (rate > 0) *due += 1 / rate;
    }
}

/* Run until so many requests are sent or so much time is over, and all are answered or lost. */
static double run(long window, double rate, long count, double seconds, double rto) {
    double began = now(), due = began, scanned = began, last = began;
    s.sent = s.answered = s.refused = s.retransmitted = s.lost = s.known = 0;
    for (;;) {
        double at = now();
        bool over = (seconds > 0 && at - began >= seconds) || (count && s.sent >= count);
        if (over && !s.outstanding) break;
        if (!over) start(window, rate, count, &due);
        long before = s.answered;
        receive(rate > 0 ? 50 : 1000);
        if (s.answered > before) last = now();
        if (at - scanned > rto / 20) {
            scanned = at;
            retransmit(rto);
        }
    }
    return last - began;
}

static bool told_more(void) {
    fd_set stdin_only;
    FD_ZERO(&stdin_only);
    FD_SET(STDIN_FILENO, &stdin_only);
    return select(1, &stdin_only, NULL, NULL, &(struct timeval){0}) > 0;
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(double share) {
    return s.known ? (double)s.latencies[(long)(share * (double)(s.known - 1))] * 1e3 : 0;
}

int main(int count, char **values) {
    s.port = (int)argument(count, values, "--port", 5683);
    s.fleet = (uint32_t)argument(count, values, "--endpoints", 1000);
    s.lifetime = (int)argument(count, values, "--lifetime", 3600);
    s.answers = argument(count, values, "--answers", 0) > 0;
    s.capacity = 4000000;
    s.latencies = malloc((size_t)s.capacity * sizeof *s.latencies);
    s.endpoints = calloc(s.fleet, sizeof *s.endpoints);
    if (!s.endpoints || !s.latencies) give_up("calloc");
    s.poll = epoll_create1(EPOLL_CLOEXEC);
    s.keep = s.fleet + 100 < most_files();
    srand((unsigned)getpid());
    for (uint32_t i = 0; i < s.fleet; i++) {
        s.endpoints[i].socket = -1;
        s.endpoints[i].id = (uint16_t)rand();
        s.endpoints[i].token = (uint32_t)rand();
    }
    double rto = argument(count, values, "--rto", 2);
    double took = 0;
    if (argument(count, values, "--prepare", 1) > 0) took = run(100, 0, s.fleet, 0, rto);
    printf("{\"prepared\": %ld, \"refused\": %ld, \"lost\": %ld, \"seconds\": %.3f}\n", s.answered, s.refused,
           s.lost, took);
    fflush(stdout);
    if (getchar() == EOF) return 1;
    s.update = !strcmp(text_argument(count, values, "--mode", "register"), "update");
    took = run((long)argument(count, values, "--window", 1000), argument(count, values, "--rate", 0),
               (long)argument(count, values, "--count", 0), argument(count, values, "--seconds", 0),
               rto);
    qsort(s.latencies, (size_t)s.known, sizeof *s.latencies, by_size);
    printf("{\"sent\": %ld, \"answered\": %ld, \"refused\": %ld, \"retransmitted\": %ld, "
           "\"lost\": %ld, \"seconds\": %.3f, \"per_second\": %.0f, \"p50\": %.3f, \"p99\": %.3f, "
           "\"p999\": %.3f, \"longest\": %.3f}\n",
           s.sent, s.answered, s.refused, s.retransmitted, s.lost, took, (double)s.answered / took,
           percentile(.5), percentile(.99), percentile(.999), percentile(1));
    if (!s.answers) return 0;
    fflush(stdout);
    while (!told_more()) receive(1000);
    printf("{\"read\": %ld, \"again\": %ld}\n", s.read, s.again);
    return 0;
}
