/* The reference: a registration directory on libcoap's server API, without storage.
 *
 *   libcoap_server [PULLED_BYTES]
 *
 * POST /rd?ep=&lt= answers 2.01 with a location, POST below it 2.04, GET /p/x serves so many bytes by
 * Block2. The port is printed. What it does for a Register is the least that could be called one: the
 * endpoint's name and lifetime are read and kept under the location.
 */
#include <arpa/inet.h>
#include <coap3/coap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST = 1 << 20, NAME = 64 };

struct registration {
    char endpoint[NAME];
    long lifetime;
    time_t updated;
};

static struct registration *registrations;
static unsigned known;
static uint8_t *body;
static size_t body_size;

static void read_query(struct registration *one, const coap_string_t *query) {
    if (!query) return;
    const char *at = (const char *)query->s, *end = at + query->length;
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        if (length > 3 && length - 3 < NAME && !memcmp(at, "ep=", 3)) {
            memcpy(one->endpoint, at + 3, length - 3);
            one->endpoint[length - 3] = 0;
        }
        if (length > 3 && !memcmp(at, "lt=", 3)) one->lifetime = strtol(at + 3, NULL, 10);
        at += length + 1;
    }
    one->updated = time(NULL);
}

static void do_register(coap_resource_t *resource, coap_session_t *session,
                        const coap_pdu_t *request, const coap_string_t *query,
                        coap_pdu_t *response) {
    (void)resource, (void)session, (void)request;
    char location[16];
    unsigned id = known++ % MOST;
    read_query(&registrations[id], query);
    int length = snprintf(location, sizeof location, "%x", id);
    coap_pdu_set_code(response, COAP_RESPONSE_CODE_CREATED);
    coap_add_option(response, COAP_OPTION_LOCATION_PATH, 2, (const uint8_t *)"rd");
    coap_add_option(response, COAP_OPTION_LOCATION_PATH, (size_t)length, (uint8_t *)location);
}

static void do_update(coap_resource_t *resource, coap_session_t *session,
                      const coap_pdu_t *request, const coap_string_t *query,
                      coap_pdu_t *response) {
    (void)resource, (void)session;
    coap_string_t *path = coap_get_uri_path(request);
    char text[16] = "";
    if (path && path->length > 3 && path->length - 3 < sizeof text)
        memcpy(text, path->s + 3, path->length - 3);
    coap_delete_string(path);
    unsigned long id = strtoul(text, NULL, 16);
    if (id >= MOST || !registrations[id].endpoint[0]) {
        coap_pdu_set_code(response, COAP_RESPONSE_CODE_NOT_FOUND);
        return;
    }
    read_query(&registrations[id], query);
    coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
}

static void do_pull(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                    const coap_string_t *query, coap_pdu_t *response) {
    coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
    coap_add_data_large_response(resource, session, request, response, query,
                                 COAP_MEDIATYPE_APPLICATION_OCTET_STREAM, -1, 0, body_size, body,
                                 NULL, NULL);
}

/* Give its socket room for a burst, so that its cost is compared and not its losses. */
static void widen(void) {
    int size = 4 * 1024 * 1024;
    for (int one = 3; one < 64; one++) {
        int kind = 0;
        socklen_t length = sizeof kind;
        if (!getsockopt(one, SOL_SOCKET, SO_TYPE, &kind, &length) && kind == SOCK_DGRAM)
            setsockopt(one, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
}

int main(int count, char **values) {
    coap_startup();
    coap_context_t *context = coap_new_context(NULL);
    coap_address_t here;
    coap_address_init(&here);
    here.addr.sin.sin_family = AF_INET;
    here.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.size = sizeof here.addr.sin;
    registrations = calloc(MOST, sizeof *registrations);
    body_size = count > 1 ? strtoul(values[1], NULL, 10) : 1024;
    body = malloc(body_size);
    if (!context || !registrations || !body) return 1;
    for (size_t i = 0; i < body_size; i++) body[i] = (uint8_t)((i * 31 % 251 + 7) % 251);
    coap_context_set_block_mode(context, COAP_BLOCK_USE_LIBCOAP);
    coap_endpoint_t *endpoint = coap_new_endpoint(context, &here, COAP_PROTO_UDP);
    if (!endpoint) return 1;
    widen();
    coap_resource_t *directory = coap_resource_init(coap_make_str_const("rd"), 0);
    coap_register_handler(directory, COAP_REQUEST_POST, do_register);
    coap_add_resource(context, directory);
    coap_resource_t *image = coap_resource_init(coap_make_str_const("p/x"), 0);
    coap_register_handler(image, COAP_REQUEST_GET, do_pull);
    coap_add_resource(context, image);
    coap_resource_t *locations = coap_resource_unknown_init(do_update);
    coap_register_handler(locations, COAP_REQUEST_POST, do_update);
    coap_add_resource(context, locations);
    /* The port that the system chose: it stands in what the endpoint says of itself. */
    const char *text = coap_endpoint_str(endpoint), *port = strchr(text, ':');
    printf("{\"port\": %s}\n", port ? strtok(strdup(port + 1), " ") : "0");
    fflush(stdout);
    for (;;) coap_io_process(context, COAP_IO_WAIT);
}
