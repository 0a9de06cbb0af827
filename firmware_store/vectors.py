"""Self-test vectors as a file: a CBOR map of equally many inputs and outputs."""

import cbor2

from .errors import Damaged

# (input, output) pairs; each is all tensors in model order, little endian, no padding.
Vectors = tuple[tuple[bytes, bytes], ...]


def dump_vectors(vectors: Vectors) -> bytes:
    """Return the CBOR form, `{"inputs": [bytes..], "outputs": [bytes..]}`."""
    inputs = [given for given, _ in vectors]
    outputs = [expected for _, expected in vectors]
    return cbor2.dumps({"inputs": inputs, "outputs": outputs})


def load_vectors(data: bytes) -> Vectors:
    """Return the pairs of the CBOR form; raises `Damaged`."""
    try:
        found = cbor2.loads(data)
        pairs = tuple(zip(found["inputs"], found["outputs"], strict=True))
    except (cbor2.CBORDecodeError, ValueError, TypeError, KeyError) as error:
        raise Damaged(f"self-test vectors cannot be read: {error}") from error
    if not all(isinstance(side, bytes) for pair in pairs for side in pair):
        raise Damaged("self-test vectors are not all byte strings")
    return pairs
