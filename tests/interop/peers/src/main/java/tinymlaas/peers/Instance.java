package tinymlaas.peers;

import java.util.HexFormat;
import java.util.Map;

import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** An instance of any object, with the values that its model implies; tells what is done to it. */
class Instance extends SimpleInstanceEnabler {

    private final Voice voice;
    private final String bindings;

    /** The bindings in Object 3 are what a Register tells. */
    Instance(Voice voice, String bindings) {
        this.voice = voice;
        this.bindings = bindings;
    }

    @Override
    protected String createDefaultStringValueFor(ObjectModel object, ResourceModel resource) {
        return object.id == 3 && resource.id == 16 ? bindings : resource.name;
    }

    @Override
    public WriteResponse write(LwM2mServer server, boolean replace, int id, LwM2mResource value) {
        voice.tell("written", "path", getResourcePath(id).toString(), "value", shown(value));
        return super.write(server, replace, id, value);
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
        voice.tell("executed", "path", getResourcePath(id).toString(), "arguments",
                arguments == null ? "" : arguments.serialize());
        return ExecuteResponse.success();
    }

    /** Give a resource another value, of which observers learn. */
    void set(LwM2mPath path, String text) {
        int id = path.getResourceId();
        Object value = typed(getModel().resources.get(id), text);
        fireResourcesChange(applyValues(
                Map.of(id, path.isResourceInstance() ? Map.of(path.getResourceInstanceId(), value) : value)));
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
