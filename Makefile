.DEFAULT_GOAL := help
.PHONY: help map run test test-compose test-pgbouncer check fuzz fuzz-backups migrate backup restore repair-roles bench bench-scaling bench-vin overload torture rehearsal drill dist test-dist test-proxies setup start stop logs db-shell clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build the service, serve it, print its address
	cargo run --release --locked -p motovaultpro -- serve

map: ## fetch what draws the map of stations, for the next build (optional, needs npm)
	cd frontend && npm ci
	mkdir -p frontend/dist
	cp frontend/node_modules/leaflet/dist/leaflet.js frontend/node_modules/leaflet/dist/leaflet.css frontend/dist/

test: ## everything that CI runs: check, every test on both engines, a short fuzz, alerts, the proxies
	scripts/need postgresql redis-server pgbouncer chromium curl python3-venv iproute2 shellcheck openssl prometheus
	$(MAKE) check
	scripts/with-servers scripts/test
	FUZZ_SECONDS=0 FUZZ_SEED=1 scripts/fuzz
	scripts/calendar
	scripts/test-alerts
	scripts/test-proxies

test-compose: ## run what is run in Docker, without Docker
	scripts/need postgresql redis-server pgbouncer python3-venv iproute2 shellcheck
	scripts/test-compose

test-pgbouncer: ## every test of PostgreSQL through PgBouncer, which pools by transaction
	scripts/need postgresql redis-server pgbouncer chromium
	scripts/with-servers scripts/test-pgbouncer

check: ## format, lints, documentation, dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features vpic/build --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --features vpic/build --no-deps --document-private-items --locked
	scripts/audit

fuzz: ## hold every answer to the OpenAPI document, for ten minutes
	scripts/need curl python3-venv
	scripts/fuzz

fuzz-backups: ## read hostile backups for an hour: none may write outside its folder
	TMPDIR=$${TMPDIR:-/dev/shm} BACKUP_FUZZ_SECONDS=$${BACKUP_FUZZ_SECONDS:-3600} cargo test --locked -p motovaultpro --lib -- \
		--nocapture no_backup_writes_outside_its_folder_or_panics_for_as_long_as_wanted

migrate: ## bring the database up to date: Docker's if it exists, else the configured one
	@scripts/migrate

backup: ## make a backup now: of Docker's database if it exists, else of the configured one
	@scripts/backup

restore: ## replace Docker's database with a backup: the newest, or BACKUP=NAME
	@scripts/restore $(BACKUP)

bench: ## measure both engines; BENCH_BASELINE=PROGRAM or BENCH_BASELINE_REV=REVISION compares with an older build
	scripts/need postgresql redis-server wrk curl jq python3
	scripts/bench
	[ -n "$$BENCH_BASELINE$$BENCH_BASELINE_REV" ] || scripts/bench-stations

bench-scaling: ## measure PostgreSQL with 100,000 users and 5 million fill-ups
	scripts/need postgresql redis-server
	scripts/bench-scaling

bench-vin: ## measure the VIN decoder beside two others
	scripts/need python3-venv
	scripts/bench-vin

overload: ## put ten times the load upon a release build that it can take
	scripts/need postgresql redis-server
	scripts/overload

rehearsal: ## let one part of a production setup fail after another, under load
	scripts/need postgresql redis-server pgbouncer
	scripts/rehearsal

drill: ## lose everything on both engines, and bring it back from backups
	scripts/need postgresql redis-server
	scripts/drill

dist: ## build and pack a release in target/dist: a Debian package and an archive; DIST_PROGRAM=FILE packs a built program
	scripts/need binutils
	scripts/dist

test-dist: ## install, upgrade and purge the package in a fresh Debian (not in `make test`: needs root, and Debian's archive once)
	scripts/need binutils debootstrap
	scripts/test-dist

test-proxies: ## serve behind nginx and Caddy as deploy/ configures them, and behind Traefik if it is in PATH
	scripts/need python3 openssl
	scripts/test-proxies

setup: ## create the secrets that docker-compose.yml names, where they are missing
	scripts/setup

start: setup ## build and start everything in Docker, and wait until it is healthy
	scripts/start

stop: ## stop what runs in Docker; the data stays
	scripts/compose --profile replica down --remove-orphans

repair-roles: ## create PostgreSQL's roles in Docker and set their passwords from the secrets
	scripts/compose run --rm -T postgres-roles

logs: ## follow the Docker logs
	scripts/compose logs --follow --tail=100

db-shell: ## open psql on the database in Docker
	scripts/compose exec admin-postgres psql --username=postgres motovaultpro

torture: ## kill, fill, hang and overload, by a seed that it prints
	scripts/need postgresql redis-server pgbouncer
	scripts/with-servers scripts/torture

clean: ## remove build output and, after asking, data/ and Docker's volumes
	@scripts/clean
