"""The rules of the house: who imports whom, how things are named, and what an import costs."""

import ast
import functools
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tests.fixtures.support import REPOSITORY

# No room imports from one that is named before it; nets and checkpoints do not know each other.
ROOMS = {
    "cli": {"zoo", "publish", "evaluate", "export", "nets", "checkpoints", "common"},
    "zoo": {"publish", "evaluate", "export", "nets", "checkpoints", "common"},
    "publish": {"evaluate", "export", "nets", "checkpoints", "common"},
    "evaluate": {"export", "nets", "checkpoints", "common"},
    "export": {"nets", "checkpoints", "common"},
    "nets": {"common"},
    "checkpoints": {"common"},
    "common": set(),
}
INSIDE_THE_PACKAGE = ("cli", "common")  # the other rooms are folders of the repository
# Of folders side by side in a room, those to the right know nothing of those to their left.
FOLDERS = {
    "nets": ("families", "catalogue", "layers"),
    "evaluate": ("models", "datasets"),
    "export": ("formats", "verify", "savedmodel"),
    "export.verify": ("process", "checks", "original", "reference"),
    "publish": ("destinations", "hub", "pages"),
    "publish.pages": ("checker",),
}
APART = {
    "nets": ("families", "catalogue"),
    "publish.destinations": ("stores", "kaggle", "huggingface"),
}
# Nouns of the field that look like gerunds.
NOUNS = ("rounding", "scaling", "signing", "staging", "training")
SECOND_DOOR = "slimhub.export.__main__"  # `python -m slimhub.export`, imported by nothing


@functools.cache
def modules() -> dict[str, Path]:
    """Every Python file of the project by the name it is imported as."""
    found = {}
    for room in ROOMS:
        folder = Path("slimhub", room) if room in INSIDE_THE_PACKAGE else Path(room)
        found |= below(f"slimhub.{room}", folder)
    found["slimhub"] = REPOSITORY / "slimhub" / "__init__.py"
    found["slimhub.__main__"] = REPOSITORY / "slimhub" / "__main__.py"
    return found | below("tests", Path("tests")) | below("scripts", Path("scripts"))


def below(package: str, folder: Path) -> dict[str, Path]:
    names = {}
    for path in sorted((REPOSITORY / folder).rglob("*.py")):
        parts = path.relative_to(REPOSITORY / folder).with_suffix("").parts
        names[".".join([package, *parts]).removesuffix(".__init__")] = path
    return names


