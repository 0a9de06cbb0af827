package tinymlaas.peers;

import java.util.Arrays;
import java.util.stream.Stream;

/** Tells what happens to one client, by its name. */
record Voice(String client) {

    /** Tell that something happened: its name, and keys and values in turn. */
    void tell(String event, Object... details) {
        Lines.tell(event, Stream.concat(Stream.of("client", client), Arrays.stream(details)).toArray());
    }
}
