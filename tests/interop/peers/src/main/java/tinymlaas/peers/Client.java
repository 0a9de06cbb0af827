package tinymlaas.peers;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.endpoint.LwM2mClientEndpointsProvider;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.BaseInstanceEnablerFactory;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.send.ManualDataSender;
import org.eclipse.leshan.client.send.NoDataException;
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
 * An LwM2M client of any objects, NoSec or with a pre-shared key.
 *
 * <pre>
 * --server URI --endpoint NAME [--identity NAME --key HEX] [--lifetime SECONDS] [--version 1.0]
 * [--binding UQ] [--objects 3,3303*2] [--models FOLDER] [--cid BYTES] [--pct FORMAT]
 * </pre>
 *
 * With --bootstrap URI instead of --server it knows nothing but that bootstrap server, by --certificate HEX --private HEX
 * --trusted HEX, too: its own, and the server's (DER). `3303*2` are instances 0 and 1.
 * A Q among the bindings is queue mode, as far as a Register tells it: the client itself always listens.
 */
final class Client {

    private static final int SHORT_SERVER_ID = 123;
    private static final long PATIENCE = 10_000; // milliseconds
    private static final Map<String, List<ObjectModel>> MODELS = new ConcurrentHashMap<>();

    private final Voice voice;
    private final LeshanClient client;

    Client(String name, Map<String, String> options) {
        voice = new Voice(name);
        client = new LeshanClientBuilder(options.get("endpoint")) //
                .setObjects(objects(options)) //
                .setRegistrationEngineFactory(engine(options)) //
                .setEndpointsProviders(transport(options)) //
                .setDataSenders(new ManualDataSender()) //
                .build();
        client.addObserver(new Told(voice));
    }

    /** What it can be told to do. */
    Map<String, Lines.Command> commands() {
        return Map.of( //
                "register", words -> client.start(), //
                "update", words -> client.triggerRegistrationUpdate(), //
                "deregister", words -> client.stop(true), //
                "send", words -> send(ContentFormat.SENML_CBOR, words), //
                "send-json", words -> send(ContentFormat.SENML_JSON, words), //
                "collect", this::collect, //
                "send-collected", words -> sendCollected(), //
                "set", this::set);
    }

    void close() {
        client.destroy(false);
    }

    private static DefaultRegistrationEngineFactory engine(Map<String, String> options) {
        boolean old = "1.0".equals(options.get("version"));
        String binding = options.getOrDefault("binding", "U");
        var engine = old ? new OldEngineFactory(binding) : new DefaultRegistrationEngineFactory();
        engine.setReconnectOnUpdate(false).setRequestTimeoutInMs(PATIENCE);
        engine.setQueueMode(binding.contains("Q"));
        if (options.containsKey("pct")) {
            engine.setPreferredContentFormat(ContentFormat.fromCode(options.get("pct")));
        }
        return engine;
    }

    private List<LwM2mObjectEnabler> objects(Map<String, String> options) {
        var initializer = new ObjectsInitializer(new StaticModel(models(options.getOrDefault("models", ""))));
        initializer.setInstancesForObject(0, security(options));
        if (options.containsKey("bootstrap")) {
            initializer.setClassForObject(1, Server.class);
        } else {
            initializer.setInstancesForObject(1,
                    new Server(SHORT_SERVER_ID, Long.parseLong(options.getOrDefault("lifetime", "300"))));
        }
        String told = options.getOrDefault("binding", "U").replace("Q", "");
        for (String own : options.getOrDefault("objects", "3").split(",")) {
            String[] parts = own.split("\\*");
            int object = Integer.parseInt(parts[0]);
            var instances = new LwM2mInstanceEnabler[parts.length > 1 ? Integer.parseInt(parts[1]) : 1];
            Arrays.setAll(instances, id -> instance(object, told));
            initializer.setInstancesForObject(object, instances);
            initializer.setFactoryForObject(object, new BaseInstanceEnablerFactory() {
                @Override
                public LwM2mInstanceEnabler create() {
                    return instance(object, told);
                }
            });
        }
        return initializer.createAll();
    }

    private Instance instance(int object, String bindings) {
        return object == TestObject.ID ? new TestObject(voice) : new Instance(voice, bindings);
    }

    private static List<ObjectModel> models(String folder) {
        return MODELS.computeIfAbsent(folder, at -> {
            Map<Integer, ObjectModel> models = new HashMap<>();
            if (!at.isEmpty()) {
                ObjectLoader.loadObjectsFromDir(new File(at)).forEach(model -> models.put(model.id, model));
            }
            // Those that Leshan comes with in the versions that it means.
            ObjectLoader.loadDefault().forEach(model -> models.put(model.id, model));
            return List.copyOf(models.values());
        });
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

    private void send(ContentFormat format, String[] words) {
        List<String> paths = List.of(words).subList(1, words.length);
        for (LwM2mServer server : client.getRegisteredServers().values()) {
            client.getSendService().sendData(server, format, paths, PATIENCE,
                    response -> voice.tell("sent", "code", response.getCode().toString()),
                    fault -> voice.tell("unsent", "why", fault.toString()));
        }
    }

    private void collect(String[] words) {
        sender().collectData(Arrays.stream(words).skip(1).map(LwM2mPath::new).toList());
        voice.tell("collected");
    }

    /** Send all that was collected, each value with the time at which that was. */
    private void sendCollected() throws NoDataException {
        for (LwM2mServer server : client.getRegisteredServers().values()) {
            sender().sendCollectedData(server, ContentFormat.SENML_CBOR, PATIENCE, false);
        }
    }

    private ManualDataSender sender() {
        return client.getSendService().getDataSender(ManualDataSender.DEFAULT_NAME, ManualDataSender.class);
    }

    private void set(String[] words) {
        var path = new LwM2mPath(words[1]);
        var object = (ObjectEnabler) client.getObjectTree().getObjectEnabler(path.getObjectId());
        ((Instance) object.getInstance(path.getObjectInstanceId())).set(path, words[2]);
        voice.tell("set");
    }
}
