package tinymlaas.peers;

import java.util.Arrays;
import java.util.stream.Stream;

/** Tells what happens to one client, by its endpoint's name. */
record Voice(String endpoint) {

    /** Tell that something happened: its name, and keys and values in turn. */
    void tell(String event, Object... details) {
        Lines.tell(event, Stream.concat(Stream.of("endpoint", endpoint), Arrays.stream(details)).toArray());
    }
}
