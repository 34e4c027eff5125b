"""femd.micro_manager driven as preCICE's Micro Manager drives it: micro_manager_drives.py ADDRESS FOLDER first|restarted. What is
to come out is what femd.Law gives for the same deformations and states."""
import copy
import inspect
import json
import pickle
import sys
import types

import numpy as np

import femd

address, folder, part = sys.argv[1:4]
case = folder + "/../copper-notch"
N = 4
rng = np.random.default_rng(7)
H = 0.01 * rng.standard_normal((4, N, 3, 3))  # of four windows


def older(base):
    """What older managers make of the class: with a number, and with none."""
    class Simulation(base):
        def __init__(self, global_id):
            base.__init__(self, global_id)
            self._global_id = global_id

    class Unnumbered(base):
        def __init__(self, global_id):
            base.__init__(self)
            self._global_id = global_id

        def get_global_id(self):
            return self._global_id

    return Simulation, Unnumbered


class Manager:
    """Of the Micro Manager: initialize and solve, with implicit coupling that takes each window twice."""

    def __init__(self, make, macro, adaptive=False):
        self.macro, self.adaptive = macro, adaptive
        self.sims = [make(np.int64(i)) for i in range(N)]
        arguments = len(inspect.getfullargspec(type(self.sims[0]).initialize).args)
        self.initial = [s.initialize(m) if arguments == 2 else s.initialize() for s, m in zip(self.sims, macro(0))]
        self.written = []

    def solve(self, window, iterations=2):
        states = [s.get_state() for s in self.sims]
        states = pickle.loads(pickle.dumps(states))
        for iteration in range(iterations):
            if iteration:
                for sim, state in zip(self.sims, states):
                    sim.set_state(state)
            out = [None] * N
            for i, (sim, macro) in enumerate(zip(self.sims, self.macro(window, 0.5 if iteration < iterations - 1 else 1))):
                out[i] = sim.solve(macro, 0.1)
                assert out[i] is not None and not out[i] == 0
                out[i]["active_steps"] = i
            names = list(out[0])
            if self.adaptive:  # an inactive simulation takes the answer and the state of its like
                out[1] = copy.deepcopy(out[0])
                self.sims[1].set_state(self.sims[0].get_state())
                out = pickle.loads(pickle.dumps(out))
            data = {name: [] for name in names}
            for one in out:
                for name, value in one.items():
                    data[name].append(value)
            assert data["active_steps"] == [0 if self.adaptive and i == 1 else i for i in range(N)]
            self.written.append({name: np.array(value) for name, value in data.items()})
        for sim in self.sims:
            sim.output()


def gradients(window, part=1.0):
    return [{"H1": h[0], "H2": h[1], "H3": h[2]} for h in part * H[window]]


def reference(client, windows, iterations=2):
    law = client.material(case, "copper").points(N)
    for window in windows:
        for part in (0.5, 1)[2 - iterations:]:
            P, A = law(np.eye(3) + part * H[window])
        client.commit()
    return P, A.reshape(N, 27, 3)


def same(written, P, A):
    assert (np.stack([written[f"P{k}"] for k in (1, 2, 3)], 1) == P).all()
    assert (np.stack([written[f"A{k + 1}"] for k in range(27)], 1) == A).all()


def raises(error, words, call, *arguments):
    try:
        call(*arguments)
    except error as why:
        assert words in str(why), why
        return
    raise AssertionError(f"no {error.__name__} with {words!r}")


def a_serial_loop_fills_the_pool(client):
    make = femd.micro_manager.simulation(case, "copper", address, run="lazy")
    sims = [make(i) for i in range(N)]
    out = [sim.solve(macro, 0.1) for sim, macro in zip(sims, gradients(0))]
    calls = []
    evaluate, femd.micro_manager.lib = femd.micro_manager.lib, types.SimpleNamespace()

    class Counted:
        def __getattr__(self, name):
            calls.append(name)
            return getattr(evaluate, name)

    femd.micro_manager.lib = Counted()
    assert "P1" in out[0] and len(out[0]) == len(out[1].keys()) and not calls  # asking for names waits for nothing
    assert np.isfinite(out[3]["P1"]).all() and "energy" in {**out[2]} and dict(out[0])["J"] > 0
    assert calls.count("femd_arrays_evaluate") == 1, calls
    femd.micro_manager.lib = evaluate


