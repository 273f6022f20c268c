"""The model card: what a stranger has to know before use, in Markdown."""

__all__ = ["card"]

TEXT = """# {name}

A text classifier: it reads a text and answers one of {labels}.
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
model.classify(["{example}"])
```

```
seqkit predict model.keras texts.txt
seqkit export model.keras serving
```

## Limits

- It answers one of its labels for every text, also for one in another language or on another
  subject than its training data; a probability says how sure the model is, not how right.
- Words it has not met in training all look the same to it ({vocabulary:,} ids are known).
- It has learned from its data whatever leanings the data has. Measure it on your own texts,
  group by group, before anything depends on its answers.
"""


def card(record):
    """Writes the card of a run.

    Args:
        record: what `metrics.json` of the run holds, as a dict.

    Returns:
        Markdown, str.
    """
    model = record["model"]
    rows = ("kind", "encoder", "pooling", "tokens", "vocabulary", "parameters", "optimizer")
    return TEXT.format(
        name=model["name"],
        labels=", ".join(f"`{label}`" for label in model["labels"]),
        created=record["created"],
        seqkit=model["seqkit"],
        keras=model["keras"],
        made_of="\n".join(f"| {row} | {cell(model[row])} |" for row in rows),
        training=training(record),
        quality=quality(record["figures"]),
        example="your text here",
        vocabulary=model["vocabulary"],
    )


def cell(value):
    return f"{value:,}" if isinstance(value, int) else f"`{value}`"


def training(record):
    history, data = record["history"], record["data"]
    epochs = len(next(iter(history.values()), ()))
    lines = [f"- {name}: {text}" for name, text in data.items()]
    lines.append(f"- {epochs} epochs, {record['seconds']:.0f} seconds on {record['backend']}")
    if record["settings"]:
        chosen = ", ".join(f"{key}={value!r}" for key, value in record["settings"].items())
        lines.append(f"- settings: `{chosen}`")
    return "\n".join(lines)


def quality(figures):
    if not figures:
        return "Not measured: the run had no validation data."
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
    return "\n".join([*lines, "", "![confusion matrix](confusion_matrix.png)"])
