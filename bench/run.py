"""Runs every benchmark of this folder and writes what they print to docs/benchmarks.md, with the method of each.

A benchmark is a script whose docstring says what it measures, against what, and how; it prints lines of text. Figures
are CPU time and ratios taken in one run, because machines are shared and wall clocks lie.
"""

import ast
import platform
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "benchmarks.md"


def section(script: Path) -> str:
    """Runs one benchmark and describes it."""
    method = ast.get_docstring(ast.parse(script.read_text())) or ""
    title, _, rest = method.partition("\n\n")
    print(f"# {script.name}", flush=True)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)  # noqa: S603
    print(done.stdout, flush=True)
    return f"## {title.rstrip('.')}\n\n{rest}\n\n```\n{done.stdout.rstrip()}\n```\n"


def main() -> None:
    """Runs those that are named, else all; only a whole run writes the page."""
    scripts = [FOLDER / f"{name}.py" for name in sys.argv[1:]]
    scripts = scripts or sorted(path for path in FOLDER.glob("*.py") if path.name != "run.py")
    sections = [section(script) for script in scripts]
    if len(sys.argv) == 1:
        machine = f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}"
        head = (
            "# Benchmarks\n\nWritten by `make bench`. CPU time and ratios of one run, on a shared machine"
            f" ({machine}): compare lines with each other, not with another machine.\n\n"
        )
        PAGE.write_text(head + "\n".join(sections))


if __name__ == "__main__":
    main()
