"""The same steps by datatrove, in an environment of its own: ``python peer.py TRACES OUT INDEX``.

Verdict and complete, repetition (Gopher's), code, n-grams of 13 words against the index, MinHash
with its defaults (14 bands of 8, 5 words, a kept one of each cluster), two processes. What has no
counterpart there is left out: languages by script, paragraphs, refusals, exact duplicates, a
ledger, several traces of a problem.
"""

import sys
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.decont import NGramsDecontFilter
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import GopherRepetitionFilter, LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import create_hash_func
from datatrove.utils.text import ngrams, simplify_text
from datatrove.utils.word_tokenizers import load_word_tokenizer


def adapted(self: object, row: dict, path: str, place: int) -> dict:
    meta = row["meta"]
    return {"text": row["completion"][-1]["content"], "id": meta["id"], "metadata": meta}


def correct(doc: Document) -> bool:
    return doc.metadata["verdict"] == "correct" and doc.metadata["finish_reason"] == "stop"


def no_code(doc: Document) -> bool:
    return "```" not in doc.text


def index(questions: list[str], folder: Path, config: NGramsDecontConfig) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    hashed, tokenizer = create_hash_func(config.hash_config), load_word_tokenizer("eng")
    found = {
        hashed(" ".join(run))
        for question in questions
        for run in ngrams(
            tokenizer.word_tokenize(simplify_text(question, config.norm_config)), config.n_grams
        )
    }
    array = np.array(list(found), dtype=config.hash_config.np_descr)
    array.tofile(folder / "all.index.hashes")


def main(traces: Path, out: Path, questions: Path) -> None:
    config = NGramsDecontConfig(n_grams=13)
    index(questions.read_text().split("\x1e"), out / "index", config)
    first = [
        JsonlReader(str(traces), adapter=adapted),
        LambdaFilter(correct),
        LambdaFilter(no_code),
        GopherRepetitionFilter(),
        NGramsDecontFilter(str(out / "index"), config),
        JsonlWriter(str(out / "first"), compression=None),
    ]
    steps = [
        (first, 2),
        ([JsonlReader(str(out / "first")), MinhashDedupSignature(str(out / "signatures"))], 2),
        ([MinhashDedupBuckets(str(out / "signatures"), str(out / "buckets"))], 14),
        ([MinhashDedupCluster(str(out / "buckets"), str(out / "remove"))], 1),
        (
            [
                JsonlReader(str(out / "first")),
                MinhashDedupFilter(str(out / "remove")),
                JsonlWriter(str(out / "kept"), compression=None),
            ],
            2,
        ),
    ]
    for number, (pipeline, tasks) in enumerate(steps):
        logs = str(out / "logs" / str(number))
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=2, logging_dir=logs).run()
    kept = sum(1 for file in (out / "kept").iterdir() for _ in file.open())
    print(f"kept {kept}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
