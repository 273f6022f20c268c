"""How fast are translations found, beside CTranslate2, keras-hub's samplers and the naive loop?

    SEQKIT_DATA=... python benchmarks/decoding.py --train-epochs 2 --model d256.keras
    SEQKIT_DATA=... python benchmarks/decoding.py --model d256.keras --rounds 5

Sentences per second on the CPU, for the test sentences of Multi30k; all contestants translate with
the same weights, one after the other in each round, and the table has the medians of the rounds.
Ours takes raw strings and gives strings; CTranslate2 (`pip install ctranslate2`) starts at tokens
and ends at tokens, in float32, on two cores. The slow ones get every n-th of the sentences. "as
CT2" is the share of sentences to which a contestant gives the translation that CTranslate2 gives
with the same number of beams; the penalty for length is another in the two, so that this is
also said without one. Run it where little else runs.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Before anything of TensorFlow or CTranslate2 is there: no threads that spin into others' turns.
os.environ.setdefault("KMP_BLOCKTIME", "1")

import keras
import numpy as np
import sacrebleu
from decoding_contestants import CTranslate, Hub, Naive, Ours
from decoding_conversion import convert
from decoding_training import train

from seqkit import data

PAUSE = 0.3  # seconds between turns
ROWS = {
    "ours": (Ours, 1, 1.0),
    "ours beam": (Ours, 5, 1.0),
    "ct2": (CTranslate, 1, 1.0),
    "ct2 beam": (CTranslate, 5, 1.0),
    "hub": (Hub, 1, 0.128),
    "hub beam": (Hub, 5, 0.128),
    "naive 64": (Naive, 64, 0.064),
    "naive": (Naive, 1, 0.01),
}


def contestants(model, translator, rows):
    made = {}
    for name in rows:
        kind, beams, share = ROWS[name]
        more = [translator] if kind is CTranslate else []
        made[name] = kind(model, *more, beams), share
    return made


def measure(rows, texts, rounds):
    """Sentences per second in each round, and the answers: both by name."""
    rates, answers, chosen = {}, {}, {}
    for name, (contestant, share) in rows.items():
        chosen[name] = texts[:: round(1 / share)] if share < 1 else texts
        answers[name] = contestant.translate(chosen[name])  # compiles, too
        rates[name] = []
    print("compiled", flush=True)
    for n in range(rounds):
        for name, (contestant, _) in rows.items():
            run = getattr(contestant, "run", None)
            time.sleep(PAUSE)
            start = time.perf_counter()
            contestant.translate(chosen[name]) if run is None else run()
            rates[name].append(len(chosen[name]) / (time.perf_counter() - start))
        print(f"round {n + 1}:", {k: round(v[-1], 1) for k, v in rates.items()}, flush=True)
    return rates, answers


def table(model, rows, rates, answers, pairs):
    lines = [f"{'':<32}{'sentences/s':>13}{'of CT2':>9}{'as CT2':>9}{'BLEU':>8}{'pieces':>9}"]
    for name, (contestant, share) in rows.items():
        step = round(1 / share) if share < 1 else 1
        rate, mine = statistics.median(rates[name]), answers[name]
        rival = "ct2 beam" if "beam" in name else "ct2"
        ratio = agreed = "-"
        if rival in rates:
            ratio = f"{rate / statistics.median(rates[rival]):.3f}"
            agreed = f"{same(mine, answers[rival][::step]):.1%}"
        bleu = sacrebleu.corpus_bleu(mine, [pairs.targets[::step]]).score
        length = float(np.mean(model.preprocessor.target.ids(mine).row_lengths()))
        cells = f"{rate:>13.1f}{ratio:>9}{agreed:>9}{bleu:>8.2f}{length:>9.1f}"
        lines.append(f"{contestant.name:<32}{cells}")
    return "\n".join(lines)


def same(mine, others):
    return float(np.mean([a == b for a, b in zip(mine, others, strict=True)]))


def first_results(model, path):
    """Prints the seconds to the first translation, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        export = pathlib.Path(folder) / "export"
        model.export(export)
        script = pathlib.Path(__file__).with_name("decoding_first.py")
        for what in (path, export):
            asked = [sys.executable, str(script), str(what)]
            found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
            label = "SavedModel, by TensorFlow alone" if what is export else ".keras"
            print(f"{label:<32}", json.loads(found.splitlines()[-1]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("d256.keras"))
    parser.add_argument("--train-epochs", type=int, help="train the model first, and save it")
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--first", action="store_true", help="only the time to the first result")
    chosen = parser.parse_args()

    parts = data.load("multi30k").examples
    if chosen.train_epochs:
        model = train(chosen.model, chosen.train_epochs, parts["train"])
    else:
        model = keras.saving.load_model(chosen.model)
    if chosen.first:
        first_results(model, chosen.model)
        return
    pairs = parts["test"].subset(range(min(chosen.sentences, len(parts["test"]))))
    with tempfile.TemporaryDirectory() as folder:
        translator = convert(model, folder)
        rows = contestants(model, translator, chosen.rows)
        rates, answers = measure(rows, pairs.sources, chosen.rounds)
        print(table(model, rows, rates, answers, pairs))
        plain = {"length_penalty": 0.0}
        mine = Ours(model, 5, **plain).translate(pairs.sources)
        others = CTranslate(model, translator, 5, **plain).translate(pairs.sources)
        print(f"beam 5 without a length penalty, as CT2: {same(mine, others):.1%}")


if __name__ == "__main__":
    main()
