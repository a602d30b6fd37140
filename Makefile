# Each target does all its own set-up, in .venv, on a machine with nothing but python3 >= 3.11 and make.
#
#   make demo    crawl the made-up sample portal into a private MongoDB server and show what was found
#   make test    run the tests;       ARGS="-k captions" chooses among them
#   make lint    ruff, mypy, import-linter
#   make bench   measure the speed;   ARGS are passed on
#   make clean   remove .venv, caches and builds (never the archive, which is in PORTALCRAWLER_HOME)

BIN = .venv/bin
ARGS =

.PHONY: demo test lint bench clean

demo:
	@scripts/setup.sh local,web
	@$(BIN)/portalcrawler demo $(ARGS)

test:
	@scripts/setup.sh local,dev
	@$(BIN)/python -m pytest $(ARGS)

lint:
	@scripts/setup.sh local,dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench:
	@scripts/setup.sh local
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
