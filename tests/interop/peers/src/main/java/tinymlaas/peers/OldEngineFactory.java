package tinymlaas.peers;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;

import org.eclipse.leshan.client.EndpointsManager;
import org.eclipse.leshan.client.bootstrap.BootstrapHandler;
import org.eclipse.leshan.client.engine.ClientEndpointNameProvider;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.engine.RegistrationEngine;
import org.eclipse.leshan.client.observer.LwM2mClientObserver;
import org.eclipse.leshan.client.request.UplinkRequestSender;
import org.eclipse.leshan.client.resource.LwM2mObjectTree;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.client.servers.ServersInfoExtractor;
import org.eclipse.leshan.client.util.LinkFormatHelper;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UplinkRequest;
import org.eclipse.leshan.core.response.ErrorCallback;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ResponseCallback;

/**
 * Has Leshan, which registers by its latest version always, register by LwM2M 1.0: there queue mode is one of the
 * bindings, and not a parameter.
 */
final class OldEngineFactory extends DefaultRegistrationEngineFactory {

    private final EnumSet<BindingMode> bindings;

    OldEngineFactory(String bindings) {
        this.bindings = BindingMode.parse(bindings);
    }

    @Override
    public RegistrationEngine createRegistratioEngine(ClientEndpointNameProvider name, LwM2mObjectTree tree,
            EndpointsManager endpoints, UplinkRequestSender sender, BootstrapHandler bootstrap,
            LwM2mClientObserver observer, Map<String, String> attributes, Map<String, String> bootstrapAttributes,
            Set<ContentFormat> formats, ScheduledExecutorService executor, LinkFormatHelper links,
            ServersInfoExtractor servers) {
        return super.createRegistratioEngine(name, tree, endpoints, new OldSender(sender, bindings), bootstrap, observer,
                attributes, bootstrapAttributes, formats, executor, links, servers);
    }

    private record OldSender(UplinkRequestSender sender, EnumSet<BindingMode> bindings) implements UplinkRequestSender {

        @Override
        public <T extends LwM2mResponse> T send(LwM2mServer server, UplinkRequest<T> request, long timeout)
                throws InterruptedException {
            return sender.send(server, old(request), timeout);
        }

        @Override
        public <T extends LwM2mResponse> void send(LwM2mServer server, UplinkRequest<T> request, long timeout,
                ResponseCallback<T> answered, ErrorCallback failed) {
            sender.send(server, old(request), timeout, answered, failed);
        }

        @SuppressWarnings("unchecked")
        private <T extends LwM2mResponse> UplinkRequest<T> old(UplinkRequest<T> request) {
            if (!(request instanceof RegisterRequest told)) {
                return request;
            }
            return (UplinkRequest<T>) new RegisterRequest(told.getEndpointName(), told.getLifetime(), "1.0",
                    bindings, null, told.getSmsNumber(), told.getObjectLinks(),
                    told.getAdditionalAttributes());
        }
    }
}
