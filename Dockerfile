# tarsier in a container. It watches the host, so it needs rights and the host's processes: see examples/transactions,
# or run it with --privileged --pid host.
#
#   docker build -t tarsier .
#   docker build -t tarsier --build-arg BINARY=build/release/tarsier .    one that was built on Debian 12 already
ARG BUILD_IMAGE=debian:bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
SHELL ["/bin/bash", "-c"]
ARG BINARY=
WORKDIR /src
COPY . .
RUN test -n "$BINARY" || { \
      scripts/setup --build && . scripts/lib.sh && \
      cmake --preset release && ninja -C build/release tarsier; } \
 && install -D "${BINARY:-build/release/tarsier}" /out/tarsier

FROM ${BASE_IMAGE}
RUN packages="ca-certificates libbpf1 libdeflate0 libelf1 libfmt9 libnghttp2-14 libre2-9 libsimdjson14 libsnappy1v5 \
      libsqlite3-0 libssl3 libstdc++6 libxxhash0 libyaml-cpp0.7 libzstd1 zlib1g"; \
    dpkg -s $packages > /dev/null 2>&1 || { \
      apt-get update && apt-get install -y --no-install-recommends $packages && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /out/tarsier /usr/local/bin/tarsier
# Loopback would be the container's own.
ENV TARSIER_SERVER_ADDRESS=0.0.0.0
VOLUME /var/lib/tarsier
EXPOSE 3000 9009 3100 3200 4317 4318
ENTRYPOINT ["tarsier"]
CMD ["up"]
