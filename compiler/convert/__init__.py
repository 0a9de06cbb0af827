"""From training frameworks to .tflite; needs the extra `convert` (TensorFlow).

    job.py ──JSON──> worker.py ─> conversion.py ─> formats.py   what came in: an `Original`
    (no TensorFlow)                                prune, tune, cluster   its weights, edited
                                                   lite.py      .tflite
                                                   outcome.py, accuracy.py   what that is worth

Nothing outside this room imports TensorFlow, and nothing in the server imports
this room: a server that only serves ready .tflite files must not need 1.5 GB. The
command line speaks with `job.py`, which starts a process for each conversion:
frameworks write to stderr as they like, may abort, and keep their threads.
"""
