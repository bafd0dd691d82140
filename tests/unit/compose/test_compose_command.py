"""compose/compose finds a Compose that works and names everything for it, or says what is missing."""

from pathlib import Path
from subprocess import CompletedProcess

from tests.unit.compose.programs import install, run
from tests.unit.compose.repository import COMPOSE

ENGINE = 'case "$1" in info) exit 0 ;; ps) exit 0 ;; esac\n'
"""A Docker command line with an engine, and no Compose."""


def compose(path: Path, *arguments: str, **environment: str) -> CompletedProcess[str]:
    """Run compose/compose with the programs of one folder, and no other."""
    return run("compose", *arguments, path=str(path), **environment)


def refusal(ended: CompletedProcess[str]) -> list[str]:
    """Return the three lines of a refusal without the last one's text, which is a piece of advice."""
    assert ended.returncode == 1
    expected, seen, then = ended.stderr.splitlines()
    assert then.startswith("Next: ")
    return [expected, seen]


def test_missing_docker_is_told_in_three_lines(tmp_path: Path) -> None:
    """Without a Docker command line it says so, and what to do, in three lines."""
    assert refusal(compose(tmp_path, "ps")) == [
        "Expected: a Docker command line ('docker').",
        "Seen: there is none on PATH.",
    ]


def test_missing_engine_is_told_in_the_words_of_docker(tmp_path: Path) -> None:
    """Without an engine it passes on what Docker says of it."""
    path = install(tmp_path, docker='echo "WARNING: x" >&2; echo "Cannot connect to unix:///x." >&2; exit 1\n')

    assert refusal(compose(path, "ps"))[1] == "Seen: Cannot connect to unix:///x."


def test_missing_compose_is_told_in_three_lines(tmp_path: Path) -> None:
    """With an engine and neither Compose it names both."""
    path = install(tmp_path, docker=f"{ENGINE}exit 1\n")

    assert refusal(compose(path, "ps"))[0] == "Expected: Docker Compose: 'docker compose' or 'docker-compose'."


def test_version_1_is_taken_where_it_is_the_one_that_works(tmp_path: Path) -> None:
    """docker-compose gets the project, the variables, the file and the command as they are given."""
    path = install(tmp_path, docker=f"{ENGINE}exit 1\n", docker_compose='[[ $1 == version ]] || echo "$@"\n')

    assert compose(path, "ps", "--all").stdout.split() == [
        *["--project-name", "beema", "--env-file", f"{COMPOSE}/.env.inngest"],
        *["-f", f"{COMPOSE}/docker-compose.yml", "ps", "--all"],
    ]


def test_version_2_is_preferred(tmp_path: Path) -> None:
    """Where both work, it is `docker compose` that runs."""
    path = install(tmp_path, docker=f'{ENGINE}[[ $2 == version ]] || echo "v2 $1"\n', docker_compose="exit 0\n")

    assert compose(path, "ps").stdout == "v2 compose\n"


def test_debug_adds_the_override(tmp_path: Path) -> None:
    """DEBUG=1 adds the debug override after the platform's file."""
    path = install(tmp_path, docker=f'{ENGINE}[[ $2 == version ]] || echo "$@"\n')

    assert "docker-compose.yml -f " in compose(path, "ps", DEBUG="1").stdout
    assert compose(path, "ps", DEBUG="1").stdout.rstrip().endswith("docker-compose.inngest.yml ps")


def test_offline_takes_the_offline_images_but_for_those_that_are_set(tmp_path: Path) -> None:
    """OFFLINE=1 sets the variables of offline/images.env, and lets one that is set already win."""
    path = install(tmp_path, docker=f'{ENGINE}[[ $2 == version ]] || echo "$INNGEST_IMAGE $POSTGRES_IMAGE"\n')

    assert compose(path, "ps").stdout == " \n"
    assert compose(path, "ps", OFFLINE="1", INNGEST_IMAGE="mine:1").stdout == "mine:1 beema-offline/postgres:latest\n"


def test_running_platform_keeps_its_ways(tmp_path: Path) -> None:
    """A command on a platform that was brought up with OFFLINE=1 goes on with OFFLINE=1, unless it is given anew."""
    brought_up = "if [[ $1 == ps ]]; then [[ $* != *offline* ]] || echo 1; exit 0; fi\n"
    path = install(
        tmp_path, docker=f'{brought_up}[[ $1 == info || $2 == version ]] || echo "$OFFLINE ${{INNGEST_IMAGE:-none}}"\n'
    )

    assert compose(path, "ps").stdout == "1 beema-offline/inngest:latest\n"
    assert compose(path, "ps", OFFLINE="0").stdout == "0 none\n"
