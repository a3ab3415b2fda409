# What to type: make table, make test. See CONTRIBUTING.md for the rest.

PREFIX ?= /usr/local
SWIFT ?= swift
INFWIDTH = .build/release/infwidth
LIBRARY = .build/release/libinfwidth.so
VERSION = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/Tables/Program.swift)
# On Linux the Swift runtime is linked in, so that command and library run where no Swift is installed.
RELEASE = -c release $(if $(filter Linux,$(shell uname)),-Xswiftc -static-stdlib -Xswiftc -use-ld=lld)
# Of the library's names those of the header are seen, and no others.
EXPORTS = -Xlinker --version-script=Sources/CInfwidth/exports.map -Xlinker -soname=libinfwidth.so.0
# Inputs of a long run of the fuzzer, and its seed.
INPUTS ?= 1000000
SEED ?= 1
SHARE = $(DESTDIR)$(PREFIX)/share

.PHONY: help table test examples lint format build library library-test python python-test verify verify-all tables install uninstall dependencies docs fuzz sanitize bench calibrate training-plots

help:
	@echo "make table      build infwidth and print the headline table"
	@echo "make test       run the tests"
	@echo "make examples   run the tests of PyTorch and NumPy networks against expected values (installs them in examples/*/.venv)"
	@echo "make verify     recompute a fixed sample of the committed tables (make verify-all: all of them)"
	@echo "make tables     rewrite the committed tables"
	@echo "make bench      measure speeds, as ratios in one run (BENCH=Gram, Sampling, ... for one of them)"
	@echo "make calibrate  measure how often the verdict of 'infwidth converge' is wrong (a few minutes)"
	@echo "make training-plots  draw the pictures of docs/training.md"
	@echo "make lint       check the style (make format repairs it)"
	@echo "make docs       build the documentation (articles and modules, DocC), warnings being errors"
	@echo "make fuzz       feed a million damaged inputs to the parsers (INPUTS=n SEED=s)"
	@echo "make sanitize   run the tests under the address, undefined-behaviour and thread sanitizers"
	@echo "make library    build libinfwidth.so for C and Python (make library-test: its test in C)"
	@echo "make python     install the Python package with pip, for the Python that runs now (make python-test: its tests)"
	@echo "make install    install infwidth, its manual page and shell completions, libinfwidth, infwidth.h and infwidth.pc"
	@echo "                under PREFIX ($(PREFIX))"
	@echo "make uninstall  remove them"

table: build
	$(INFWIDTH) table

test: dependencies
	$(SWIFT) test

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format:
	$(SWIFT) format format --in-place --recursive Sources Tests Package.swift

build: dependencies
	$(SWIFT) build $(RELEASE) --product infwidth

library: dependencies
	$(SWIFT) build $(RELEASE) --product infwidth-c $(EXPORTS)
	strip -o $(LIBRARY) .build/release/libinfwidth-c.so
	ln -sf libinfwidth.so .build/release/libinfwidth.so.0

library-test: library
	Scripts/test-library

python: library
	python3 -m pip install ./python

python-test: build library
	Scripts/test-python

verify: build
	$(INFWIDTH) verify tables

verify-all: build
	$(INFWIDTH) verify --all tables

tables: build
	$(INFWIDTH) tables --write tables

# Each benchmark prints ratios measured in its own run.
BENCH ?= Expectation Gram KernelFile Sampling Dynamics
bench: dependencies
	for name in $(BENCH); do $(SWIFT) run -c release --package-path Benchmarks $${name}Benchmark || exit 1; done

calibrate: dependencies
	$(SWIFT) run -c release --package-path Benchmarks CalibrationBenchmark
	$(SWIFT) run -c release --package-path Benchmarks ToleranceBenchmark

training-plots: build
	Scripts/training-plots $(INFWIDTH)

docs: dependencies
	SWIFT=$(SWIFT) Scripts/build-documentation

examples:
	examples/numpy/run
	examples/pytorch/run

fuzz: dependencies
	$(SWIFT) build $(RELEASE) --product infwidth-fuzz
	.build/release/infwidth-fuzz $(INPUTS) $(SEED)

sanitize: dependencies
	SWIFT=$(SWIFT) Scripts/sanitize address undefined thread

install: build library
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	  $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
	  $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -s -m 755 $(INFWIDTH) $(DESTDIR)$(PREFIX)/bin/infwidth
	install -m 755 $(LIBRARY) $(DESTDIR)$(PREFIX)/lib/libinfwidth.so.$(VERSION)
	ln -sf libinfwidth.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libinfwidth.so.0
	ln -sf libinfwidth.so.0 $(DESTDIR)$(PREFIX)/lib/libinfwidth.so
	install -m 644 Sources/CInfwidth/infwidth.h $(DESTDIR)$(PREFIX)/include/infwidth.h
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' Sources/CInfwidth/infwidth.pc.in \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/infwidth.pc
	$(INFWIDTH) manual --output $(SHARE)/man/man1/infwidth.1
	$(INFWIDTH) --generate-completion-script bash > $(SHARE)/bash-completion/completions/infwidth
	$(INFWIDTH) --generate-completion-script zsh > $(SHARE)/zsh/site-functions/_infwidth
	$(INFWIDTH) --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/infwidth.fish

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/lib/libinfwidth.so* $(DESTDIR)$(PREFIX)/include/infwidth.h \
	  $(DESTDIR)$(PREFIX)/lib/pkgconfig/infwidth.pc
	rm -f $(DESTDIR)$(PREFIX)/bin/infwidth $(SHARE)/man/man1/infwidth.1 \
	  $(SHARE)/bash-completion/completions/infwidth $(SHARE)/zsh/site-functions/_infwidth \
	  $(SHARE)/fish/vendor_completions.d/infwidth.fish

dependencies:
	@Scripts/install-dependencies