def windows_are_those_of_a_law(client):
    P, A = reference(client, range(4))
    make = femd.micro_manager.simulation(case, "copper", address, run="numbered", states=folder + "/states")
    assert len(inspect.getfullargspec(make.initialize).args) == 1
    for cls in (*older(make), make):
        manager = Manager(cls, gradients)
        assert manager.initial == [None] * N
        for window in range(4):
            manager.solve(window)
        same(manager.written[-1], P, A)
        assert [sim.get_global_id() for sim in manager.sims] == list(range(N))
        del manager
    np.save(folder + "/answers.npy", P)
    # explicit coupling, each point for itself; names of the coupling
    P, A = reference(client, range(3), 1)
    slow = femd.micro_manager.simulation(case, "copper", address, run="slow", lazy=False, tangent=False,
                                         names={"H2": "second", "P3": "third"})
    manager = Manager(slow, lambda window, part=1: [{"H1": h[0], "second": h[1], "H3": h[2]} for h in part * H[window]])
    for window in range(3):
        manager.solve(window, 1)
    assert (manager.written[-1]["third"] == P[:, 2]).all() and "A1" not in manager.written[-1]
    run = slow._femd_pool.client.status()["runs"][0]
    assert run["committed"] == run["tentative"] == N, run  # windows before are forgotten


def adaptivity_and_strains():
    make = femd.micro_manager.simulation(case, "copper", address, kind="green", initial=["stresses1to3", "cmat7"], initial_data=True)

    def strains(window, part=1):
        E = part * (H[window] + H[window].transpose(0, 2, 1)) / 2
        return [{"strains1to3": np.diag(e), "strains4to6": 2**0.5 * np.array([e[1, 2], e[0, 2], e[0, 1]])} for e in E]

    manager = Manager(make, strains, adaptive=True)
    assert all(set(part) == {"stresses1to3", "cmat7"} for part in manager.initial)
    manager.solve(0)
    manager.solve(1)
    with femd.Client(address) as client:
        law = client.material(case, "copper").points(N, kind="green", vector="mandel")
        E = [np.concatenate([macro["strains1to3"], macro["strains4to6"]]) for macro in strains(0)]
        S, D = law(E)
    assert (np.stack([part["stresses1to3"] for part in manager.initial]) == S[:, :3]).all()
    assert (np.stack([part["cmat7"] for part in manager.initial]) == D[:, [4, 4, 5], [4, 5, 5]]).all()
    first = manager.written[1]
    assert (first["stresses4to6"][2:] == S[2:, 3:]).all() and (first["cmat3"][2:] == D[2:, 1, 1:4]).all()
    assert (first["stresses4to6"][1] == first["stresses4to6"][0]).all()


def what_fails_is_said():
    make = femd.micro_manager.simulation(case, "copper", address)
    sims = [make(i) for i in range(3)]
    good, bad = gradients(0)[0], {"H1": np.array([-3.0, 0, 0]), "H2": np.zeros(3), "H3": np.zeros(3)}
    out = [sims[0].solve(good, 0.1), sims[1].solve(bad, 0.1), sims[2].solve(good, 0.1)]
    assert np.isfinite(out[2]["P1"]).all()
    raises(femd.Cut, "micro simulation 1: det F", lambda: out[1]["P1"])
    raises(femd.Cut, "det F", lambda: dict(out[1]))
    assert (sims[1].get_state()["token"] == 0).all()  # as before
    raises(femd.Cut, "det F", femd.micro_manager.simulation(case, "copper", address, lazy=False)(0).solve, bad, 0.1)
    told = femd.micro_manager.simulation(case, "copper", address, failed="tell")
    out = [told(0).solve(bad, 0.1), told(1).solve(good, 0.1)]
    assert [one["cut"] for one in out] == [1, 0] and np.isnan(out[0]["A5"]).all() and np.isfinite(out[1]["A5"]).all()
    # a temperature that is none fails its simulation alone: the others have their numbers, before and after it
    hot = femd.micro_manager.simulation(case, "copper", address)
    three = [hot(i) for i in range(3)]
    first = three[0].solve({**good, "temperature": 0.0}, 0.1)
    for none in (float("nan"), float("inf"), -1.0):
        raises(femd.Error, "temperature is", three[1].solve, {**good, "temperature": none}, 0.1)
        raises(femd.Error, "pressure is", three[1].solve, {**good, "temperature": 0.0, "pressure": float("nan")}, 0.1)
    last, wanted = three[2].solve({**good, "temperature": 0.0}, 0.1), out[1]["P1"]
    assert (first["P1"] == wanted).all() and (last["P1"] == wanted).all()
    raises(femd.Error, "missing: F1, F2, F3 (read_data_names)", sims[0].solve, {"u": 0.0}, 0.1)
    raises(femd.Error, "three-dimensional", sims[0].solve, {name: value[:2] for name, value in good.items()}, 0.1)
    raises(femd.Error, "det F", lambda: sims[0].solve({f"F{k}": np.zeros(3) for k in (1, 2, 3)}, 0.1)["P1"])
    raises(femd.Error, "no state", sims[0].set_state, {"token": np.full(6, 0.5)})
    raises(femd.Error, "accepted", lambda: femd.micro_manager.simulation(case, "copper", address, kind="linear"))
    raises(femd.Error, "not written", lambda: femd.micro_manager.simulation(case, "copper", address, initial=["T"]))
    # what comes after an error is no invention: the number is there or the error again
    lost = femd.micro_manager.simulation(case, "nickel", address)
    answer = lost(0).solve(good, 0.1)
    for attempt in range(2):
        raises(femd.Error, "nickel", lambda: answer["P1"])
    warm = femd.micro_manager.simulation({"engine": "elastic", "young": 1e9, "poisson": 0.3}, None, address, temperature=300)
    out = [warm(0).solve({**good, "temperature": 310.0}, 0.1), warm(1).solve(good, 0.1)]
    assert (out[0]["P1"] == out[1]["P1"]).all()


