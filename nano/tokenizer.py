"""The miniature's tokenizer: one token per entry of the vocabulary, written as standard files."""

import json
import re
from pathlib import Path

from nano.language import EOS, PAD, UNKNOWN, VOCABULARY

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}"
    "{{- '<user>' + message['content'] -}}"
    "{%- elif message['role'] == 'assistant' -%}"
    "{{- '<assistant>' + message['content'] + '<eos>' -}}"
    "{%- else -%}"
    "{{- raise_exception('the miniature knows the roles user and assistant, not '"
    " + message['role']) -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<assistant>' -}}{%- endif -%}"
)
"""Past turns keep their thoughts; nothing is opened for the assistant but its turn."""


def save_tokenizer(folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json, which AutoTokenizer loads, into `folder`.

    The tags are ordinary tokens, so decoding with skip_special_tokens drops `<pad>` and `<eos>`
    only. `prompt_language` in the config tells a loader that the model reads this language; it
    stays in `tokenizer.init_kwargs` and so in whatever is derived from the model.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    ids = {token: i for i, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    longest_first = sorted(VOCABULARY, key=len, reverse=True)
    pattern = "|".join(re.escape(token) for token in longest_first)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(rf"{pattern}|[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in (PAD, EOS)])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": PAD,
        "eos_token": EOS,
        "unk_token": UNKNOWN,
        "model_max_length": 512,
        "clean_up_tokenization_spaces": False,
        "padding_side": "left",
        "prompt_language": "nano",
        "chat_template": CHAT_TEMPLATE,
    }
    text = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")
