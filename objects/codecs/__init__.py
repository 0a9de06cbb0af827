"""How a tree of resources looks on the wire, one module per content format."""
