package tinymlaas.peers;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Any number of {@link Client}s, which share what a virtual machine needs to start.
 *
 * Commands: open NAME --OPTION VALUE..., close NAME, to NAME COMMAND..., exit.
 */
public final class LeshanPeers {

    private final Map<String, Client> clients = new HashMap<>();

    private LeshanPeers() {
    }

    public static void main(String[] args) throws Exception {
        var peers = new LeshanPeers();
        Lines.tell("ready");
        Lines.serve(Map.of("open", peers::open, "close", peers::close, "to", peers::command));
        peers.clients.values().forEach(Client::close);
    }

    private void open(String[] words) {
        clients.put(words[1], new Client(words[1], Lines.options(rest(words, 2))));
        new Voice(words[1]).tell("opened");
    }

    private void close(String[] words) {
        clients.remove(words[1]).close();
        new Voice(words[1]).tell("closed");
    }

    private void command(String[] words) throws Exception {
        Lines.run(clients.get(words[1]).commands(), rest(words, 2));
    }

    private static String[] rest(String[] words, int from) {
        return Arrays.copyOfRange(words, from, words.length);
    }
}
