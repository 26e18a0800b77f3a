.DEFAULT_GOAL := help
# `make test` calls itself while Cargo builds, which would make Cargo wait.
XTASK = cargo xtask
.PHONY: help map run test test-compose test-pgbouncer check style fuzz fuzz-backups migrate backup restore repair-roles bench bench-scaling bench-vin overload torture rehearsal drill dist test-dist test-proxies setup start stop logs db-shell clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build the service, start it and print its address
	cargo run --release --locked -p motovaultpro -- serve

map: ## fetch Leaflet for the map of stations, for the next build (optional, needs npm)
	cd frontend && npm ci
	mkdir -p frontend/dist
	cp frontend/node_modules/leaflet/dist/leaflet.js frontend/node_modules/leaflet/dist/leaflet.css frontend/dist/

# Each crate of the workspace is compiled once, and its lints and documentation are checked at the same time: see
# scripts/rustc. The next build is mostly somewhere else, so nothing is written for it.
test: export RUSTC_WORKSPACE_WRAPPER = $(CURDIR)/scripts/rustc
test: export CLIPPY_ARGS = -Dwarnings
test: export CARGO_PROFILE_DEV_DEBUG = 0
test: export CARGO_INCREMENTAL = 0
test: ## run everything that CI runs: check, all tests on both engines, a short fuzz, alerts, proxies
	cargo xtask test

test-compose: ## test the Docker Compose setup, without Docker
	cargo xtask test-compose

test-pgbouncer: ## run the PostgreSQL tests through PgBouncer in transaction mode
	cargo xtask test-pgbouncer

check: ## check formatting, lints, documentation, scripts, words and dependencies
	cargo xtask need nodejs node-typescript python3-venv
	$(MAKE) style
	cargo clippy --workspace --all-targets --features vpic/build --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --features vpic/build --no-deps --document-private-items --locked

# What `make check` checks without compiling the service.
style:
	cargo fmt --all --check
	tsc --project core/assets
	node --test core/assets/tests/*.test.js
	scripts/words
	$(XTASK) audit

fuzz: ## check every response against the OpenAPI document, for ten minutes
	cargo xtask fuzz

fuzz-backups: ## read malicious backups for an hour; fail if one writes outside its folder
	TMPDIR=$${TMPDIR:-/dev/shm} BACKUP_FUZZ_SECONDS=$${BACKUP_FUZZ_SECONDS:-3600} cargo test --locked -p motovaultpro-backup --lib -- \
		--nocapture random_backups_neither_write_outside_their_folder_nor_panic

migrate: ## run pending migrations: on the database in Docker if it exists, otherwise on the configured one
	@scripts/migrate

backup: ## create a backup now: of the database in Docker if it exists, otherwise of the configured one
	@scripts/backup

restore: ## replace the database in Docker with the newest backup, or with BACKUP=NAME
	@scripts/restore $(BACKUP)

bench: ## benchmark both engines; BENCH_BASELINE=PROGRAM or BENCH_BASELINE_REV=REVISION compares two builds
	cargo xtask bench
	[ -n "$$BENCH_BASELINE$$BENCH_BASELINE_REV" ] || cargo xtask bench-stations

bench-scaling: ## benchmark PostgreSQL with 100,000 users and 5 million fill-ups
	cargo xtask bench-scaling

bench-vin: ## benchmark the VIN decoder against two others
	cargo xtask bench-vin

overload: ## load-test a release build at ten times its capacity
	cargo xtask overload

rehearsal: ## fail one part of a production setup after another, under load
	cargo xtask rehearsal

drill: ## delete all data on both engines and restore it from backups
	cargo xtask drill

dist: ## build a release in target/dist: a Debian package and an archive; DIST_PROGRAM=FILE packs a program that is already built
	cargo xtask dist

test-dist: ## install, upgrade and purge the package in a fresh Debian (needs root, and Debian's archive once; not part of `make test`)
	cargo xtask test-dist

test-proxies: ## serve behind nginx and Caddy as configured in deploy/, and behind Traefik if it is in PATH
	cargo xtask test-proxies

setup: ## create missing secrets for docker-compose.yml
	scripts/setup

start: setup ## build and start everything in Docker, then wait until it is healthy
	scripts/start

stop: ## stop the containers; the data stays
	scripts/compose --profile replica down --remove-orphans

repair-roles: ## create the PostgreSQL roles in Docker and set their passwords from the secrets
	scripts/compose run --rm -T postgres-roles

logs: ## follow the Docker logs
	scripts/compose logs --follow --tail=100

db-shell: ## open psql on the database in Docker
	scripts/compose exec admin-postgres psql --username=postgres motovaultpro

torture: ## kill processes, fill disks, hang connections and overload the service, from a printed seed
	cargo xtask torture

clean: ## remove build output and, after confirmation, data/ and the Docker volumes
	@scripts/clean
