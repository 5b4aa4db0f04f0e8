# make run    set up (once) and run every lesson in the quick profile
# make test   set up (once) and run every test
# make lab    set up (once) and open JupyterLab on the first lesson
# make book   set up (once) and build the web book
# make full   every lesson on all the data (hours; resumable)
# make doctor look at this machine, say what to do about each problem
# make clean  remove what was generated
#
# Each does its own set-up: `python -m helpers` makes .venv when it is missing or out of date.
# ARGS passes options on, for instance: make run ARGS="03 --seed 1"

FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in .venv/bin/python python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c '$(FITS)' 2>/dev/null && { echo "$$p"; exit; }; done; echo python3)

.DEFAULT_GOAL := help
.PHONY: help run full test lab book doctor clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run test lab book doctor clean:
	@$(PYTHON) -m helpers $@ $(ARGS)

full:
	@$(PYTHON) -m helpers run --profile full $(ARGS)
