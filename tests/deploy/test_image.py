"""deploy/Dockerfile makes one locked-up image of exactly what is needed; `make image-try` shows that it runs."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.image.recipe import Copy, Run, Stage, UnknownInstruction, read
from tests.architecture.source import PROJECT
from tests.deploy.rendered import pod_of, workloads

DOCKERFILE = PROJECT / "deploy" / "Dockerfile"
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read(DOCKERFILE)


@pytest.fixture(scope="module")
def image(stages: list[Stage]) -> Stage:
    return stages[-1]


def copies_of_the_checkout(stages: list[Stage]) -> list[str]:
    return [name for stage in stages for s in stage.steps if isinstance(s, Copy) and not s.stage for name in s.sources]


def lines_of(stage: Stage) -> str:
    return "\n".join(step.line for step in stage.steps if isinstance(step, Run))


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    command = [str(hadolint), "--failure-threshold=style", "--no-color", str(DOCKERFILE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_builds_stays_behind(stages: list[Stage], image: Stage) -> None:
    assert len(stages) > 1 and len({stage.base for stage in stages}) == 1, "the interpreter must be the same"
    assert re.search(r"\bpip wheel\b", lines_of(stages[0]))
    assert not re.search(r"\b(pip|apt-get|gcc|make|wheel)\b", lines_of(image))
    taken = [step for step in image.steps if isinstance(step, Copy)]
    assert [(step.stage, step.sources) for step in taken] == [("build", ("/opt/ombud",))]
    assert all("--without-pip" in line for line in re.findall(r"-m venv .*?/opt/ombud", lines_of(stages[0]))[-1:])


def test_what_is_installed_is_the_lock_file_and_nothing_from_elsewhere(stages: list[Stage]) -> None:
    lines = lines_of(stages[0])
    assert "-r /src/requirements.txt" in lines
    (install,) = re.findall(r"install .*?(?=&&|$)", lines)
    assert "--no-index" in install and "--no-deps" in install


def test_bytecode_is_compiled_where_it_still_can_be_written(stages: list[Stage], image: Stage) -> None:
    assert "compileall" in lines_of(stages[0]) and "/opt/ombud/lib" in lines_of(stages[0])
    assert "compileall" in lines_of(image) and "stdlib" in lines_of(image)
    assert image.env["PYTHONDONTWRITEBYTECODE"] == "1"


def test_base_has_an_exact_version(image: Stage) -> None:
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", image.base), image.base


def test_it_runs_as_the_number_that_the_pods_ask_for(image: Stage) -> None:
    uid, _, gid = image.user.partition(":")
    asked = {pod_of(w)["securityContext"]["runAsUser"] for w in workloads("production") if w["kind"] == "Deployment"}
    assert uid == gid and {int(uid)} == asked


def test_the_command_line_is_the_first_program_without_a_shell(image: Stage) -> None:
    assert image.entrypoint == ("ombud",)
    assert image.env["PATH"].startswith("/opt/ombud/bin:")


@pytest.mark.parametrize("line", ["ENTRYPOINT ombud", "CMD ombud serve intake"])
def test_a_shell_in_front_would_be_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM x\n{line}\n")
    with pytest.raises(UnknownInstruction, match="exec form"):
        read(tmp_path / "Dockerfile")


def test_only_the_folder_of_the_installation_is_written(image: Stage) -> None:
    assert image.env["OMBUD_DATA_DIR"] == image.folder
    uid = image.user.partition(":")[0]
    assert f"install -d -o {uid} -g {uid} -m 0700 {image.folder}" in lines_of(image)


def test_labels_say_what_it_is(image: Stage) -> None:
    assert image.labels["org.opencontainers.image.version"] == PYPROJECT["project"]["version"]
    named = {name.removeprefix("org.opencontainers.image.") for name in image.labels}
    assert named >= {"title", "description", "version", "revision"}
    assert all(image.labels.values())


def test_all_that_is_installed_is_copied_and_nothing_else_is_sent(stages: list[Stage]) -> None:
    copied = set(copies_of_the_checkout(stages))
    packages = {pattern.rstrip("*") for pattern in PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert copied == packages | {"pyproject.toml", "requirements.txt", PYPROJECT["project"]["readme"]}
    assert all((PROJECT / name).exists() for name in copied)
    lines = [x for x in (PROJECT / ".dockerignore").read_text().splitlines() if x and not x.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert "**/.ombud" in lines and "**/__pycache__" in lines
