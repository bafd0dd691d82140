""".ci/docker-engine takes the engine that answers, or starts one, or says in one line why it can't."""

from pathlib import Path

from tests.unit.compose.programs import TOOLS, install, run

ENGINE = "../.ci/docker-engine"
NO_ENGINE = "exit 1\n"


def test_engine_that_answers_is_taken(tmp_path: Path) -> None:
    """An engine that answers is used, under the address that the command line has for it."""
    docker = "[[ $1 == info ]] || echo unix:///run/theirs.sock\n"

    assert run(ENGINE, "start", path=f"{install(tmp_path, docker=docker)}:{TOOLS}").stdout == (
        "DOCKER_HOST=unix:///run/theirs.sock\n"
    )


def test_other_users_than_root_start_none(tmp_path: Path) -> None:
    """Without an engine and without root, one line and code 3 say why there is none."""
    ended = run(ENGINE, "start", path=f"{install(tmp_path, docker=NO_ENGINE, id='echo 1000')}:{TOOLS}")

    assert (ended.returncode, ended.stderr) == (3, "no Docker engine: none answers, and only root may start one\n")


def test_engine_that_does_not_start_leaves_nothing(tmp_path: Path) -> None:
    """When dockerd ends at once, its last words are told, and its folder is gone."""
    dockerd = f'echo "$6" >{tmp_path}/root\necho "failed: no bridge" >&2\nexit 1\n'
    path = install(tmp_path, docker=NO_ENGINE, id="echo 0", dockerd=dockerd, debootstrap="")

    ended = run(ENGINE, "start", path=f"{path}:{TOOLS}")

    assert (ended.returncode, ended.stderr) == (3, "no Docker engine: dockerd does not start: failed: no bridge\n")
    folder = Path((tmp_path / "root").read_text().strip()).parent
    assert folder.name.startswith("docker-engine.")
    assert not folder.exists()


def test_engine_of_others_is_not_stopped(tmp_path: Path) -> None:
    """`stop` lets alone what `start` has not started, though it looks alike."""
    (tmp_path / "data").mkdir()

    ended = run(ENGINE, "stop", path=TOOLS, DOCKER_HOST=f"unix://{tmp_path}/docker.sock")

    assert ended.returncode == 0
    assert (tmp_path / "data").exists()


def test_other_words_are_bad_usage() -> None:
    """A word that is no command is refused with code 4."""
    assert run(ENGINE, "restart", path=TOOLS).returncode == 4
