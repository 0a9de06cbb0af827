package tinymlaas.peers;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;

/**
 * A CoAP client and server on one DTLS connector with Connection ID (RFC 9146).
 *
 * <pre>
 * --server coaps://HOST:PORT --identity NAME --key HEX [--cid BYTES]
 * </pre>
 *
 * Commands: post PATH [BODY], flood COUNT PATH, exit. It serves one resource, {@code /3/0/0}.
 */
public final class ScandiumPeer {

    private static final long PATIENCE = 10_000; // milliseconds

    private final String server;
    private final CoapEndpoint endpoint;

    private ScandiumPeer(Map<String, String> options) {
        server = options.get("server");
        Configuration configuration = Configuration.createStandardWithoutFile();
        configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, Integer.valueOf(options.getOrDefault("cid", "0")));
        DtlsConnectorConfig dtls = DtlsConnectorConfig.builder(configuration)
                .setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .setPskStore(new SinglePskStore(options.get("identity"), HexFormat.of().parseHex(options.get("key"))))
                .build();
        endpoint = CoapEndpoint.builder().setConfiguration(configuration).setConnector(new DTLSConnector(dtls))
                .build();
    }

    public static void main(String[] args) throws Exception {
        CoapConfig.register();
        DtlsConfig.register();
        ScandiumPeer peer = new ScandiumPeer(Lines.options(args));
        CoapServer served = new CoapServer(Configuration.createStandardWithoutFile());
        served.addEndpoint(peer.endpoint);
        served.add(new CoapResource("3").add(new CoapResource("0").add(new Manufacturer())));
        served.start();
        Lines.tell("ready");
        Lines.serve(Map.of("post", peer::post, "flood", peer::flood));
        served.destroy();
    }

    private void post(String[] words) throws Exception {
        CoapClient client = new CoapClient(server + words[1]).setEndpoint(endpoint).setTimeout(PATIENCE);
        String body = String.join(" ", Arrays.asList(words).subList(2, words.length));
        CoapResponse response = client.post(body, 40);
        if (response == null) {
            throw new IllegalStateException("no answer");
        }
        Lines.tell("answered", "code", response.getCode().toString(), "location",
                response.getOptions().getLocationPathString());
    }

    /** Send many messages that want no answer, as fast as they go. */
    private void flood(String[] words) {
        int count = Integer.parseInt(words[1]);
        for (int i = 0; i < count; i++) {
            Request request = Request.newPost();
            request.setConfirmable(false);
            request.setURI(server + words[2]);
            request.setPayload(new byte[1000]);
            endpoint.sendRequest(request);
        }
        Lines.tell("flooded", "count", count);
    }

    private static final class Manufacturer extends CoapResource {

        Manufacturer() {
            super("0");
        }

        @Override
        public void handleGET(CoapExchange exchange) {
            exchange.respond(ResponseCode.CONTENT, "Californium".getBytes(StandardCharsets.UTF_8), 0);
        }
    }
}
