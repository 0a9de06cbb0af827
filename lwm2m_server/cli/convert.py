"""`tinymlaas convert`: a model of a training framework to a .tflite file."""

from pathlib import Path
from typing import Annotated

import typer

from compiler.convert.request import Border, ConversionRequest, Quantisation, Task

from .console import AsJson, out, print_json, waiting

EXAMPLE = (
    "Example: tinymlaas convert model.h5 -o model.tflite --calibration train.npz"
    " --evaluate test.npz. DATA is an .npz file, made by numpy.savez(path, x=inputs, y=labels),"
    " or an .npy file of inputs alone: samples first, axes as the model that comes in has them."
    " Where a model has several inputs, each has an array by its own name."
    " Labels are classes, one-hot rows, or values of the output's shape."
)


def convert_model(
    model: Annotated[
        Path,
        typer.Argument(
            help="Keras .h5 or .keras, a SavedModel's folder, .onnx, or a float .tflite.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .tflite file to write.")],
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration",
            metavar="DATA",
            help="Some hundred typical inputs, from which ranges are taken; with labels also"
            " what --epochs trains on.",
        ),
    ] = None,
    evaluate: Annotated[
        Path | None,
        typer.Option(
            "--evaluate", metavar="DATA", help="Measure the model on this before and after."
        ),
    ] = None,
    quantise: Annotated[
        Quantisation,
        typer.Option("--quantise", "--quantize", help="Types of weights and activations."),
    ] = Quantisation.INT8,
    input_type: Annotated[
        Border | None,
        typer.Option(
            "--input-type",
            help="Type of inputs and outputs; default: that of the activations.",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        float | None,
        typer.Option(
            "--prune", metavar="SHARE", help="Set this share of each layer's weights to zero: 0.5."
        ),
    ] = None,
    prune_channels: Annotated[
        float | None,
        typer.Option(
            "--prune-channels",
            metavar="SHARE",
            help="Set this share of each layer's output channels to zero, whole.",
        ),
    ] = None,
    cluster: Annotated[
        int | None,
        typer.Option(
            "--cluster", metavar="COUNT", help="Leave each layer this many different weights: 16."
        ),
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=0, help="Fine-tune after pruning, on labelled data.")
    ] = 0,
    task: Annotated[
        Task | None,
        typer.Option(
            "--task",
            help="What the model is measured by; default: what the data says.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the order in training.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Convert MODEL to .tflite: quantised, pruned or clustered as told, and measured.

    Needs the extra `convert`. The result is measured in the interpreter of TensorFlow Lite Micro.
    """
    from compiler.convert.job import convert
    from compiler.convert.report_text import report_text

    request = ConversionRequest(
        model=model,
        output=output,
        calibration=calibration,
        evaluation=evaluate,
        quantise=quantise,
        border=input_type,
        task=task,
        prune=prune,
        prune_channels=prune_channels,
        cluster=cluster,
        epochs=epochs,
        seed=seed,
    )
    with waiting(str(model)) as say:
        report = convert(request, say)
    if as_json:
        print_json(report)
    else:
        out.print(report_text(report), markup=False)
        out.print(f"\nwritten to {output}", markup=False)
