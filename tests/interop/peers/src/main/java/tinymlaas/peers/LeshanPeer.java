package tinymlaas.peers;

/**
 * One {@link Client}, of the options that it is started with.
 *
 * Commands: register, update, deregister, send PATH..., set PATH VALUE, exit.
 */
public final class LeshanPeer {

    private LeshanPeer() {
    }

    public static void main(String[] args) throws Exception {
        var client = new Client(Lines.options(args));
        Lines.tell("ready");
        Lines.serve(client.commands());
        client.close();
    }
}
