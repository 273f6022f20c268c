"""Tags that mark spans: BIO, IOB1, IOBES and BILOU.

Shapes: C tags.

A tag is "O", or a letter and a type, "B-NP". BIO (IOB2) begins every span with B; IOB1 only one
that follows another of its type; IOBES also marks the last word (E) and a single one (S), which
BILOU calls L and U.
"""

import re

import numpy as np

from seqkit.data.examples import DataError

__all__ = ["SCHEMES", "allowed", "check", "convert", "detect", "spans"]

# What each letter means in terms of IOBES.
SCHEMES = {
    "BIO": dict(zip("BIO", "BIO", strict=True)),
    "IOB1": dict(zip("BIO", "BIO", strict=True)),
    "IOBES": dict(zip("BIOES", "BIOES", strict=True)),
    "BILOU": dict(zip("BILOU", "BIEOS", strict=True)),
}
TAG = re.compile(r"O|([A-Z])(?:-(.+))?")


def spans(tags, scheme="BIO", *, strict=False):
    """The spans that the tags of one sentence mark.

    As seqeval does by default, tags that break the scheme are read as they may be meant: a span
    begins at B and S, and at any other tag after O, after another type, or after E and S.

    Args:
        tags: Sequence of str; `None` counts as "O".
        scheme: "BIO", "IOB1", "IOBES" or "BILOU".
        strict: Whether spans that break the scheme are left out.

    Returns:
        List of (type, start, end): the words `start` to `end - 1`. A tag "B" has the type "_".

    Raises:
        ValueError: The scheme is not known.
        DataError: A tag is none of the scheme's.

    Example:
        >>> spans(["B-NP", "I-NP", "O", "I-VP"])
        [('NP', 0, 2), ('VP', 3, 4)]
        >>> spans(["B-NP", "I-NP", "O", "I-VP"], strict=True)
        [('NP', 0, 2)]
    """
    parsed = [_parse(tag, scheme) for tag in tags]
    starts, before, kind_before = [], "O", None
    for i, (letter, kind) in enumerate(parsed):
        if letter in "BS" or (letter != "O" and (before in "OES" or kind_before != kind)):
            starts.append(i)
        before, kind_before = letter, kind
    found = []
    for start, limit in zip(starts, [*starts, len(parsed)][1:], strict=True):
        end = next((i for i in range(start, limit) if parsed[i][0] == "O"), limit)
        if not strict or _is_sound(parsed, start, end, scheme):
            found.append((parsed[start][1], start, end))
    return found


def convert(tags, source, target):
    """The same spans in another scheme.

    Args:
        tags: Those of one sentence, or `Sentences`. An absent tag stays absent.
        source: Scheme of `tags`.
        target: Scheme to write.

    Returns:
        List of str, or `Sentences`.

    Raises:
        ValueError: A scheme is not known.
        DataError: The tags break the scheme `source`; says where.

    Example:
        >>> convert(["I-NP", "I-NP", "B-NP", "O"], "IOB1", "IOBES")
        ['B-NP', 'E-NP', 'S-NP', 'O']
    """
    check(tags, source)
    _letters(target)
    if hasattr(tags, "labels"):
        rows = None if tags.labels is None else [_written(r, source, target) for r in tags.labels]
        return type(tags)(tags.words, rows, name=tags.name)
    return _written(tags, source, target)


def check(tags, scheme, *, name="tags"):
    """Raises `DataError` where a tag may not stand, such as an I without a B before it.

    Args:
        tags: Those of one sentence, a list of such lists, or `Sentences`.
        scheme: "BIO", "IOB1", "IOBES" or "BILOU".
        name: What messages call the tags, unless they are `Sentences`.

    Raises:
        ValueError: The scheme is not known.
        DataError: A tag breaks the scheme; names sentence and word.

    Example:
        >>> try:
        ...     check([["B-NP", "O"], ["O", "I-NP"]], "BIO")
        ... except DataError as error:
        ...     print(str(error).partition(" Received")[0])
        tags: sentence 1, word 1: expected a tag that may stand after 'O' in BIO.
    """
    name = getattr(tags, "name", name)
    _letters(scheme)
    for row, own in enumerate(_rows(tags)):
        before = None
        for at, tag in enumerate(own):
            where = f"{name}: sentence {row}, word {at}"
            known = _parse(tag, scheme, where)
            # An absent tag may be any, so nothing is known of the next one.
            told = tag is not None and not (at and own[at - 1] is None)
            if told and not _may_follow(before, known, scheme):
                after = f"after {own[at - 1]!r}" if at else "at the start"
                raise DataError(
                    f"{where}: expected a tag that may stand {after} in {scheme}. Received: {tag!r}"
                )
            before = known
        if own and own[-1] is not None and not _may_follow(before, None, scheme):
            raise DataError(
                f"{name}: sentence {row}, word {len(own) - 1}: expected a tag that may stand at "
                f"the end in {scheme}. Received: {own[-1]!r}"
            )


