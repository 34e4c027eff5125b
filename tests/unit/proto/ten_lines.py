"""Runs the Python example of proto/README.md against a real server and worker. Arguments: source folder, server, worker.

Where Python has no zmq module, a stand-in on libzmq's C interface serves: the example needs four calls of it."""
import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile

STAND_IN = '''
import ctypes
z = ctypes.CDLL("libzmq.so.5")
z.zmq_ctx_new.restype = z.zmq_socket.restype = ctypes.c_void_p
z.zmq_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
z.zmq_connect.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
z.zmq_setsockopt.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
z.zmq_send.argtypes = z.zmq_recv.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
DEALER = 5
class Socket:
    def __init__(self, handle):
        self.handle, self.buffer = handle, ctypes.create_string_buffer(1 << 20)
    def __setattr__(self, name, value):
        options = {"curve_publickey": 48, "curve_secretkey": 49, "curve_serverkey": 50}
        if name in options:
            assert z.zmq_setsockopt(self.handle, options[name], value, len(value)) == 0
        self.__dict__[name] = value
    def connect(self, address):
        assert z.zmq_connect(self.handle, address.encode()) == 0
    def send_string(self, text):
        assert z.zmq_send(self.handle, text.encode(), len(text.encode()), 0) >= 0
    def recv(self):
        size = z.zmq_recv(self.handle, self.buffer, 1 << 20, 0)
        return self.buffer.raw[:size]
class Context:
    def __init__(self):
        self.handle = z.zmq_ctx_new()
    def socket(self, kind):
        return Socket(z.zmq_socket(self.handle, kind))
'''


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
            with open(folder + "/zmq.py", "w") as f:
                f.write(STAND_IN)
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
