package tinymlaas.peers;

import java.util.Map;

/**
 * One {@link Client}, of the options that it is started with.
 *
 * Commands: register, update, deregister, send PATH..., set PATH VALUE, exit.
 */
public final class LeshanPeer {

    private LeshanPeer() {
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = Lines.options(args);
        var client = new Client(options.get("endpoint"), options);
        Lines.tell("ready");
        Lines.serve(client.commands());
        client.close();
    }
}
