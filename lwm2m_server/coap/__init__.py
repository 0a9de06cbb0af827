"""The CoAP message layer, pure; it knows nothing of LwM2M."""
