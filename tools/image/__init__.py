"""./run image: build docker/Dockerfile with Debian's buildah, look at what is in it, and run the roles of compose from it."""
