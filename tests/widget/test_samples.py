"""Code samples of the set-up page: what they sign is what the shared vectors say."""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tombola.widget import samples
from tombola.widget.proof import Claim, sign

VECTORS = json.loads(
    (Path(__file__).parents[2] / "docs" / "tracking-vectors.json").read_text(encoding="utf-8")
)["vectors"]
ADDRESS = "https://tombola.example"
#: What a name may be that breaks careless quoting.
ODD = """a'b"c\\d $HOME #{1} {{ key }} <b>ü🎉"""


def sample(use, language, key="y2sB7", name="Purchase", address=ADDRESS):
    found = samples.samples(use, address=address, key=key, name=name)
    return next(each.text for each in found if each.language == language)


def run(command, text, secret="", cwd=None, **more):
    """What a program writes that is given its text on standard input."""
    environment = {**os.environ, "TOMBOLA_SECRET": secret, "LC_ALL": "C.UTF-8", **more}
    done = subprocess.run(
        command, input=text.encode(), env=environment, cwd=cwd,
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def arguments(vector):
    """As a list literal that Python, JavaScript and Java read alike."""
    given = [vector["visitor"], vector["name"], vector["value"]]
    return ", ".join(json.dumps(each, ensure_ascii=False) for each in given)


def program(language):
    found = shutil.which(language)
    assert found, f"these tests need {language}: install it as README.md says"
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
class TestVectors:
    def test_we_sign_like_this(self, vector):
        claim = Claim(vector["key"], vector["visitor"], vector["name"], vector["value"])
        signed = sign(vector["secret"], claim, vector["unix"], vector["nonce"])
        assert signed == vector["signature"]

    def test_the_documented_text_gives_the_signature(self, vector):
        names = ("key", "unix", "nonce", "visitor", "name", "value")
        text = "\n".join(["v1", *(str(vector[name]) for name in names)])
        mac = hmac.new(vector["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
        assert vector["signature"].split(".") == ["v1", str(vector["unix"]), vector["nonce"], mac]

    def test_python(self, vector):
        call = f"tombola_signature({arguments(vector)}, {vector['unix']}, {vector['nonce']!r})"
        code = f"{sample('sign', 'python', vector['key'])}\nprint({call})"
        assert (
            run([sys.executable, "-X", "utf8", "-"], code, vector["secret"]) == vector["signature"]
        )

    def test_node(self, vector):
        call = f"tombolaSignature({arguments(vector)}, {vector['unix']}, {vector['nonce']!r})"
        code = f"{sample('sign', 'node', vector['key'])}\nconsole.log({call})"
        assert run([program("node"), "-"], code, vector["secret"]) == vector["signature"]

    def test_shell(self, vector):
        words = [vector[name] for name in ("visitor", "name", "value", "unix", "nonce")]
        call = " ".join("'{}'".format(str(word).replace("'", "'\\''")) for word in words)
        code = f"{sample('sign', 'shell', vector['key'])}\ntombola_signature {call}"
        assert run([program("sh"), "-s"], code, vector["secret"]) == vector["signature"]


@pytest.mark.slow
def test_java(tmp_path):
    calls = "".join(
        f"System.out.println(Tombola.signature({arguments(each)}, {each['unix']}L, "
        f'"{each["nonce"]}"));'
        for each in VECTORS
        if each["key"] == "y2sB7" and each["secret"] == VECTORS[0]["secret"]
    )
    (tmp_path / "Main.java").write_text(
        f"class Main {{ public static void main(String[] a) throws Exception {{ {calls} }} }}"
    )
    (tmp_path / "Tombola.java").write_text(sample("sign", "java"), encoding="utf-8")
    report = sample("send", "java").replace("{{", "{")
    (tmp_path / "TombolaReport.java").write_text(report, encoding="utf-8")
    sources = ["Main.java", "Tombola.java", "TombolaReport.java"]
    run([program("javac"), "-encoding", "UTF-8", "-d", str(tmp_path), *sources], "", cwd=tmp_path)
    said = run([program("java"), "-cp", str(tmp_path), "Main"], "", VECTORS[0]["secret"])
    assert said == VECTORS[0]["signature"]


@pytest.mark.parametrize("use", ["sign", "send"])
def test_every_language_names_the_campaign_and_the_event(use):
    found = samples.samples(use, address=ADDRESS, key="y2sB7", name="Purchase")
    assert len(found) >= 6
    for each in found:
        assert "y2sB7" in each.text, each.language
        assert "Purchase" in each.text, each.language
        assert "{{ " not in each.text, each.language


@pytest.mark.parametrize("use", ["sign", "send"])
def test_odd_names_are_quoted_as_each_language_quotes(use):
    python = sample(use, "python", name=ODD)
    compile(python, "sample", "exec")
    literal = python.rpartition("# tombola")[2].partition(", ")[2]
    literal = literal if use == "send" else python.rpartition("(visitor, ")[2]
    assert json.JSONDecoder().raw_decode(literal)[0] == ODD
    run([program("node"), "--check", "-"], sample(use, "node", name=ODD))
    run([program("sh"), "-n"], sample(use, "shell", name=ODD))


class Ear(HTTPServer):
    """Keeps what came: path, headers, body."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Listener)
        self.came = []


class Listener(BaseHTTPRequestHandler):
    """Takes what a backend sends."""

    server: Ear

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), json.loads(body)))
        said = b'{"events": [{"result": "new"}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_args):
        pass


@pytest.fixture
def listener():
    server = Ear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("language", ["python", "node", "shell"])
def test_backend_sends_what_the_endpoint_takes(listener, language):
    address = f"http://127.0.0.1:{listener.server_port}"
    code = sample("send", language, address=address, name=ODD)
    call = f"({json.dumps('visitor-1')}, {json.dumps(ODD)}, '1017', 'order-1017')"
    commands = {
        "python": ([sys.executable, "-X", "utf8", "-"], f"{code}\ntombola_report{call}"),
        "node": ([program("node"), "-"], f"{code}\ntombolaReport{call}"),
        "shell": ([program("sh"), "-s"], code),
    }
    command, text = commands[language]
    run(command, text, TOMBOLA_TOKEN="t0ken", VISITOR="visitor-1")  # invented
    [(path, headers, body)] = listener.came
    assert path == "/api/v1/campaigns/y2sB7/events"
    assert headers["Authorization"] == "Bearer t0ken"
    assert body == {
        "events": [{"name": ODD, "value": "1017", "visitor": "visitor-1", "event_id": "order-1017"}]
    }
