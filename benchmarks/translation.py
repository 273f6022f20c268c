"""How well `recipes.seq2seq` translates: Multi30k, English to German, from scratch.

    SEQKIT_DATA=... python benchmarks/translation.py --rows transformer --results translation.jsonl
    python benchmarks/translation.py --rows additive "no attention" --results translation.jsonl

Choices are made on the validation part; the test part (test_2016_flickr) is read once, by the
finished model, in detokenised cased sacreBLEU. A training that was killed goes on where its last
epoch ended; its file and the finished model lie beside the results. Seconds count training and
validation, of all its parts, and the BLEU of the first 300 validation pairs (greedy) is its curve;
each row ends with what it had reached in the time of the tutorial (`translation_tutorial.py`).
"""

import argparse
import functools
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rows import Clock, completed

import recipes
from seqkit import data, training

ROWS = {
    "transformer": {
        "options": {"units": 128, "layers": 4, "feed_forward": 256, "vocabulary": 4000},
        "dropout": 0.2,
        "epochs": 22,
        "rate": 3e-3,
    },
    "additive": {
        "options": {"encoder": "recurrent", "units": 256, "vocabulary": 4000},
        "dropout": 0.3,
        "epochs": 14,
        "rate": 2e-3,
    },
    "no attention": {
        "options": {
            "encoder": "recurrent",
            "cell": "lstm",
            "attention": None,
            "units": 256,
            "reverse_source": True,
            "vocabulary": 4000,
        },
        "dropout": 0.3,
        "epochs": 8,
        "rate": 2e-3,
    },
    "keras tutorial": {"epochs": 7},
}
TUTORIAL = "keras tutorial"


def trained(name, seed, parts, folder, epochs):
    """Trains a row and gives its model and curve."""
    row = ROWS[name]
    epochs = epochs or row["epochs"]
    few = parts["validation"].subset(range(300))
    if name == TUTORIAL:
        from translation_tutorial import Tutorial

        model = Tutorial(parts["train"], seed)
        return model, model.fit(parts, epochs, few)
    model = recipes.seq2seq(
        parts["train"],
        seed=seed,
        dropout=row["dropout"],
        learning_rate=row["rate"],
        epochs=epochs,
        **row["options"],
    )
    clock = Clock("val_loss", "val_bleu", shown=True)
    stem = f"{name.replace(' ', '-')}-{seed}-{epochs}"
    model.fit(
        parts["train"],
        validation_data=parts["validation"],
        epochs=epochs,
        verbose=0,
        callbacks=[
            training.Preview(few, count=300, shown=0, beams=1),
            clock,
            training.KeepBest("val_bleu", patience=epochs),
            training.AverageWeights(5),
            training.Resume(folder / f"{stem}.resume"),
        ],
    )
    model.save(folder / f"{stem}.keras")
    return model, clock.curve


def run(name, seed, parts, folder, epochs):
    """Trains a row and measures it: a dict of plain values."""
    model, curve = trained(name, seed, parts, folder, epochs)
    line = {"parameters": model.count_params(), "curve": curve}
    for part in ("validation", "test"):
        for beams in (1,) if name == TUTORIAL else (1, 5):  # five would take it an hour
            start = time.monotonic()
            report = model.report(parts[part], beams=beams)
            line |= {
                f"{part} {beams}": round(report.bleu, 2),
                f"{part} {beams} chrf": round(report.chrf, 2),
                f"{part} {beams} seconds": round(time.monotonic() - start, 1),
            }
        line |= {f"{part} perplexity": report.perplexity, "signature": report.bleu_signature}
    tokens = model.preprocessor.lengths(parts["train"])[1].sum()
    line |= {"seconds": curve[-1][0], "epochs": len(curve)}
    line["tokens/s"] = round(float(tokens) * len(curve) / curve[-1][0])
    return line


def table(results):
    budget = min((r["seconds"] for r in results if r["row"] == TUTORIAL), default=None)
    lines = [
        f"{'row':<18}{'seed':>5}{'parameters':>12}{'epochs':>8}{'minutes':>9}{'tokens/s':>10}"
        f"{'dev 1':>8}{'dev 5':>8}{'test 1':>8}{'test 5':>8}{'chrF':>8}{'in its time':>13}"
    ]
    for r in results:
        reached = [b for s, _, b in r["curve"] if budget is not None and s <= budget]
        lines.append(
            f"{r['row']:<18}{r['seed']:>5}{r['parameters']:>12,}{r['epochs']:>8}"
            f"{r['seconds'] / 60:>9.1f}{r['tokens/s']:>10,}"
            + "".join(
                f"{r.get(figure, float('nan')):>8.2f}"
                for figure in ("validation 1", "validation 5", "test 1", "test 5")
            )
            + f"{r.get('test 5 chrf', r['test 1 chrf']):>8.2f}"
            + f"{max(reached, default=float('nan')):>13.2f}"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--epochs", type=int, help="in place of the row's own")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("translation.jsonl"))
    chosen = parser.parse_args()

    parts = data.load("multi30k").examples
    tasks = [(name, seed) for seed in chosen.seeds for name in chosen.rows]
    folder = chosen.results.absolute().parent
    one = functools.partial(run, parts=parts, folder=folder, epochs=chosen.epochs)
    print(table(completed(chosen.results, ("row", "seed"), tasks, one)))


if __name__ == "__main__":
    main()
