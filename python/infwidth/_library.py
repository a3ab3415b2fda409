"""Finding libinfwidth, its functions, and its errors as exceptions."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import pathlib
import sys
from typing import Callable, Iterator, Type

from ._version import __version__

NAME = "libinfwidth.so"
USAGE, DATA, ACCURACY, OUTPUT = 64, 65, 70, 74


class InfwidthError(Exception):
    """What the library refuses; ``status`` is the exit status that the command would leave with."""

    status: int = ACCURACY


class UsageError(InfwidthError, ValueError):
    """Wrong arguments: a name, a number or a network that cannot be (status 64)."""

    status = USAGE


class DataError(InfwidthError, ValueError):
    """Malformed data: inputs that are not finite or have another dimension (status 65)."""

    status = DATA


class AccuracyError(InfwidthError, ArithmeticError):
    """The value does not exist, or the accuracy was not reached (status 70)."""

    status = ACCURACY


class OutputError(InfwidthError, OSError):
    """The output cannot be written (status 74)."""

    status = OUTPUT


_ERRORS: dict[int, Type[InfwidthError]] = {
    error.status: error for error in (UsageError, DataError, AccuracyError, OutputError)
}


Progress = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)


def _candidates() -> Iterator[str]:
    """Where the library may be, in the order in which it is looked for."""
    package = pathlib.Path(__file__).resolve().parent
    yield str(package / NAME)
    checkout = package.parent.parent
    if (checkout / "Package.swift").is_file():
        yield str(checkout / ".build" / "release" / NAME)
    for prefix in (sys.prefix, os.path.expanduser("~/.local"), "/usr/local", "/usr"):
        yield os.path.join(prefix, "lib", NAME)


def _find() -> str:
    named = os.environ.get("INFWIDTH_LIBRARY")
    if named:
        if os.path.isdir(named):
            named = os.path.join(named, NAME)
        if not os.path.isfile(named):
            raise ImportError(f"INFWIDTH_LIBRARY names '{named}', and there is no such file. Name {NAME}, or unset it.")
        return named
    for path in _candidates():
        if os.path.isfile(path):
            return path
    found = ctypes.util.find_library("infwidth")
    if found:
        return found
    looked = "\n".join(f"  {path}" for path in _candidates())
    raise ImportError(
        f"{NAME} is not there. In the checkout of InfiniteWidth run 'make python' (builds it and installs this package "
        "with it) or 'make install' (PREFIX=/usr/local), or set INFWIDTH_LIBRARY to its path. Looked for:\n" + looked
    )


def _load() -> ctypes.CDLL:
    path = _find()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(
            f"{path} cannot be loaded: {error}. It needs the GSL, OpenBLAS and libzip (Debian: apt-get install libgsl27 "
            "libopenblas0 libzip4)."
        ) from error
    try:
        library.infwidth_version.restype = ctypes.c_char_p
        version = library.infwidth_version().decode()
    except AttributeError as error:
        raise ImportError(f"{path} is another library: it has no infwidth_version.") from error
    if version.split(".")[:2] != __version__.split(".")[:2]:
        raise ImportError(
            f"{path} is version {version}, and this package {__version__}. In the checkout run 'make python' again."
        )
    return library


library = _load()
path: str = library._name

_text, _size, _double, _int = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_double, ctypes.c_int
_pointer, _message = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)


def _declare(name: str, *arguments: object) -> Callable[..., int]:
    function = getattr(library, name)
    function.argtypes = arguments
    function.restype = _int
    return function  # type: ignore[no-any-return]


library.infwidth_free.argtypes = [_pointer]
library.infwidth_free.restype = None
library.infwidth_network_close.argtypes = [_pointer]
library.infwidth_network_close.restype = None
library.infwidth_network_dimension.argtypes = [_pointer]
library.infwidth_network_dimension.restype = _size

network_open = _declare("infwidth_network_open", _text, _size, _message, _message)
network_parse = _declare("infwidth_network_parse", _text, _message, _message)
network_yaml = _declare("infwidth_network_yaml", _pointer, _message, _message)
dual_json = _declare("infwidth_dual_json", _text, _text, _text, _text, _text, _message, _message)
table_json = _declare("infwidth_table_json", _pointer, _text, _double, _int, _message, _message)
expect = _declare(
    "infwidth_expect", _pointer, _text, _text, _text, _pointer, _size, _size, _double, _text, _int, _message,
    ctypes.POINTER(_size), _message,
)
gram = _declare(
    "infwidth_gram", _pointer, _pointer, _size, _pointer, _size, _size, _int, _pointer, _pointer, _pointer, Progress,
    _pointer, _message,
)
gram_diagonal = _declare(
    "infwidth_gram_diagonal", _pointer, _pointer, _size, _size, _int, _pointer, _pointer, _message
)
gram_file = _declare("infwidth_gram_file", _pointer, _text, _text, _text, _text, _int, _message)


def take(memory: ctypes.c_void_p) -> str:
    """The text that the library handed out, which is then given back."""
    try:
        return ctypes.string_at(memory.value or 0).decode() if memory.value else ""
    finally:
        library.infwidth_free(memory)


def call(function: Callable[..., int], *arguments: object) -> None:
    """Calls a function whose last argument is the message.

    Raises:
        InfwidthError: Of the subclass of the status, with the message.
    """
    message = ctypes.c_void_p()
    status = function(*arguments, ctypes.byref(message))
    if status != 0:
        raise _ERRORS.get(status, AccuracyError)(take(message))


def bytes_of(function: Callable[..., int], *arguments: object) -> bytes:
    """Calls a function whose last arguments are bytes for the result, their number, and the message."""
    result, size = ctypes.c_void_p(), ctypes.c_size_t()
    call(function, *arguments, ctypes.byref(result), ctypes.byref(size))
    try:
        return ctypes.string_at(result.value or 0, size.value)
    finally:
        library.infwidth_free(result)


def text_of(function: Callable[..., int], *arguments: object) -> str:
    """Calls a function whose last arguments are a text for the result and the message."""
    result = ctypes.c_void_p()
    call(function, *arguments, ctypes.byref(result))
    return take(result)


def encoded(text: str, name: str) -> bytes:
    """A text for C, which ends texts at a zero byte."""
    if "\0" in text:
        raise UsageError(f"{name} holds a zero character. Take it out.")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{name} is no text: {error}.") from error
