"""Tries deploy/Dockerfile where no container engine is: `make image-try`, as root."""
