package tinymlaas.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** How a peer is driven: a command per line on stdin, an event per line (JSON) on stdout. */
final class Lines {

    /** Carries out the words of one command. */
    interface Command {
        void run(String[] words) throws Exception;
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private Lines() {
    }

    /** Tell that something happened: its name, and keys and values in turn. */
    static synchronized void tell(String event, Object... details) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", event);
        for (int i = 0; i < details.length; i += 2) {
            line.put((String) details[i], details[i + 1]);
        }
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        System.out.flush();
    }

    /** Carry out commands until `exit` or the end of stdin; what fails is told as `fault`. */
    static void serve(Map<String, Command> commands) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.equals("exit"); line = in.readLine()) {
            try {
                run(commands, line.split(" "));
            } catch (Exception e) {
                tell("fault", "command", line, "why", String.valueOf(e));
            }
        }
    }

    /** Carry out one command. */
    static void run(Map<String, Command> commands, String[] words) throws Exception {
        Command command = commands.get(words[0]);
        if (command == null) {
            throw new IllegalArgumentException("no such command");
        }
        command.run(words);
    }

    /** The arguments `--name value` as a map. */
    static Map<String, String> options(String[] args) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i].substring(2), args[i + 1]);
        }
        return options;
    }
}
