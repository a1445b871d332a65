"""A trained student as a folder that others load: transformers and vLLM by its own files, Ollama by
its Modelfile, llama.cpp as GGUF where a converter is installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoConfig, AutoTokenizer

from sampling.loading import DType, ModelPlace, load, load_errors, quiet
from tasks.errors import UserError
from tasks.thinking import DEFAULT as TAGS

TEMPERATURE, TOP_P = 0.6, 0.95
"""arXiv 2501.12948, evaluation setup; DeepSeek-R1's README says the same."""
MODELFILE, CONVERTER = "Modelfile", "convert_hf_to_gguf.py"

_DROPS = re.compile(
    r"\{%-?\s*if '</think>' in content\s*-?%\}\s*"
    r"\{%-?\s*set content = content\.split\('</think>'\)\[-1\]\s*-?%\}\s*\{%-?\s*endif\s*-?%\}"
)
"""What DeepSeek-R1-Distill's template does to every assistant's turn."""
_SENTINEL = "\ue000"  # of the private use area: in no template
_THOUGHT = "what was thought"


@dataclass(frozen=True)
class Exported:
    """``notices`` say what is not there, and why."""

    folder: Path
    files: tuple[str, ...]
    notices: tuple[str, ...]


def export(model: Path, out: Path, card: str, converter: str | None = None) -> Exported:
    """Write ``model`` to the new folder ``out``, whole or not at all, in the type that its weights
    have. An adapter is merged into its base. ``converter`` is llama.cpp's script; without it the
    one on the PATH is taken.

    Raises UserError when ``out`` is taken, or its template drops thoughts and cannot be mended.
    """
    if out.exists():
        raise UserError(f"{out} is there already: give a new folder")
    if not out.parent.is_dir():
        raise UserError(f"no such folder: {out.parent}")
    place = _place(model)
    with load_errors(place):
        own = getattr(AutoConfig.from_pretrained(place.source), "dtype", None) or torch.float32
    loaded = load(place, dtype=cast(DType, str(own).removeprefix("torch.")))
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = keep_thoughts(tokenizer)
    writing = out.with_name(f".{out.name}.writing")
    shutil.rmtree(writing, ignore_errors=True)
    generation = loaded.model.generation_config
    generation.update(do_sample=True, temperature=TEMPERATURE, top_p=TOP_P)
    with quiet(gguf=False):
        loaded.model.save_pretrained(writing)
    generation.save_pretrained(writing)
    tokenizer.save_pretrained(writing)
    _tell_begin(writing / "tokenizer_config.json", tokenizer)
    (writing / "README.md").write_text(card, encoding="utf-8")
    for weights in writing.glob("*.safetensors"):  # which nobody else may read as they come
        weights.chmod((writing / "README.md").stat().st_mode)
    notices = []
    gguf, why_not = _to_gguf(writing, converter)
    if why_not is not None:
        notices.append(why_not)
    made = modelfile(tokenizer, stops(generation, tokenizer), gguf)
    (writing / MODELFILE).write_text(made, encoding="utf-8")
    writing.rename(out)
    return Exported(out, tuple(sorted(p.name for p in out.iterdir())), tuple(notices))


def _place(model: Path) -> ModelPlace:
    """Raises UserError on an adapter that names no base."""
    adapter = Path(model, "adapter_config.json")
    if Path(model, "config.json").is_file() or not adapter.is_file():
        return ModelPlace(str(model))
    base = json.loads(adapter.read_text(encoding="utf-8")).get("base_model_name_or_path")
    if not base:
        raise UserError(f"{adapter} names no base model, into which it would be merged")
    return ModelPlace(str(base), adapter=str(model))


def begins(tokenizer: Any) -> bool:
    """Whether the tokenizer itself puts a begin-of-sequence token before a text."""
    return tokenizer.bos_token_id is not None and (
        tokenizer("a").input_ids[:1] == [tokenizer.bos_token_id]
    )