def conductivity_is_carried_as_scalars():
    """Of a crystal that conducts k in its own axes: J F^-1 k F^-T, and the same from a strain in each order; k itself for heat."""
    solid = {"engine": "elastic", "young": 1e9, "poisson": 0.3, "conductivity": 3}
    F = np.eye(3) + H[0, 0]
    E = (F.T @ F - np.eye(3)) / 2
    inverse = np.linalg.inv(F)
    wanted = 3 * np.linalg.det(F) * inverse @ inverse.T

    def tensor(out):
        assert out["k_error"] == 0
        return np.array([[out[f"k_{i}{j}"] for j in range(3)] for i in range(3)])

    piola = femd.micro_manager.simulation(solid, None, address, conductivity=True, tangent=False)
    assert abs(tensor(piola(0).solve(gradients(0)[0], 1)) - wanted).max() < 1e-12
    cauchy = femd.micro_manager.simulation(solid, None, address, kind="cauchy", conductivity=True)
    assert abs(tensor(cauchy(0).solve(gradients(0)[0], 1)) - 3 * np.eye(3)).max() < 1e-12
    for vector in ("voigt", "abaqus", "mandel", "mfront"):
        shears = E[[1, 0, 0], [2, 2, 1]] if vector in ("voigt", "mandel") else E[[0, 0, 1], [1, 2, 2]]
        macro = {"strains1to3": np.diag(E), "strains4to6": (2 if vector in ("voigt", "abaqus") else 2**0.5) * shears}
        green = femd.micro_manager.simulation(solid, None, address, kind="green", vector=vector, conductivity=True)
        assert abs(tensor(green(0).solve(macro, 1)) - wanted).max() < 1e-12
    heat = femd.micro_manager.simulation(solid, None, address, kind="heat")
    out = heat(0).solve({"temperature": 300.0}, 1)
    assert (tensor(out) == 3 * np.eye(3)).all() and "stresses1to3" not in out
    raises(femd.Error, "missing: temperature", heat(1).solve, {"T": 300.0}, 1)
    raises(femd.Error, "does not answer all", lambda: femd.micro_manager.simulation(case, "copper", address, conductivity=True)(0)
           .solve(gradients(0)[0], 1)["k_00"])


def with_an_interface():
    """Of newer managers: a class to inherit from, late numbers."""
    class Interface:
        pass

    sys.modules["micro_manager"] = types.SimpleNamespace(MicroSimulationInterface=Interface)
    make = femd.micro_manager.simulation(case, "copper", address)
    del sys.modules["micro_manager"]
    assert issubclass(make, Interface)
    late = make(-1)
    late.set_global_id(3)
    assert late.get_global_id() == 3 and np.isfinite(late.solve(gradients(0)[0], None)["P1"]).all()


def as_the_page_has_it(client):
    sys.path.insert(0, ".")
    with open("micro-manager-config.json") as file:
        config = json.load(file)
    make = __import__(config["micro_file_name"]).MicroSimulation
    coupling = config["coupling_params"]
    out = make(0).solve({name: H[0, 0, k] for k, name in enumerate(coupling["read_data_names"])}, 1.0)
    P, A = client.material(case, "copper").points(1)(np.eye(3) + H[0, :1])
    written = np.concatenate([out[name] for name in coupling["write_data_names"]])
    assert (written == np.concatenate([P.ravel(), A.ravel()])).all()


def restarted():
    make = femd.micro_manager.simulation(case, "copper", address, states=folder + "/states", restart=True)
    manager = Manager(make, gradients)
    assert all(sim.get_state()["token"].any() for sim in manager.sims)
    before = np.load(folder + "/answers.npy")
    manager.solve(3)  # the same place from there: what is relaxed stays
    P = np.stack([manager.written[-1][f"P{k}"] for k in (1, 2, 3)], 1)
    assert abs(P - before).max() < 1e-6 * abs(before).max()
    manager.solve(2)
    print("goes on")


def main():
    if part == "restarted":
        return restarted()
    with femd.Client(address) as client:
        a_serial_loop_fills_the_pool(client)
        windows_are_those_of_a_law(client)
        as_the_page_has_it(client)
    adaptivity_and_strains()
    what_fails_is_said()
    conductivity_is_carried_as_scalars()
    with_an_interface()


import femd.micro_manager  # noqa: E402
main()
