"""The public API: an ASGI application that BentoML mounts at "/"."""
