import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings
from tests.kit.simulation.conftest import StartToy
from tests.kit.simulation.toy_package import ToyPackage


def test_keeps_the_line_open_between_calls(start_toy: StartToy) -> None:
    client = start_toy()
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=5) as line:
        for _ in range(3):
            line.sendall(b"POST /api/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n" + b'{"text": "a"}')
            answer = b""
            while b'"number"' not in answer:
                piece = line.recv(4096)
                assert piece, "the line was closed"
                answer += piece
            assert answer.startswith(b"HTTP/1.1 201")
    assert len(client.get("/api/notes").json()) == 3


def test_reads_a_body_in_chunks(start_toy: StartToy) -> None:
    client = start_toy()
    answer = client.post("/api/notes", content=iter([b'{"text":', b' "in two parts"}']))
    assert answer.status_code == 201
    assert client.get("/api/notes").json() == [{"text": "in two parts"}]


def test_stop_ends_open_lines_and_held_calls_at_once() -> None:
    server = SimulatorServer(ToyPackage(SimulatorSettings(faults=({"kind": "slow", "delay_s": 300},)))).start()  # type: ignore[arg-type]
    failures: list[Exception] = []

    def call() -> None:
        try:
            httpx.get(f"{server.url}/api/notes", timeout=60)
        except httpx.HTTPError as error:
            failures.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    deadline = time.monotonic() + 10
    while not server.app.store.calls() and time.monotonic() < deadline:  # type: ignore[attr-defined]
        time.sleep(0.01)
    server.stop()
    caller.join(timeout=10)
    assert not caller.is_alive()
    assert len(failures) == 1
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((server.host, server.port), timeout=1)


def test_a_taken_port_is_an_error_of_the_caller_and_not_the_end_of_the_process() -> None:
    with (
        SimulatorServer(ToyPackage(SimulatorSettings())) as first,
        pytest.raises(OSError, match="in use"),
    ):
        SimulatorServer(ToyPackage(SimulatorSettings()), port=first.port)


def test_serve_forever_ends_when_stopped() -> None:
    server = SimulatorServer(ToyPackage(SimulatorSettings()))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    assert httpx.get(f"{server.url}/api/notes").status_code == 200
    server.stop()
    serving.join(timeout=10)
    assert not serving.is_alive()


def test_books_are_there_again_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state" / "toy.sqlite3"
    with SimulatorServer(ToyPackage(SimulatorSettings(state=state))) as server:
        httpx.post(f"{server.url}/api/notes", json={"text": "lasting"})
        httpx.post(f"{server.url}/_simulator/clock", json={"advance_s": 86400})
    with SimulatorServer(ToyPackage(SimulatorSettings(state=state))) as server:
        assert httpx.get(f"{server.url}/api/notes").json() == [{"text": "lasting"}]
        assert httpx.get(f"{server.url}/_simulator/clock").json()["ahead_s"] == 86400
        assert httpx.post(f"{server.url}/api/notes", json={"text": "next"}).json() == {"number": 2}


def test_what_was_answered_survives_a_killed_process(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from bookbridge.kit.simulation import SimulatorServer, SimulatorSettings;"
        "from tests.kit.simulation.toy_package import ToyPackage;"
        "server = SimulatorServer(ToyPackage(SimulatorSettings(state=Path(sys.argv[1]))));"
        "print(server.url, flush=True); server.serve_forever()"
    )
    state = tmp_path / "toy.sqlite3"
    project = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", program, str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        for number in range(20):
            assert httpx.post(f"{url}/api/notes", json={"text": str(number)}).status_code == 201
        process.kill()
    with SimulatorServer(ToyPackage(SimulatorSettings(state=state))) as server:
        assert len(httpx.get(f"{server.url}/api/notes").json()) == 20


def test_a_defect_of_the_simulator_is_answered_and_not_hung(
    start_toy: StartToy, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = start_toy().get("/api/defect")
    assert (answer.status_code, answer.text) == (500, "simulator defect")
    assert "a defect on purpose" in capfd.readouterr().err


def test_the_front_page_says_that_it_is_an_imitation(start_toy: StartToy) -> None:
    page = start_toy().get("/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "imitation of Toy &lt;Books&gt;" in page.text
    assert 'href="/_simulator/books"' in page.text


def test_settings_come_from_a_file_and_keywords_win(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"client_id": "from-file", "minute_limit": 7, "faults": [{"kind": "slow", "delay_s": 1}]}')
    settings = SimulatorSettings.from_file(file, minute_limit=9)
    assert (settings.client_id, settings.minute_limit, settings.faults[0].delay_s) == ("from-file", 9, 1)
