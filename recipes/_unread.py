"""What the recipes share: an option that nothing would read is an error."""

import inspect


def refuse_unread(recipe, options, read, needed):
    """Raises `ValueError` if an option is set that is not read: a transformer has no cell.

    Args:
        recipe: The recipe, whose defaults count as not set.
        options: Dict from the names of options to what was received.
        read: Whether anything reads them.
        needed: What would have to be so, in words.
    """
    parameters = inspect.signature(recipe).parameters
    for name, value in () if read else options.items():
        usual = parameters[name].default
        if value is not usual and value != usual:
            raise ValueError(f"`{name}` needs {needed}. Received: {name}={value!r}")
