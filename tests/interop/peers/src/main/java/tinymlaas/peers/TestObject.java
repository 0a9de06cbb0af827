package tinymlaas.peers;

import java.util.Date;
import java.util.HexFormat;
import java.util.Map;

import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.util.datatype.ULong;

/** An instance of Object 3442, with the values that its definition gives it at first. */
final class TestObject extends Instance {

    static final int ID = 3442;
    private static final int FIRST_MULTIPLE = 1000;

    TestObject(Voice voice) {
        super(voice, "");
    }

    @Override
    protected LwM2mMultipleResource initializeMultipleResource(ObjectModel object, ResourceModel resource) {
        if (resource.id < FIRST_MULTIPLE) {
            return super.initializeMultipleResource(object, resource);
        }
        return LwM2mMultipleResource.newResource(resource.id,
                Map.of(0, initializeSingleResource(object, resource).getValue()), resource.type);
    }

    @Override
    protected String createDefaultStringValueFor(ObjectModel object, ResourceModel resource) {
        return "initial value";
    }

    @Override
    protected long createDefaultIntegerValueFor(ObjectModel object, ResourceModel resource) {
        return 1024;
    }

    @Override
    protected ULong createDefaultUnsignedIntegerValueFor(ObjectModel object, ResourceModel resource) {
        return ULong.valueOf("9223372036854775808");
    }

    @Override
    protected double createDefaultFloatValueFor(ObjectModel object, ResourceModel resource) {
        return 3.14159;
    }

    @Override
    protected boolean createDefaultBooleanValueFor(ObjectModel object, ResourceModel resource) {
        return true;
    }

    @Override
    protected byte[] createDefaultOpaqueValueFor(ObjectModel object, ResourceModel resource) {
        return HexFormat.of().parseHex("0123456789abcdef");
    }

    @Override
    protected Date createDefaultDateValueFor(ObjectModel object, ResourceModel resource) {
        return new Date(946_684_800_000L);
    }

    @Override
    protected ObjectLink createDefaultObjectLinkValueFor(ObjectModel object, ResourceModel resource) {
        return new ObjectLink(3, 0);
    }

    @Override
    protected Link[] createDefaultCoreLinkValueFor(ObjectModel object, ResourceModel resource) {
        return new Link[] { new Link("/3442") };
    }
}
