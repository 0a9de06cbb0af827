package tinymlaas.peers;

import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;

/** Tells how bootstrap and registration go. */
final class Told extends LwM2mClientObserverAdapter {

    private final Voice voice;

    Told(Voice voice) {
        this.voice = voice;
    }

    @Override
    public void onBootstrapSuccess(LwM2mServer server, BootstrapRequest request) {
        voice.tell("bootstrapped");
    }

    @Override
    public void onBootstrapFailure(LwM2mServer server, BootstrapRequest request, ResponseCode code, String why,
            Exception cause) {
        failed("bootstrap", code, why, cause);
    }

    @Override
    public void onBootstrapTimeout(LwM2mServer server, BootstrapRequest request) {
        failed("bootstrap", null, "no answer", null);
    }

    @Override
    public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String id) {
        voice.tell("registered", "id", id);
    }

    @Override
    public void onRegistrationFailure(LwM2mServer server, RegisterRequest request, ResponseCode code, String why,
            Exception cause) {
        failed("register", code, why, cause);
    }

    @Override
    public void onRegistrationTimeout(LwM2mServer server, RegisterRequest request) {
        failed("register", null, "no answer", null);
    }

    @Override
    public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
        voice.tell("updated");
    }

    @Override
    public void onUpdateFailure(LwM2mServer server, UpdateRequest request, ResponseCode code, String why,
            Exception cause) {
        failed("update", code, why, cause);
    }

    @Override
    public void onUpdateTimeout(LwM2mServer server, UpdateRequest request) {
        failed("update", null, "no answer", null);
    }

    @Override
    public void onDeregistrationSuccess(LwM2mServer server, DeregisterRequest request) {
        voice.tell("deregistered");
    }

    @Override
    public void onDeregistrationFailure(LwM2mServer server, DeregisterRequest request, ResponseCode code, String why,
            Exception cause) {
        failed("deregister", code, why, cause);
    }

    @Override
    public void onUnexpectedError(Throwable fault) {
        voice.tell("fault", "why", String.valueOf(fault));
    }

    private void failed(String operation, ResponseCode code, String why, Exception cause) {
        voice.tell("failed", "operation", operation, "code", code == null ? null : code.toString(), "why",
                cause == null ? why : String.valueOf(cause));
    }
}
