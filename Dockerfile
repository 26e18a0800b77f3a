# syntax=docker/dockerfile:1
# The image of the service and the image that creates backups. `make start` builds both; see docs/deployment.md.
# Base images are pinned by full version; docs/deployment.md describes how to pin them by digest.

# Leaflet draws the map of stations. Without it, pages show lists instead.
FROM node:22.23.2-bookworm-slim AS map
WORKDIR /map
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM rust:1.95.0-slim-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
COPY --from=map /map/node_modules/leaflet/dist/leaflet.js /map/node_modules/leaflet/dist/leaflet.css frontend/dist/
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked -p motovaultpro \
    && deploy/image-root.sh target/release/motovaultpro /image

# PostgreSQL's programs create and restore backups.
FROM postgres:15.19-bookworm AS backup
COPY --from=build /image/usr/local/bin/motovaultpro /usr/local/bin/motovaultpro
COPY --chmod=0755 deploy/backup/start.sh /usr/local/bin/backup-on-schedule
COPY --chmod=0755 deploy/backup/health.sh /usr/local/bin/backup-health
COPY --chmod=0755 deploy/backup/restore.sh /usr/local/bin/restore-backup
USER 65532:65532
# The key that signs backups is in data/.
WORKDIR /var/lib/motovaultpro
# The base image stops with SIGINT, but a shell that gets SIGINT first waits for its running command.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/backup-on-schedule"]

FROM scratch AS service
LABEL org.opencontainers.image.title="MotoVaultPro" \
    org.opencontainers.image.description="Fuel, costs and maintenance of your vehicles" \
    org.opencontainers.image.licenses="MIT"
COPY --from=build /image/ /
COPY --from=build --chown=65532:65532 /image/var/lib/motovaultpro /var/lib/motovaultpro
USER 65532:65532
# The program reads motovaultpro.toml from here. SQLite's data/ is here, too, unless another database is configured.
WORKDIR /var/lib/motovaultpro
ENV MVP__SERVER__ADDRESS=0.0.0.0:3001
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 \
    CMD ["/usr/local/bin/motovaultpro", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/motovaultpro"]
CMD ["serve"]
