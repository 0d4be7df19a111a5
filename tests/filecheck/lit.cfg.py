"""lit configuration: the same RUN lines as `test_filecheck.py`, in processes of their own."""

import os
import sys
from pathlib import Path

import lit.formats

config.name = "akg-mlir"  # noqa: F821
config.test_format = lit.formats.ShTest(execute_external=False)  # noqa: F821
config.suffixes = [".mlir"]  # noqa: F821
config.test_source_root = str(Path(__file__).parent)  # noqa: F821
config.environment["PATH"] = os.pathsep.join(  # noqa: F821
    [str(Path(sys.executable).parent), os.environ["PATH"]]
)
