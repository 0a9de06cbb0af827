package tinymlaas.peers;

import java.util.HexFormat;
import java.util.Map;

import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** An instance of any object, with the values that its model implies; tells what is done to it. */
public final class Instance extends SimpleInstanceEnabler {

    /** The bindings in Object 3 are what a Register tells. */
    @Override
    protected String createDefaultStringValueFor(ObjectModel object, ResourceModel resource) {
        return object.id == 3 && resource.id == 16 ? "U" : resource.name;
    }

    @Override
    public WriteResponse write(LwM2mServer server, boolean replace, int id, LwM2mResource value) {
        Lines.tell("written", "path", getResourcePath(id).toString(), "value", shown(value));
        return super.write(server, replace, id, value);
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
        Lines.tell("executed", "path", getResourcePath(id).toString(), "arguments",
                arguments == null ? "" : arguments.serialize());
        return ExecuteResponse.success();
    }

    /** Give a resource another value, of which observers learn. */
    void set(int id, String text) {
        fireResourcesChange(applyValues(Map.of(id, typed(getModel().resources.get(id), text))));
    }

    private static Object typed(ResourceModel model, String text) {
        return switch (model.type) {
            case INTEGER -> Long.valueOf(text);
            case FLOAT -> Double.valueOf(text);
            case BOOLEAN -> Boolean.valueOf(text);
            case OPAQUE -> HexFormat.of().parseHex(text);
            default -> text;
        };
    }

    private static String shown(LwM2mResource value) {
        if (value.isMultiInstances()) {
            return value.getInstances().toString();
        }
        return value.getValue() instanceof byte[] opaque ? HexFormat.of().formatHex(opaque)
                : String.valueOf(value.getValue());
    }
}
