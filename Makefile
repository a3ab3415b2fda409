# What to type: make table, make test. See CONTRIBUTING.md for the rest.

PREFIX ?= /usr/local
SWIFT ?= swift
INFWIDTH = .build/release/infwidth

.PHONY: help table test lint format build verify tables calibrate bench-sampling install dependencies

help:
	@echo "make table     build infwidth and print the headline table"
	@echo "make test      run the tests"
	@echo "make verify    recompute the committed tables and compare"
	@echo "make tables    rewrite the committed tables"
	@echo "make calibrate measure how often the verdict of 'infwidth converge' is wrong (nightly: half an hour)"
	@echo "make lint      check the style (make format repairs it)"
	@echo "make bench-sampling   time the samplers of finite networks"
	@echo "make install   install infwidth under PREFIX ($(PREFIX))"

table: build
	$(INFWIDTH) table

test: dependencies
	$(SWIFT) test

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format:
	$(SWIFT) format format --in-place --recursive Sources Tests Package.swift

build: dependencies
	$(SWIFT) build -c release --product infwidth

verify: build
	$(INFWIDTH) verify tables

tables: build
	$(INFWIDTH) tables --write tables

bench-sampling: dependencies
	$(SWIFT) run -c release --package-path Benchmarks SamplingBenchmark

calibrate: dependencies
	$(SWIFT) run -c release --package-path Benchmarks CalibrationBenchmark

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(INFWIDTH) $(DESTDIR)$(PREFIX)/bin/infwidth

dependencies:
	@Scripts/install-dependencies
