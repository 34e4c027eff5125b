"""What JSON clients of a real server and worker may rely on: which states a COMMIT keeps, how long, and that each thing they can do wrong has an
answer with words. Arguments: server, worker."""
import base64
import ctypes
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../proto")
import zmq_stand_in as zmq

ARGON = {"engine": "native", "structure": {"lattice": "fcc", "a": "5.25 angstrom", "species": ["Ar"], "masses": ["39.948 u"], "repeat": [1, 1, 1]},
         "potential": {"style": "lj", "epsilon": "10.32 meV", "sigma": "3.405 angstrom", "cutoff": "8.5 angstrom"}}
VIRGIN = "0" * 64


def start(*args, **more):
    libc = ctypes.CDLL(None)
    return subprocess.Popen(args, preexec_fn=lambda: libc.prctl(1, 9), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


class Client:
    def __init__(self, address, run, material=ARGON, **keys):
        self.socket = zmq.Context().socket(zmq.DEALER)
        self.socket.connect(address)
        self.longest = 0  # message so far
        self.welcome = self.ask("hello", "welcome", run=run, **keys)
        if material:
            self.material = self.ask("material", "material-ready", json=material).get("material")

    def send(self, kind, **keys):
        self.socket.send_string(json.dumps({"type": kind, **keys}))

    def hear(self, *answers):
        while True:
            text = self.socket.recv()
            self.longest = max(self.longest, len(text))
            if (reply := json.loads(text))["type"] in (*answers, "error", "gone"):
                return reply

    def ask(self, kind, answer, **keys):
        self.send(kind, **keys)
        return self.hear(answer)

    def requests(self, strains, states):
        return [{"value": [strain, 0, 0, 0, 0, 0], "point": point, "state_in": states.get(point, VIRGIN)} for point, strain in strains.items()]

    def evaluate(self, batch, strains, states):
        """The states that the points come to; or the error."""
        self.send("evaluate", id=batch, material=self.material, requests=self.requests(strains, states))
        points, came = list(strains), {}
        while len(came) < len(points):
            reply = self.hear("result")
            if reply["type"] != "result":
                return reply
            came.update({points[r["index"]]: r["response"]["state_out"] for r in reply["results"]})
        return came

    def commit(self, step, states):
        return self.ask("commit", "committed", id=1000 + step, step=step, entries=[{"point": p, "state": s} for p, s in states.items()])


def check(what, reply, kind, words=""):
    assert reply["type"] == kind and words in reply.get("text", ""), (what, reply)


def held(onlooker):
    """Bytes of states at the server."""
    return onlooker.ask("status", "status")["memory"]["states"]


def commits_name_points(address):
    client, onlooker = Client(address, "commits"), Client(address, "onlooker", None)
    states, past = {}, []
    for step in range(1, 7):
        changed = client.evaluate(step, {p: 1e-3 * step + 1e-4 * p for p in ((0, 1, 2) if step == 1 else (0,))}, states)
        states.update(changed)
        past.append(dict(states))
        check("commit", client.commit(step, changed), "committed")
    bytes_held = held(onlooker)
    wanted = [past[0][1], past[0][2], past[5][0], past[4][0]]
    reply = client.ask("state-get", "state", states=wanted)
    check("states of points that were not named, and two generations", reply, "state")
    assert [s["hash"] for s in reply["states"]] == wanted and all(s["blob"] for s in reply["states"]), reply
    sizes = [len(base64.b64decode(s["blob"])) for s in reply["states"]]
    assert bytes_held == sum(sizes), (bytes_held, sizes)  # and no third one
    check("an earlier step", client.commit(5, {0: past[5][0]}), "error", "commits step 5 after step 6")
    check("a point twice", client.ask("commit", "committed", step=7, entries=2 * [{"point": 0, "state": past[5][0]}]), "error", "stands twice")
    check("an unknown state", client.commit(7, {0: "1" * 64}), "error", "unknown here")
    client.send("bye")
    for _ in range(100):
        if held(onlooker) == 0:
            break
        time.sleep(0.02)
    assert held(onlooker) == 0, "states outlive BYE"


def who_never_commits_is_told(address):
    client = Client(address, "forgetful")
    for batch in range(1, 400):
        reply = client.evaluate(batch, {p: 1e-7 * (100 * batch + p) for p in range(100)}, {})
        if reply.get("type") == "error":
            break
    check("no commit", reply, "error", "since its last COMMIT or ABORT: send one")
    check("abort", client.ask("abort", "aborted"), "aborted")
    assert 0 in client.evaluate(1000, {0: 1e-3}, {})


def each_has_an_answer_with_words(address):
    client = Client(address, "wrong")
    strains = {p: 1e-5 * (p + 1) for p in range(200)}
    check("no points", client.ask("evaluate", "result", id=5, material=client.material, requests=[]), "error", "no points")
    client.send("evaluate", id=6, material=client.material, requests=client.requests(strains, {}))
    client.send("evaluate", id=6, material=client.material, requests=client.requests({0: 0.01}, {}))
    refused, came = None, set()
    while len(came) < len(strains):
        reply = client.hear("result")
        if reply["type"] == "result":
            came.update(r["index"] for r in reply["results"])
        else:
            refused = reply
    check("two batches of one id", refused, "error", "batch 6 is open with other points")
    failed = client.ask("evaluate", "result", id=7, material=client.material, requests=client.requests({0: -0.6}, {}))["results"][0]
    assert failed["response"]["status"] == "OUT_OF_DOMAIN" and "positive definite" in failed["response"]["message"], failed
    wanted = client.requests({0: 0.01}, {})
    wanted[0]["wants"] = ["conductivity"]
    failed = client.ask("evaluate", "result", id=8, material=client.material, requests=wanted)["results"][0]
    assert failed["response"]["status"] == "UNSUPPORTED" and "engine does not answer" in failed["response"]["message"], failed
    check("a second client alike", Client(address, "wrong", None).welcome, "error", "connected already")
    first = Client(address, "moved", None, instance="5")
    second = Client(address, "moved", None, instance="5")
    check("who comes back", second.welcome, "welcome")
    check("who is displaced", first.hear(), "gone", "another connection")
    check("what the displaced one still asks", first.ask("status", "status"), "gone", "another connection")


def results_are_kept_short(address):
    """Whatever is asked for at once: what is longer than 1 MiB would keep heartbeats from a slow wire."""
    client = Client(address, "long", {"engine": "elastic", "young": "100 GPa", "poisson": 0.25})
    # one strain for all, so that they are there at once however slow the worker is
    requests = [{"value": [1e-3, 1e-7 / 3, 1e-7 / 7, 0, 0, 0], "wants": ["stress", "tangent", "energy"]}] * 4000
    client.send("evaluate", id=1, material=client.material, requests=requests)
    count = 0
    while count < len(requests):
        count += len(client.hear("result")["results"])
    assert 1 << 18 < client.longest < 1 << 20, client.longest


def a_whole_case_is_no_material(address):
    client = Client(address, "whole", {"femd": 1, "mesh": {}, "materials": {"argon": ARGON}, "boundary": []})
    reply = client.ask("material", "material-ready", json={"femd": 1, "materials": {"argon": ARGON}})
    assert reply["status"] != 0 and 'under one name of its "materials"' in reply["text"], reply


def main(server, worker):
    end, ready = os.pipe()
    parts = [start(server, "--bind", "tcp://127.0.0.1:*", "--memory", "16", "--cache", "1", "--ready-fd", str(ready), pass_fds=[ready])]
    try:
        os.close(ready)
        address = os.fdopen(end).readline().strip()
        parts.append(start(worker, "--connect", address))
        commits_name_points(address)
        each_has_an_answer_with_words(address)
        results_are_kept_short(address)
        a_whole_case_is_no_material(address)
        who_never_commits_is_told(address)
    finally:
        for part in parts:
            part.kill()
            part.wait()


main(*sys.argv[1:])
