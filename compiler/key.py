"""The identity of a build: equal keys, equal artifacts."""

import hashlib
import json
from dataclasses import asdict

from .abi import ABI
from .backends import backend_for
from .identity import packages, sources_sha256
from .spec import BuildSpec


def build_key(spec: BuildSpec) -> str:
    """Return the SHA-256 (hex) of everything that `spec` and this installation decide.

    Who told the target, its clock and how much memory it has in all change nothing
    in what comes out, so they are left out: devices that are alike share a build.
    """
    profile = spec.profile
    parts = {
        "abi": ABI,
        "model": hashlib.sha256(spec.model).hexdigest(),
        "target": profile.target.name,
        "backend": profile.backend,
        "objective": str(profile.objective),
        "limits": asdict(profile.limits),
        "kind": str(spec.kind),
        "place": asdict(spec.place),
        "image_overhead": spec.image_overhead,
        "vectors": spec.vectors,
        "unproven": spec.unproven,
        "sources": sources_sha256(),
        "packages": packages(),
        "toolchain": backend_for(profile).identity(profile.target, profile.objective),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