def allowed(labels, scheme):
    """Which tags may begin a sentence, follow one another, and end it.

    Args:
        labels: The C tags, a sequence of str.
        scheme: "BIO", "IOB1", "IOBES" or "BILOU".

    Returns:
        Three bool arrays: start (C,), transitions (C, C) from row to column, end (C,).

    Raises:
        ValueError: The scheme is not known.
        DataError: A tag is none of the scheme's.

    Example:
        >>> start, transitions, end = allowed(["B-NP", "I-NP", "O"], "BIO")
        >>> start.tolist(), transitions[2].tolist()
        ([True, False, True], [True, False, True])
    """
    known = [_parse(label, scheme) for label in labels]
    start = np.array([_may_follow(None, tag, scheme) for tag in known], bool)
    end = np.array([_may_follow(tag, None, scheme) for tag in known], bool)
    pairs = [[_may_follow(a, b, scheme) for b in known] for a in known]
    return start, np.array(pairs, bool).reshape(len(known), len(known)), end


def detect(labels):
    """The scheme that tags look like, or `None`.

    BIO and IOB1 have the same letters: `Sentences` are read to tell them apart; names alone are
    IOB1 where a type has an I and no B.

    Args:
        labels: Distinct tags, or `Sentences`.

    Returns:
        "BIO", "IOB1", "IOBES", "BILOU" or `None`.

    Example:
        >>> detect(["B-NP", "I-NP", "O"]), detect(["NOUN", "VERB"])
        ('BIO', None)
    """
    names = getattr(labels, "label_names", labels)
    pairs = {(tag[0], tag[2:]) for tag in names if re.fullmatch(r"[A-Z]-.+", tag)}
    letters = {letter for letter, _ in pairs}
    if not pairs or len(pairs) < len(set(names) - {"O"}):
        return None
    if not letters <= set("BI"):
        return next((s for s in ("IOBES", "BILOU") if letters <= set(SCHEMES[s])), None)
    for scheme in ("BIO", "IOB1"):
        if hasattr(labels, "label_names"):
            try:
                check(labels, scheme)
                return scheme
            except DataError:
                continue
    # Both are broken somewhere, or the order of the tags is not known.
    begun = all(("B", kind) in pairs for letter, kind in pairs if letter == "I")
    return "BIO" if begun else "IOB1"


def _letters(scheme):
    if scheme not in SCHEMES:
        raise ValueError(f"`scheme` must be one of {', '.join(SCHEMES)}. Received: {scheme!r}")
    return SCHEMES[scheme]


def _parse(tag, scheme, where="tags"):
    """(letter of IOBES, type)."""
    letters = _letters(scheme)
    match = TAG.fullmatch("O" if tag is None else tag)
    if match is None or (match[1] or "O") not in letters:
        expected = ", ".join(letter if letter == "O" else f"{letter}-type" for letter in letters)
        raise DataError(f"{where}: expected a tag of {scheme}: {expected}. Received: {tag!r}")
    return ("O", None) if match[1] is None else (letters[match[1]], match[2] or "_")


def _may_follow(before, tag, scheme):
    """Whether `tag` may come after `before`; `None` is the edge of the sentence."""
    before, kind_before = before or ("O", None)
    letter, kind = tag or ("O", None)
    inside = before != "O" and kind_before == kind
    if scheme == "BIO":
        return letter != "I" or inside
    if scheme == "IOB1":
        return letter != "B" or inside
    if before in "BI":
        return letter in "IE" and inside
    return letter in "OBS"


def _is_sound(parsed, start, end, scheme):
    letters = "".join(letter for letter, _ in parsed[start:end])
    if scheme == "BIO":
        return letters[0] == "B"
    if scheme == "IOB1":
        before = parsed[start - 1] if start else None
        return letters[0] == "I" or _may_follow(before, parsed[start], scheme)
    return re.fullmatch("S|BI*E", letters) is not None


def _written(tags, source, target):
    found = [None if tag is None else "O" for tag in tags]
    names = {meaning: letter for letter, meaning in _letters(target).items()}
    last = (None, 0, 0)
    for kind, start, end in spans(tags, source):
        meant = ["I"] * (end - start)
        if target != "IOB1" or (last[0], last[2]) == (kind, start):
            meant[0] = "B"
        if "E" in names:
            meant[-1] = "S" if end - start == 1 else "E"
        last = (kind, start, end)
        found[start:end] = [f"{names[letter]}-{kind}" for letter in meant]
    return found


def _rows(tags):
    if hasattr(tags, "labels"):
        return tags.labels or []
    tags = list(tags)
    one = any(isinstance(tag, str) for tag in tags) or all(tag is None for tag in tags)
    return [tags] if one else tags