def _tell_begin(config: Path, tokenizer: Any) -> None:
    """Ollama and llama.cpp begin a prompt with that token unless they are told not to."""
    told = json.loads(config.read_text(encoding="utf-8"))
    told["add_bos_token"] = begins(tokenizer)
    config.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def keep_thoughts(tokenizer: Any) -> str | None:
    """The chat template, mended where it drops the thoughts of assistants' turns: who trains or
    continues through it would lose them (FACTS: R1-distill's do). ``None`` where there is none.

    Raises UserError where it drops them in a way that is not known.
    """
    template: str | None = tokenizer.chat_template
    if template is None or _keeps(tokenizer, template):
        return template
    mended = _DROPS.sub("", template)
    if _keeps(tokenizer, mended):
        return mended
    raise UserError(
        "the chat template drops the thought of an assistant's turn: give the student one that "
        "keeps it"
    )


def _keeps(tokenizer: Any, template: str) -> bool:
    tags = TAGS[0]
    said = f"{tags.opening}{_THOUGHT}{tags.closing}4"
    turns = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": said}]
    return _THOUGHT in tokenizer.apply_chat_template(turns, tokenize=False, chat_template=template)


def stops(generation: Any, tokenizer: Any) -> list[str]:
    """The texts that end a reply.

    >>> class Ends: eos_token_id = [1, 2]
    >>> class Words:
    ...     eos_token_id = 2
    ...     def convert_ids_to_tokens(self, i): return "<eos>" if i == 1 else "<|im_end|>"
    >>> stops(Ends(), Words())
    ['<eos>', '<|im_end|>']
    """
    configured = generation.eos_token_id
    ids = configured if isinstance(configured, list) else [configured]
    known = dict.fromkeys(i for i in [*ids, tokenizer.eos_token_id] if i is not None)
    return [str(tokenizer.convert_ids_to_tokens(i)) for i in known]


def modelfile(tokenizer: Any, ends: Sequence[str], gguf: str | None) -> str:
    """Ollama's: the weights, the template as Go's text/template has it, the paper's sampling, and
    what ends a reply.
    """
    lines = [f"FROM ./{gguf or ''}"]
    if tokenizer.chat_template is not None:
        lines.append(f'TEMPLATE """{_go_template(tokenizer)}"""')
    lines += [f"PARAMETER temperature {TEMPERATURE}", f"PARAMETER top_p {TOP_P}"]
    lines += [f"PARAMETER stop {json.dumps(end, ensure_ascii=False)}" for end in ends]
    return "\n".join(lines) + "\n"


def _go_template(tokenizer: Any) -> str:
    """One turn, by what the template writes around a prompt; a system prompt where it takes one."""

    def rendered(*roles: str) -> str:
        turns = [{"role": role, "content": _SENTINEL} for role in roles]
        text: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return text

    begin = tokenizer.bos_token if begins(tokenizer) else ""  # then Ollama writes it, too
    plain = rendered("user").removeprefix(begin)
    turn = plain.replace(_SENTINEL, "{{ .Prompt }}") + "{{ .Response }}"
    try:
        system = rendered("system", "user").removeprefix(begin)
    except Exception:  # a template may refuse what it does not know
        return turn
    first, second, rest = system.split(_SENTINEL)
    before = plain.split(_SENTINEL)[0]
    if not second.endswith(before[-1:]) or first == second:
        return turn
    with_system = f"{first}{{{{ .System }}}}{second}{{{{ .Prompt }}}}{rest}{{{{ .Response }}}}"
    return f"{{{{ if .System }}}}{with_system}{{{{ else }}}}{turn}{{{{ end }}}}"


def _to_gguf(folder: Path, converter: str | None) -> tuple[str | None, str | None]:
    """The name of the file, or why there is none."""
    script = converter or shutil.which(CONVERTER)
    if script is None:
        return None, f"no GGUF: llama.cpp's {CONVERTER} is not on the PATH"
    name = "model.gguf"
    command = [script, str(folder), "--outfile", str(folder / name)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not (folder / name).is_file():
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        (folder / name).unlink(missing_ok=True)
        return None, f"no GGUF: {CONVERTER} failed: {said}"
    return name, None
