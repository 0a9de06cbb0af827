"""From training frameworks to .tflite; needs the extra `convert` (TensorFlow).

Nothing outside this room imports TensorFlow, and nothing in the server imports
this room: a server that only serves ready .tflite files must not need 1.5 GB.
"""
