# syntax=docker/dockerfile:1
# The service as an image: `make start` builds it, docs/deployment.md tells the rest.

# What draws the map of stations. Without it the pages say the same in lists.
FROM node:22-bookworm-slim AS map
WORKDIR /map
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
COPY --from=map /map/node_modules/leaflet/dist/leaflet.js /map/node_modules/leaflet/dist/leaflet.css frontend/dist/
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked -p motovaultpro \
    && install -D target/release/motovaultpro /image/usr/local/bin/motovaultpro \
    && mkdir -p /image/var/lib/motovaultpro/data

# The C library, what TLS trusts, and nothing else: no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="MotoVaultPro" \
    org.opencontainers.image.description="Vehicles, their fuel and their upkeep" \
    org.opencontainers.image.licenses="MIT"
COPY --from=build --chown=65532:65532 /image/var/lib/motovaultpro /var/lib/motovaultpro
COPY --from=build /image/usr/local/bin/motovaultpro /usr/local/bin/motovaultpro
USER 65532:65532
# Where motovaultpro.toml is looked for, and SQLite's data/ unless another database is set.
WORKDIR /var/lib/motovaultpro
ENV MVP__SERVER__ADDRESS=0.0.0.0:3001
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 \
    CMD ["/usr/local/bin/motovaultpro", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/motovaultpro"]
CMD ["serve"]
