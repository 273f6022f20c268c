"""The model card: what a stranger has to know before use, in Markdown."""

__all__ = ["card"]

TEXT = """# {name}

{purpose}.
Made {created} with seqkit {seqkit} on Keras {keras}.

| | |
|---|---|
{made_of}

## Training

{training}

![learning curves](learning_curves.png)

## How well it does

{quality}

## Use

```python
from seqkit import models

model = models.load("model.keras")
model.{verb}
```

```
seqkit {command}
seqkit export model.keras serving
```

## Limits

- {limit}
  A probability says how sure the model is, not how right.
- {unknown}
- It has learned from its data whatever leanings the data has. Measure it on your own data,
  group by group, before anything depends on its answers.
"""


# What is said of each kind of model.
KINDS = {
    "TextClassifier": {
        "purpose": "A text classifier: it reads a text and answers one of {labels}",
        "verb": 'classify(["your text here"])',
        "command": "predict model.keras texts.txt",
        "limit": "It answers one of its labels for every text, also for one in another language or "
        "on\n  another subject than its training data.",
        "unknown": "Words it has not met in training all look the same to it "
        "({vocabulary:,} ids are known).",
    },
    "Tagger": {
        "purpose": "A tagger: it reads a sentence and gives each word one of {labels}",
        "verb": 'tag([["your", "words", "here"]])',
        "command": "tag model.keras sentences.txt",
        "limit": "It gives every word one of its tags, also in another language or another kind of "
        "text\n  than its training data, and takes words as they are cut for it.",
        "unknown": "Words it has not met in training ({vocabulary:,} ids are known) it judges by "
        "their\n  neighbours, and by their characters where it reads these.",
    },
    "Forecaster": {
        "purpose": "A forecaster: it reads the last {lookback} steps of a series and says the next "
        "{horizon} of {labels}",
        "verb": "forecast(frame)",
        "command": "forecast model.keras series.csv",
        "limit": "It takes the future to go on like the past: what never happened in its training "
        "data\n  it cannot foresee.",
        "unknown": "Its intervals were set right on the end of the training period, and hold as "
        "long as\n  errors stay like those.",
    },
    "Translator": {
        "purpose": "A translator: it reads a text and writes another, as it has learned from pairs",
        "verb": 'translate(["your text here"])',
        "command": "translate model.keras texts.txt",
        "limit": "It writes something for every text, also for one in another language or on "
        "another\n  subject than its training data, and may say fluently what is not there.",
        "unknown": "What it has not met in training it cannot read "
        "({source vocabulary:,} ids are known), nor\n  write.",
    },
}


def card(record):
    """Writes the card of a run.

    Args:
        record: what `metrics.json` of the run holds, as a dict.

    Returns:
        Markdown, str.
    """
    model = record["model"]
    labels = ", ".join(f"`{label}`" for label in model.get("labels", ()))
    said = {
        name: text.format(**(model | {"labels": labels}))
        for name, text in KINDS[model["kind"]].items()
    }
    rows = [row for row in model if row not in ("name", "labels", "seqkit", "keras")]
    return TEXT.format(
        name=model["name"],
        created=record["created"],
        seqkit=model["seqkit"],
        keras=model["keras"],
        made_of="\n".join(f"| {row} | {cell(model[row])} |" for row in rows),
        training=training(record),
        quality=quality(record["figures"]),
        **said,
    )


def cell(value):
    return f"{value:,}" if type(value) is int else f"`{value}`"


def training(record):
    history, data = record["history"], record["data"]
    epochs = len(next(iter(history.values()), ()))
    lines = [f"- {name}: {text}" for name, text in data.items()]
    lines.append(f"- {epochs} epochs, {record['seconds']:.0f} seconds on {record['backend']}")
    if record["settings"]:
        chosen = ", ".join(f"{key}={value!r}" for key, value in record["settings"].items())
        lines.append(f"- settings: `{chosen}`")
    if "val_bleu" in history:
        lines.append("- BLEU after each epoch, drawn below, is of a sample of the validation pairs")
    return "\n".join(lines)


def quality(figures):
    if not figures:
        return "Not measured: the run had no validation data."
    if "baselines" in figures:
        return backtested(figures)
    if "bleu" in figures:
        return translated(figures)
    lines = [
        f"On {figures['examples']:,} examples of validation data, which also chose the epoch to "
        f"keep: accuracy **{figures['accuracy']:.4f}**, macro-F1 **{figures['macro_f1']:.4f}**.",
        "",
        "| class | precision | recall | F1 | examples |",
        "|---|---|---|---|---|",
    ]
    for label, row in figures["classes"].items():
        numbers = " | ".join(f"{row[name]:.4f}" for name in ("precision", "recall", "f1"))
        lines.append(f"| {label} | {numbers} | {row['support']:,} |")
    if "unknown_words" in figures:
        lines += [
            "",
            f"{figures['unknown_words']:,} words were unknown, accuracy on them "
            f"{figures['unknown_accuracy'] or 0:.4f}; {figures['sentence_accuracy']:.1%} of "
            f"{figures['sentences']:,} sentences are without a mistake.",
        ]
    if "span_f1" in figures:
        lines += ["", f"F1 of spans, by type and place: **{figures['span_f1']:.4f}**."]
    return "\n".join([*lines, "", "![confusion matrix](confusion_matrix.png)"])


def translated(figures):
    """BLEU and chrF with the signatures that make them comparable."""
    return "\n".join(
        (
            f"On {figures['sentences']:,} pairs of validation data, which also chose the epoch to "
            f"keep; {figures['exact']:.1%} equal their reference, whose perplexity is "
            f"{figures['perplexity']:.2f}:",
            "",
            "| | | signature |",
            "|---|---|---|",
            f"| BLEU | **{figures['bleu']:.2f}** | {signature(figures['bleu_signature'])} |",
            f"| chrF | **{figures['chrf']:.2f}** | {signature(figures['chrf_signature'])} |",
        )
    )


def signature(text):
    """In a table a bar would end the cell."""
    return "`" + text.replace("|", "\\|") + "`"


def backtested(figures):
    """A row for the model and for each baseline."""
    names = ("mae", "rmse", "smape", "mase", "crps", "coverage")
    lines = [
        f"From {figures['windows']} moments of the validation data, {figures['steps']} steps ahead "
        f"of {figures['series']:,} series, on the scale of the data; coverage is of the 90% "
        "interval, before it was set right:",
        "",
        f"| method | {' | '.join(names)} |",
        "|---|" + "---|" * len(names),
    ]
    for method, row in {"this model": figures, **figures["baselines"]}.items():
        numbers = ("-" if row[name] is None else f"{row[name]:.4g}" for name in names)
        lines.append(f"| {method} | {' | '.join(numbers)} |")
    return "\n".join([*lines, "", "![errors by step](backtest.png)"])
