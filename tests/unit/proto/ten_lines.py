"""Runs the Python example of proto/README.md against a real server and worker. Arguments: source folder, server, worker.

Where Python has no zmq module, zmq_stand_in.py serves."""
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

def start(*args, **more):
    libc = ctypes.CDLL(None)
    return subprocess.Popen(args, preexec_fn=lambda: libc.prctl(1, 9), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def run_example(folder, server, worker, example, server_options, worker_options, arguments):
    """The answer that the example prints, and what a second one says while the first one's place is taken."""
    end, ready = os.pipe()
    parts = []
    try:
        parts.append(start(server, "--bind", "tcp://127.0.0.1:*", "--ready-fd", str(ready), *server_options, pass_fds=[ready]))
        os.close(ready)
        address = os.fdopen(end).readline().strip()
        parts.append(start(worker, "--connect", address, *worker_options))
        command = [sys.executable, "example.py", address, "material.json", *arguments]
        with open(folder + "/example.py", "w") as f:
            f.write(example)
        out = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30)
        with open(folder + "/example.py", "w") as f:
            f.write(re.sub(r"(?m)^ready = .*\n", "print('there', flush=True); input()\n", example))
        first = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        parts.append(first)
        assert first.stdout.readline() == "there\n"
        with open(folder + "/example.py", "w") as f:
            f.write(example.replace('ask("hello", "welcome", run="ten-lines")', 'print(ask("hello", "welcome", run="ten-lines")["text"]); sys.exit()'))
        second = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30)
        assert first.poll() is None
    finally:
        for p in parts:
            p.kill()
            p.wait()
    return out, second


def main(source, server, worker, femd):
    text = open(source + "/proto/README.md").read()
    example = re.search(r"```python\n(.*?)```", text, re.S).group(1)
    keys = re.search(r"```python-keys\n(.*?)```", text, re.S).group(1)
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/material.json", "w") as f:
            json.dump({"engine": "elastic", "young": "100 GPa", "poisson": 0.25}, f)
        try:
            import zmq
        except ImportError:
            shutil.copy(source + "/tests/unit/proto/zmq_stand_in.py", folder + "/zmq.py")
        subprocess.run([femd, "keygen", folder + "/keys"], check=True, stdout=subprocess.DEVNULL)
        own = folder + "/keys/"
        plain = run_example(folder, server, worker, example, [], [], [])
        keyed = run_example(folder, server, worker, example.replace("socket.connect", keys + "socket.connect"), ["--keys", own],
                            ["--key", own + "worker.key"], [own + "client.key"])
    for out, second in (plain, keyed):
        answer = eval(out.stdout, {}) if out.stdout else {}
        assert answer.get("type") == "result", (out.stdout, out.stderr)
        stress = answer["results"][0]["response"]["stress"]
        expected = [1.2e8, 4e7, 4e7, 0, 0, 0]
        assert all(abs(a - b) < 1e-6 * 1.2e8 for a, b in zip(stress, expected)), stress
        assert "connected already" in second.stdout, (second.stdout, second.stderr)


main(*sys.argv[1:])