@functools.cache
def imported(module: str) -> frozenset[str]:
    """What a module imports, wherever in it: at the top, in a function, or for types alone."""
    names = set()
    for node in ast.walk(ast.parse(modules()[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relative to itself"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in modules() else node.module)
    return frozenset(names)


def room_of(module: str) -> str:
    """The room that a module is in; of others their first name."""
    first, _, rest = module.partition(".")
    return rest.split(".")[0] if first == "slimhub" and rest else first


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_from_its_left(room):
    inside = [name for name in modules() if room_of(name) == room and name != SECOND_DOOR]
    assert inside
    for module in inside:
        rooms = {room_of(name) for name in imported(module)}
        assert rooms & {*ROOMS, "scripts", "tests"} <= ROOMS[room] | {room}, module


def circles() -> Iterator[list[str]]:
    """Modules that reach themselves by imports."""
    for start in modules():
        reached, queue = set(), [start]
        while queue:
            found = {name for name in imported(queue.pop()) if name in modules()}
            queue += found - reached
            reached |= found
        if start in reached - {start} or start in imported(start):
            yield start


def test_there_is_no_circle_of_files():
    assert list(circles()) == []


def test_folders_import_in_one_direction():
    for place, names in FOLDERS.items():
        folders = [f"slimhub.{place}.{name}" for name in names]
        for position, folder in enumerate(folders):
            assert imports_below(folder, folders[:position]) == [], folder


def test_folders_that_have_nothing_to_do_with_each_other_stay_apart():
    for place, names in APART.items():
        folders = [f"slimhub.{place}.{name}" for name in names]
        for folder in folders:
            assert imports_below(folder, [other for other in folders if other != folder]) == []


def imports_below(folder: str, others: list[str]) -> list[tuple[str, str]]:
    """Imports from modules of a folder to modules of others."""
    return [
        (module, name)
        for module in modules()
        if f"{module}.".startswith(f"{folder}.")
        for name in imported(module)
        if any(f"{name}.".startswith(f"{other}.") for other in others)
    ]


def product() -> dict[str, Path]:
    """The modules that a wheel holds."""
    return {name: path for name, path in modules().items() if name.startswith("slimhub")}


def test_modules_are_named_by_nouns_and_no_two_alike():
    programs = {name: path for name, path in modules().items() if name.startswith("scripts")}
    paths = [*product().values(), *programs.values()]
    names = Counter(path.stem for path in paths if not path.stem.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if name.endswith("ing") and name not in NOUNS] == []


def test_no_two_classes_have_one_name():
    places: dict[str, list[str]] = {}
    for module, path in product().items():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


OUTSIDE = ("tests", "scripts", "samples", "examples", "docs", "build", "dist")


def folders_with_code() -> set[str]:
    """Folders of the repository that hold Python files of the product, as packages."""
    found = set()
    for path in REPOSITORY.rglob("*.py"):
        parts = path.relative_to(REPOSITORY).parts[:-1]
        if parts and parts[0] not in OUTSIDE and not parts[0].startswith("."):
            found.add(".".join(parts if parts[0] == "slimhub" else ("slimhub", *parts)))
    return found


def test_every_folder_is_a_package_of_the_wheel():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    settings = project["tool"]["setuptools"]
    folders = {name for name, path in product().items() if path.name == "__init__.py"}
    assert folders == folders_with_code()
    assert sorted(settings["packages"]) == sorted(folders)
    data = {
        f"{package}/{path.name}"
        for package in folders
        for path in product()[package].parent.iterdir()
        if path.is_dir() and path.name in ("data", "static", "templates")
    }
    listed = {
        f"{package}/{pattern.split('/')[0]}"
        for package, patterns in settings["package-data"].items()
        for pattern in patterns
        if "/" in pattern
    }
    assert data == listed


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_imports_no_tensorflow(room):
    program = (
        f"import sys, slimhub.{room}; "
        "print([m for m in sys.modules if m in ('tensorflow', 'pooch')])"
    )
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


# Private, though their names do not begin with an underscore.
INSIDES = ("tensorflow.python", "kagglehub.")
# Runs with TensorFlow 1.15 on Python 3.7, where slimhub cannot be imported.
FOR_OLD_TENSORFLOW = "scripts.store_oldest_operations"


def private_names(module: str) -> Iterator[str]:
    """What a module uses of other libraries that is not public."""
    tree = ast.parse((REPOSITORY / modules()[module]).read_text("utf-8"))
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    for name in names:
        is_private = name.startswith(INSIDES) or re.search(r"(^|\.)_(?!_)", name)
        # `_typeshed` is where the types of the standard library are, for type checkers alone.
        if is_private and room_of(name) not in {*ROOMS, "tests", "scripts", "_typeshed"}:
            yield name
    if room_of(module) in ROOMS:
        yield from private_attributes(tree)


def private_attributes(tree: ast.Module) -> Iterator[str]:
    """Attributes with an underscore in front that no object of the same file has."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    own = {node.attr for node in attributes if ast.unparse(node.value) in ("self", "cls")}
    for node in attributes:
        name = ast.unparse(node)
        if re.match(r"_(?!_)", node.attr) and node.attr not in own and name != "os._exit":
            yield name


def test_private_names_of_other_libraries_are_in_internals_alone():
    """An upgrade that breaks one is then found by name, by the test of that module."""
    others = set(modules()) - {FOR_OLD_TENSORFLOW}
    found = {name: list(private_names(name)) for name in others if not name.endswith("_internals")}
    assert {name: names for name, names in found.items() if names} == {}


def test_every_module_of_internals_has_a_test():
    tested = {path.stem for path in (REPOSITORY / "tests").rglob("test_*_internals.py")}
    internals = [name.rpartition(".")[2] for name in modules() if name.endswith("_internals")]
    assert {f"test_{name}" for name in internals if not name.startswith("test_")} == tested
