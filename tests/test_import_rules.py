"""Who may import whom, who may read the environment, and what nobody may use: read from the source itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("kernels", "engine", "ingest", "twin_app", "ui")
MAY_IMPORT = {
    "kernels": set[str](),
    "engine": {"kernels"},
    "ingest": set[str](),
    "twin_app": {"engine", "ingest"},
    "ui": {"twin_app"},
}
FLOORS = ("words", "texts", "questions", "evidence", "reading")  # of engine/answering, the lowest first
OPENS_THE_APP = ROOT / "twin_app" / "commands" / "app.py"
KERNEL_LIBRARIES = {"torch", "triton"}
NOT_IN_INGEST = {"torch", "transformers", "textual"}
NOT_IN_ENGINE = {"duckdb", "textual", "sqlite3"}
CLIENT_SIDE = (
    *("__init__", "__main__", "arguments", "cli", "client", "connection", "dates", "errors", "invocation", "locations"),
    *("opening", "owner", "ownership", "protocol", "render", "settings", "commands/__init__"),
    *("commands/asking", "commands/bench", "commands/config", "commands/finding", "commands/memory", "commands/model"),
    *("commands/conversations", "commands/doctor", "commands/service", "commands/transfer", "commands/watch"),
    *("doctor", "offline", "service", "terminal", "transfer", "bench/__init__", "bench/verbs"),
)
ENVIRONMENT_READERS = {"twin_app/settings.py", "twin_app/locations.py"}
FORBIDDEN = {"pickle", "cloudpickle", "dill", "shelve", "marshal"}


def sources(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module's name that is imported anywhere in the tree, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield node.module or ""


def tops(tree: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in imported(tree)}


def imported_on_import(tree: ast.Module) -> set[str]:
    """What importing the module imports: not what stands in functions or under TYPE_CHECKING."""
    kept = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) and "TYPE_CHECKING" not in ast.dump(node)
    ]
    return tops(ast.Module(body=kept, type_ignores=[]))


@pytest.mark.parametrize("folder", HOUSE)
def test_the_house_is_a_one_way_street(folder: str) -> None:
    found = list(sources(folder))
    assert found, f"{folder}/ is empty"
    for path, tree in found:
        wrong = (tops(tree) & set(HOUSE)) - {folder} - MAY_IMPORT[folder]
        if path == OPENS_THE_APP:
            assert "ui" not in imported_on_import(tree), f"{path}: only when it runs"
            wrong -= {"ui"}
        assert not wrong, f"{path} imports {wrong}"


@pytest.mark.parametrize("floor", FLOORS)
def test_what_answers_a_question_is_built_in_floors(floor: str) -> None:
    allowed = {f"engine.answering.{below}" for below in FLOORS[: FLOORS.index(floor) + 1]}
    for path, tree in sources(f"engine/answering/{floor}"):
        within = {".".join(name.split(".")[:3]) for name in imported(tree) if name.startswith("engine.answering")}
        assert within <= allowed, f"{path} imports {within - allowed}"


@pytest.mark.parametrize(("folder", "unwanted"), [("ingest", NOT_IN_INGEST), ("engine", NOT_IN_ENGINE)])
def test_libraries_stay_where_they_belong(folder: str, unwanted: set[str]) -> None:
    for path, tree in sources(folder):
        assert not tops(tree) & unwanted, f"{path} imports {tops(tree) & unwanted}"


def test_kernels_need_torch_and_triton_only() -> None:
    for path, tree in sources("kernels"):
        foreign = tops(tree) - set(sys.stdlib_module_names) - KERNEL_LIBRARIES - {"kernels"}
        assert not foreign, f"{path} imports {foreign}"


@pytest.mark.parametrize("name", CLIENT_SIDE)
def test_the_client_side_needs_the_standard_library_only(name: str) -> None:
    path = ROOT / "twin_app" / f"{name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert tops(tree) <= {*sys.stdlib_module_names, "twin_app", "platformdirs"}, path
    assert "platformdirs" not in imported_on_import(tree), f"{path}: only where no home is given"
    own = {module for module in imported(tree) if module.startswith("twin_app.")}
    known = {f"twin_app.{other}".replace("/", ".").removesuffix(".__init__") for other in CLIENT_SIDE}
    assert own <= known, f"{path} imports {own - known}"


@pytest.mark.parametrize("folder", HOUSE)
def test_the_environment_is_read_in_one_place_and_nothing_is_pickled(folder: str) -> None:
    for path, tree in sources(folder):
        assert not tops(tree) & FORBIDDEN, f"{path} imports {tops(tree) & FORBIDDEN}"
        if path.relative_to(ROOT).as_posix() in ENVIRONMENT_READERS:
            continue
        defaults = {  # for libraries, which read them later: os.environ.setdefault(...)
            call.func.value
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault"
        }
        for node in ast.walk(tree):
            if node in defaults:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                assert node.attr not in ("environ", "getenv", "environb"), f"{path}:{node.lineno} reads the environment"
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                names = {alias.name for alias in node.names}
                assert not names & {"environ", "getenv"}, f"{path}:{node.lineno} reads the environment"
