"""Networks: presets, files, texts and dictionaries."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Mapping, Optional, Union

from . import _library
from ._library import UsageError

#: What stands for a network: a name as in ``"relu-3"``, a file, the text of a file, a dictionary, or a `Network`.
NetworkLike = Union["Network", str, "os.PathLike[str]", Mapping[str, Any]]


class Network:
    """A network: its layers, the laws of their parameters, and its parameterization. Immutable.

    Args:
        network: One of

            * a short name, ``"relu-3"``: ACTIVATION-DEPTH with DEPTH hidden layers, NTK parameterization, every weight
              standard normal behind the multiplier W_std/sqrt(fan_in), W_std = sqrt(2) for relu and its relatives and 1 for
              bounded activations, no biases; ``"erf-2(W_std=3/2, b_std=1/10)"`` says it otherwise;
            * a preset, ``"he(tanh, depth=5)"``, as `infwidth presets` lists them;
            * the name of a YAML or JSON file (there is such a file, or it ends in .yaml, .yml or .json, or has a folder), or a path object;
            * the text of such a file (it has several lines, or begins with a brace), or a dictionary with its keys.
        dimension: The number of coordinates of an input, for short names and presets that give none.

    Raises:
        UsageError: Saying what is wrong and what is allowed; it is a ValueError.
    """

    __slots__ = ("_handle", "_yaml")
    _handle: ctypes.c_void_p
    _yaml: Optional[str]

    def __init__(self, network: NetworkLike, dimension: Optional[int] = None) -> None:
        self._yaml = None
        self._handle = ctypes.c_void_p()
        result = ctypes.byref(self._handle)
        if isinstance(network, Network):
            network = network.yaml
        if isinstance(network, Mapping):
            network = json.dumps(network, default=str)
        elif isinstance(network, os.PathLike):
            name = os.fspath(network)
            _library.call(_library.network_open, _library.encoded(name, "the path"), 1, result)
            return
        if not isinstance(network, str):
            raise UsageError(f"{network!r} is no network. Give a name as in 'relu-3', a file, its text, or a dictionary.")
        text = _library.encoded(network, "the network")
        if "\n" in network or network.lstrip().startswith("{"):
            _library.call(_library.network_parse, text, result)
            return
        if not network.startswith("preset:") and not _names_file(network):
            text = b"preset:" + text
        dimension = 1 if dimension is None else int(dimension)
        if dimension < 1:
            raise UsageError(f"dimension is {dimension}. Give the number of coordinates of an input.")
        _library.call(_library.network_open, text, dimension, result)

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle:
            _library.library.infwidth_network_close(handle)

    @property
    def _as_parameter_(self) -> ctypes.c_void_p:
        """What ctypes hands to C. Calls take the network itself, which so lives until they return."""
        return self._handle

    @property
    def dimension(self) -> int:
        """The number of coordinates of an input."""
        return int(_library.library.infwidth_network_dimension(self))

    @property
    def yaml(self) -> str:
        """The network file in canonical spelling."""
        if self._yaml is None:
            self._yaml = _library.text_of(_library.network_yaml, self)
        return self._yaml

    def __repr__(self) -> str:
        return f"Network({self.yaml!r})"

    def __eq__(self, other: object) -> bool:
        return self.yaml == other.yaml if isinstance(other, Network) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.yaml)

    def __copy__(self) -> Network:
        return self

    def __deepcopy__(self, memo: object) -> Network:
        return self

    def __reduce__(self) -> tuple[type[Network], tuple[str]]:
        return Network, (self.yaml,)


def _names_file(text: str) -> bool:
    # A bar may stand in the options of a preset, "relu-3(b_std=1/10)".
    has_folder = os.path.dirname(text) != "" and "(" not in text
    return os.path.isfile(text) or has_folder or text.endswith((".yaml", ".yml", ".json"))


def network_of(network: NetworkLike, dimension: int) -> Network:
    """The network itself, or the one that is named; presets take the dimension of the data."""
    return network if isinstance(network, Network) else Network(network, dimension)
