package tinymlaas.peers;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.endpoint.LwM2mClientEndpointsProvider;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/**
 * An LwM2M client of any objects (OMA LwM2M 1.1), NoSec or with a pre-shared key.
 *
 * <pre>
 * --server URI --endpoint NAME [--identity NAME --key HEX] [--lifetime SECONDS]
 * [--objects 3,5] [--models FOLDER] [--cid BYTES] [--pct FORMAT] [--queue true]
 * </pre>
 *
 * With --bootstrap URI instead of --server it knows nothing but that bootstrap server, by
 * --certificate HEX --private HEX --trusted HEX, too: its own, and the server's (DER).
 *
 * Commands: register, update, deregister, send PATH..., set PATH VALUE, exit.
 */
public final class LeshanPeer {

    private static final int SHORT_SERVER_ID = 123;
    private static final long PATIENCE = 10_000; // milliseconds

    private final Map<Integer, Instance> instances = new HashMap<>();
    private final LeshanClient client;

    private LeshanPeer(Map<String, String> options) {
        var engine = new DefaultRegistrationEngineFactory() //
                .setReconnectOnUpdate(false) //
                .setQueueMode(Boolean.parseBoolean(options.get("queue"))) //
                .setRequestTimeoutInMs(PATIENCE);
        if (options.containsKey("pct")) {
            engine.setPreferredContentFormat(ContentFormat.fromCode(options.get("pct")));
        }
        client = new LeshanClientBuilder(options.get("endpoint")) //
                .setObjects(objects(options)) //
                .setRegistrationEngineFactory(engine) //
                .setEndpointsProviders(transport(options)) //
                .build();
        client.addObserver(new Told());
    }

    public static void main(String[] args) throws Exception {
        LeshanPeer peer = new LeshanPeer(Lines.options(args));
        Lines.tell("ready");
        Lines.serve(Map.of( //
                "register", words -> peer.client.start(), //
                "update", words -> peer.client.triggerRegistrationUpdate(), //
                "deregister", words -> peer.client.stop(true), //
                "send", peer::send, //
                "set", peer::set));
        peer.client.destroy(false);
    }

    private List<LwM2mObjectEnabler> objects(Map<String, String> options) {
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadAllDefault());
        if (options.containsKey("models")) {
            models.addAll(ObjectLoader.loadObjectsFromDir(new File(options.get("models"))));
        }
        var initializer = new ObjectsInitializer(new StaticModel(models));
        initializer.setInstancesForObject(0, security(options));
        if (options.containsKey("bootstrap")) {
            initializer.setClassForObject(1, Server.class);
        } else {
            initializer.setInstancesForObject(1,
                    new Server(SHORT_SERVER_ID, Long.parseLong(options.getOrDefault("lifetime", "300"))));
        }
        int[] own = Arrays.stream(options.getOrDefault("objects", "3").split(",")).mapToInt(Integer::parseInt)
                .toArray();
        for (int object : own) {
            instances.put(object, new Instance());
            initializer.setInstancesForObject(object, instances.get(object));
        }
        return initializer.createAll();
    }

    private static Security security(Map<String, String> options) {
        boolean bootstrap = options.containsKey("bootstrap");
        String uri = options.get(bootstrap ? "bootstrap" : "server");
        HexFormat hex = HexFormat.of();
        if (options.containsKey("certificate")) {
            return Security.x509Bootstrap(uri, hex.parseHex(options.get("certificate")),
                    hex.parseHex(options.get("private")), hex.parseHex(options.get("trusted")));
        }
        if (!options.containsKey("identity")) {
            return bootstrap ? Security.noSecBootstrap(uri) : Security.noSec(uri, SHORT_SERVER_ID);
        }
        byte[] identity = options.get("identity").getBytes(StandardCharsets.UTF_8);
        byte[] key = hex.parseHex(options.get("key"));
        return bootstrap ? Security.pskBootstrap(uri, identity, key)
                : Security.psk(uri, SHORT_SERVER_ID, identity, key);
    }

    private static LwM2mClientEndpointsProvider transport(Map<String, String> options) {
        var builder = new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider(),
                new CoapsClientProtocolProvider());
        Configuration configuration = builder.createDefaultConfiguration();
        if (options.containsKey("cid")) {
            configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, Integer.valueOf(options.get("cid")));
        }
        return builder.setConfiguration(configuration).build();
    }

    private void send(String[] words) {
        List<String> paths = List.of(words).subList(1, words.length);
        for (LwM2mServer server : client.getRegisteredServers().values()) {
            client.getSendService().sendData(server, ContentFormat.SENML_CBOR, paths, PATIENCE,
                    response -> Lines.tell("sent", "code", response.getCode().toString()),
                    fault -> Lines.tell("failed", "operation", "send", "code", null, "why", fault.toString()));
        }
    }

    private void set(String[] words) {
        var path = new LwM2mPath(words[1]);
        instances.get(path.getObjectId()).set(path.getResourceId(), words[2]);
        Lines.tell("set");
    }
}
