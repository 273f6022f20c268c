import pathlib
import zipfile

import keras
import pytest

from seqkit.models import ModelFileError, load


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "model.keras"
    keras.Sequential([keras.Input((20,)), keras.layers.Dense(20)]).save(path)
    return path


def cut_short(path, whole):
    path.write_bytes(whole[: len(whole) // 2])


def one_byte(path, whole):
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])


def text(path, whole):
    path.write_text("This is no model.")


def empty(path, whole):
    path.write_bytes(b"")


def other_zip(path, whole):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")


def other_config(path, whole):
    original = path.with_name("original.keras")
    original.write_bytes(whole)
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"units": 20', b'"units": 30'))


SPOILT = {
    cut_short: r"is not a whole .keras file \([\d,]+ bytes\): it was cut short",
    one_byte: "was altered: the checksum of 'model.weights.h5' in it is wrong",
    text: "is not a whole .keras file",
    empty: r"is not a whole .keras file \(0 bytes\)",
    other_zip: "is no .keras model file: metadata.json, model.weights.h5 is missing",
    other_config: "cannot be loaded: ",
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_file_says_so(spoil, saved, tmp_path):
    path = tmp_path / "model.keras"
    spoil(path, saved.read_bytes())
    with pytest.raises(ModelFileError, match=SPOILT[spoil]) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_missing_file():
    with pytest.raises(ModelFileError, match=r"no model file nowhere\.keras"):
        load("nowhere.keras")


def test_a_folder_names_the_file_in_it(saved):
    with pytest.raises(ModelFileError, match=r"is a folder.*Did you mean .*model\.keras"):
        load(saved.parent)


def test_whole_file_loads(saved):
    assert isinstance(load(saved), keras.Sequential)
    assert load(pathlib.Path(saved)).count_params() == 420


def test_code_in_a_file_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    model.save(tmp_path / "lambda.keras")
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        load(tmp_path / "lambda.keras")
