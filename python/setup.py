"""Puts the library into the package, if the checkout has built it (make library): then the package needs nothing else."""

import pathlib
import shutil

from setuptools import setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    from wheel.bdist_wheel import bdist_wheel

LIBRARY = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "libinfwidth.so"


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        if LIBRARY.is_file() and not self.editable_mode:
            target = pathlib.Path(self.build_lib) / "infwidth" / LIBRARY.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(LIBRARY, target)


class PlatformWheel(bdist_wheel):
    """With the library the wheel is one of this platform; it is called through ctypes by any Python 3."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = not LIBRARY.is_file()

    def get_tag(self):
        _, _, platform = super().get_tag()
        return "py3", "none", platform


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel})
