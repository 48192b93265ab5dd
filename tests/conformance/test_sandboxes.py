"""What a job finds and leaves, held both ways: in overlays and in mirrors. Cases that overlays alone hold are marked.

Each case is a script as a stranger may have written it. All files around are hashed.
"""

import os
import tempfile
import textwrap
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.conformance.run_suite import END, Heard
from tests.conformance.sandbox_world import BASELINE, FINAL, NATURAL, RATE, World, code, state, world_at
from tests.training.hosted_scripts import bare, written
from tests.training.sandboxes import Way

from ratecraft.records.outcome import Ending, Note
from ratecraft.training.sandbox.choosing import places_for_changes


@pytest.fixture(params=["overlay", pytest.param("mirror", marks=pytest.mark.soak)])
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One place for all: a home folder of its own for each test would be a process with torch for each."""
    return tmp_path_factory.mktemp("disk")


@pytest.fixture
def world(way: Way, top: Path) -> Generator[World]:
    with world_at(top, way) as world:
        yield world


# ------------------------------------------------------------------ reading


def test_a_job_finds_every_file_under_the_names_that_it_has_at_home(world: World) -> None:
    text = code(f"""
        for path in ("../data/train.csv", "../../../sets/x/set.csv", "sets/x/set.csv", "latest", "out/deep/best.txt",
                     {str(world.top / "sets/x/set.csv")!r}, {str(world.home / "log.csv")!r},
                     os.path.expanduser("~/.config/tool/settings"),
                     os.path.join(os.getcwd(), "..", "data", "train.csv"),
                     Path(__file__).resolve().parent.parent / "data" / "train.csv",
                     Path(__file__).parent / "log.csv"):
            print(Path(path).read_text().strip())
        print(sorted(os.listdir(".."))), print(sorted(os.listdir("../../..")))
    """)
    printed, notes = world.run(text)
    assert printed == [
        "beside",
        "above",
        "above",
        "out/last.txt of before",
        "out/deep/best.txt of before",
        "above",
        "log.csv of before",
        "settings",
        "beside",
        "beside",
        "log.csv of before",
        "['data', 'mnist']",
        "['me', 'sets']",
    ]
    assert notes == ()


def test_the_studies_are_hidden_from_a_job(world: World) -> None:
    written(world.study.path / "secret.txt", "ours")
    printed, _ = world.run(code("print([str(p) for p in Path('.').rglob('secret.txt')])"))
    assert printed == ["[]"]


@pytest.mark.parametrize("way", ["overlay"])
def test_in_an_overlay_the_names_are_those_of_home(world: World) -> None:
    printed, _ = world.run(code("print(os.getcwd(), __file__, sys.argv[0], sys.path[0])"))
    assert printed == [f"{world.home} {world.home}/train.py {world.home}/train.py {world.home}"]


# ------------------------------------------------------------------ writing

WRITES = {
    "files": """
        open("log.csv", "w").write("new")
        f = open("data.bin", "r+b"); f.seek(2); f.write(b"XX"); f.close()
        torch.save({"a": torch.ones(2)}, "out/last.txt")
        os.makedirs("made/deep", exist_ok=True); Path("made/deep/x").write_text("x")
        os.symlink("out/last.txt", "newest"); os.remove("latest"); os.symlink("log.csv", "latest")
        c = sqlite3.connect("runs.db"); c.execute("create table if not exists t(x)"); c.commit(); c.close()
        os.chmod("data.bin", 0o600)
    """,
    "files beside, through links, and a folder that moves": """
        Path("../data/new.csv").write_text("x")
        Path("../data/train.csv").write_text("x")
        Path("sets/x/more.csv").write_text("x")
        open("log.csv", "a").write("more")
        a = np.memmap("data.bin", dtype="u1", mode="r+"); a[:2] = 7; a.flush()
        Path("latest").write_text("x")
        os.rename("out", "out.old"); os.makedirs("out"); Path("out/a").write_text("x")
    """,
    "names": """
        Path("tmp.txt").write_text("x"); os.replace("tmp.txt", "log.csv")
        os.rename("data.bin", "data.old")
        shutil.rmtree("out"); os.makedirs("out"); Path("out/only.txt").write_text("x")
    """,
    "removals": 'shutil.rmtree("out"); os.remove("log.csv")',
}
WRITES_IN_OVERLAYS = {
    "by programs and by whole paths of home": """
        subprocess.run("echo more >> log.csv; rm -rf out/deep; mkdir new; echo x > new/y", shell=True, check=True)
        Path(HOME, "data.bin").write_text("x")
        Path(os.getcwd(), "out", "by_cwd.txt").write_text("x")
        (Path(__file__).parent / "best.txt").write_text("x")
        shutil.rmtree("../data")
        Path("~/.config/tool/settings").expanduser().write_text("x")
        p = Path("~/.cache/mine").expanduser(); p.mkdir(parents=True); (p / "x").write_text("x")
    """,
}
CASES = [
    *(("overlay", name) for name in WRITES | WRITES_IN_OVERLAYS),
    *(pytest.param("mirror", name, marks=[pytest.mark.soak] * (name != "files")) for name in WRITES),
]


@pytest.mark.parametrize(("way", "name"), CASES)
def test_nothing_that_a_job_writes_reaches_the_user_s_files(world: World, name: str) -> None:
    text = code(f"HOME = {str(world.home)!r}\n" + textwrap.dedent((WRITES | WRITES_IN_OVERLAYS)[name]))
    written(world.home / "train.py", text)
    before = state(world.top)
    world.run(text)
    assert state(world.top) == before


@pytest.mark.parametrize(("way", "name"), CASES)
def test_what_a_final_run_leaves_is_what_the_script_leaves_without_us(world: World, name: str) -> None:
    text = code(f"HOME = {str(world.home)!r}", after=(WRITES | WRITES_IN_OVERLAYS)[name])
    world.finish(text)
    ours = state(world.top)
    world.restore()
    written(world.home / "train.py", text)
    assert bare(world.home / "train.py", HOME=str(world.user_home))
    assert ours == state(world.top)


@pytest.mark.parametrize("way", ["overlay"])
def test_a_write_where_nothing_may_be_written_is_denied_and_told(world: World) -> None:
    folder = Path(tempfile.mkdtemp(prefix="denied-", dir="/var/lib"))
    try:
        text = f"""
            try:
                open({str(folder / "x.txt")!r}, "w")
            except OSError as error:
                print(error.errno)
        """
        printed, notes = world.run(code(text))
        assert printed == ["30"]
        assert notes == (Note("write-denied", {"path": str(folder / "x.txt")}),)
        assert list(folder.iterdir()) == []
    finally:
        folder.rmdir()


# ------------------------------------------------------------------ several runs


def test_runs_of_one_study_do_not_see_each_other_s_files(world: World) -> None:
    writes = "Path('mine').write_text('x'); Path('../data/mine').write_text('x')"
    text = code("print(sorted(os.listdir()))", after=writes)
    first, _ = world.run(text)
    second, _ = world.run(text)
    assert first == second


def test_a_script_that_goes_on_from_its_checkpoint_begins_anew_in_every_job(world: World) -> None:
    text = code(
        """
        found = os.path.exists("last.pt")
        print("resumes" if found else "begins")
        """,
        each="torch.save(model.state_dict(), 'last.pt')",
    )
    assert world.run(text, BASELINE)[0] == ["begins"]
    assert world.run(text)[0] == ["begins"]
    assert world.run(text)[0] == ["begins"]


@pytest.mark.parametrize("way", ["overlay"])
def test_what_the_first_run_prepared_is_there_for_later_ones_and_its_output_is_not(world: World) -> None:
    text = code(
        """
        log = open("train.log", "a")
        if os.path.exists("../data/mnist.bin"):
            print("found", open(os.path.expanduser("~/.cache/mine/tokens")).read())
        else:
            print("prepares")
            Path("../data/mnist.bin").write_text("bytes")
            Path("~/.cache/mine").expanduser().mkdir(parents=True, exist_ok=True)
            Path("~/.cache/mine/tokens").expanduser().write_text("tokens")
        os.makedirs("runs/first")
        Path("runs/first/config.json").write_text("{}")
        """,
        each="Path('runs/first/last.pt').write_text(str(step)), log.write('x')",
    )
    written(world.home / "train.py", text)
    before = state(world.top)
    assert world.run(text, BASELINE)[0] == ["prepares"]
    assert world.run(text)[0] == ["found tokens"]
    assert world.run(text)[0] == ["found tokens"]
    assert state(world.top) == before
    world.finish(text)
    assert (world.home / "../data/mnist.bin").read_text() == "bytes"
    assert {path.name for path in (world.home / "runs/first").iterdir()} == {"config.json", "last.pt"}


def test_a_branch_and_the_run_that_it_left_write_to_files_of_their_own(world: World) -> None:
    text = code(
        """
        log = open("steps.csv", "w")
        array = np.memmap("array.bin", dtype="i8", mode="w+", shape=(12,))
        shared = torch.zeros(12).share_memory_()
        """,
        each="print(step, file=log, flush=True); array[step] = step + 1; shared[step] += 1",
        after="array.flush(); Path('all.txt').write_text(f'{list(map(int, array))} {shared.tolist()}')",
    )
    written(world.home / "train.py", text)
    root = world.root()
    first, second = root.branch(Heard(job=FINAL)), root.branch(Heard())
    for run in (second, first):
        assert run.advance(RATE, None, END).ending is Ending.DONE
        run.evaluate(NATURAL)
    for run in (second, first, root):
        run.close()
    assert (world.home / "steps.csv").read_text().split() == [str(step) for step in range(12)]
    assert (world.home / "all.txt").read_text() == f"{list(range(1, 13))} {[1.0] * 12}"
    assert list(memoryview((world.home / "array.bin").read_bytes()).cast("q")) == list(range(1, 13))


def test_of_a_baseline_the_files_below_the_working_folder_are_kept(world: World) -> None:
    world.run(
        code("Path('out/last.txt').write_text('x'); os.makedirs('made'); Path('made/y').write_text('y')"), BASELINE
    )
    kept = world.study.baseline
    assert {str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()} == {"out/last.txt", "made/y"}


@pytest.mark.parametrize("way", ["overlay"])
def test_a_branch_of_an_overlay_may_use_names_that_the_run_that_it_left_remembers(world: World) -> None:
    text = code("here = Path.cwd()", each="(here / 'best.txt').write_text(str(step))")
    world.finish(text)
    assert (world.home / "best.txt").read_text() == "11"


@pytest.mark.parametrize("way", ["overlay"])
def test_nothing_of_a_study_stays_in_the_places_of_changes(
    way: Way, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory(dir=places_for_changes({})[0]) as place:  # studies of other tests lie in the usual one
        monkeypatch.setenv("RATECRAFT_SCRATCH", place)
        stores = Path(place) / f"ratecraft-scratch-{os.getuid()}"
        with world_at(top, way) as world:
            world.run(code("shutil.rmtree('out'); os.makedirs('ro', mode=0o500)"))
            assert set(stores.glob("*"))
        assert not set(stores.glob("*"))
