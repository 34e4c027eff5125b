"""The package femd against the command femd eval: python_meets_eval.py ADDRESS FOLDER first|interrupted|saved FILE. With
"saved" it goes on from what a first run has saved, on another server."""
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np

import femd

address, folder = sys.argv[1:3]
case = folder + "/../copper-notch"
F1 = np.array([[1.01, 0.002, 0], [0, 1, 0], [0.001, 0, 0.999]])


def eval_at(path, *options):
    text = subprocess.run(["femd", "eval", path, "--json", *options], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def numbers(F):
    return [f"{x:.17g}" for x in F.ravel()]


def raises(error, words, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as why:
        assert words in str(why), why
        return why
    raise AssertionError(f"no {error.__name__} with {words!r}")


def restarted(client, copper):
    law = copper.points(2)
    raises(femd.Error, "points", lambda: (copper.points(1), client.load(sys.argv[4])))
    again = femd.Client(address, run="again")
    law = again.material(case, "copper").points(2)
    again.load(sys.argv[4])
    P, A = law(np.stack([1.001 * F1, F1]))
    before = np.load(sys.argv[4] + ".answers.npy")
    assert (P == before).all(), "the restarted run answers otherwise"
    again.commit()
    assert again.step == 2
    print("goes on")


def interrupted():
    """A wait for a worker that does not come ends with Ctrl-C, and the client can be used again."""
    with femd.Client(address, run="waits") as client:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            client.material({"engine": "elastic", "young": 1e9, "poisson": 0.3})
        except KeyboardInterrupt:
            assert "workers" in client.status()
            print("interrupted")


def arrays_are_those_of_eval(copper):
    law = copper.points(3)
    F = np.stack([F1, np.eye(3), F1.T])
    P, A = law(F)
    said = eval_at(case, "--F", *numbers(F1))
    assert (P[0] == np.array(said["first_piola"])).all()
    assert (A[0].reshape(9, 9) == np.array(said["A"])).all()
    assert law.energy[0] == said["energy_density"] and law.J[0] == said["J"]
    assert (law.error == 0).all() and (law.status == 0).all()
    # the derivative, by differences
    h = 1e-5
    slope = copper.points(18)
    step = np.repeat(F1[None], 18, 0)
    for k in range(9):
        step[2 * k].flat[k] += h
        step[2 * k + 1].flat[k] -= h
    shifted, none = slope(step, tangent=False)
    assert none is None
    by_differences = (shifted[0::2] - shifted[1::2]).reshape(9, 9).T / (2 * h)
    assert abs(by_differences - A[0].reshape(9, 9)).max() < 1e-5 * abs(A[0]).max()
    # in the order of columns, into arrays of the host
    columns = copper.points(3, order="columns")
    out = np.empty((3, 3, 3), order="F"), np.empty(243)
    P2, A2 = columns(np.asfortranarray(F.transpose(1, 2, 0)), out=out)
    assert P2 is out[0] and (P2.transpose(2, 0, 1) == P).all()
    assert (A2.reshape((3, 3, 3, 3, 3), order="F").transpose(4, 0, 1, 2, 3) == A).all()
    # Cauchy stress as Abaqus has it
    sigma, C = copper.points(3, kind="cauchy", vector="abaqus")(F)
    assert abs(sigma[0] - np.array(said["cauchy"])[[0, 1, 2, 5, 4, 3]]).max() == 0
    six = np.zeros((3, 6))
    turned = copper.points(3, kind="cauchy", order="columns", vector="abaqus")
    turned(np.asfortranarray(F.transpose(1, 2, 0)), tangent=False, out=(six, None))
    assert (six == sigma).all()
    raises(femd.Error, "contiguous", turned, F, out=(np.asfortranarray(six), None), tangent=False)
    full = F[2] @ P[2].T / np.linalg.det(F[2])
    assert abs(sigma[2] - full[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]).max() < 1e-6 * abs(full).max()


def pressures_and_conductivities_are_those_of_eval(client, copper):
    """The volume is found at a pressure; there strain control has the same stress and the same tangent."""
    F, p = np.stack([F1, np.eye(3)]), np.array([1e8, 5e8])
    rubber = client.material({"engine": "neo-hooke", "mu": 1e9, "bulk": 1e10, "conductivity": 0.2})
    for material in (copper, rubber):
        law = material.points(2)
        P, A = law(F, pressure=p, conductivity=material is rubber)
        for i in range(2):
            found = F[i] * (law.J[i] / np.linalg.det(F[i])) ** (1 / 3)
            assert abs(np.trace(P[i] @ found.T) / (3 * law.J[i]) + p[i]) < 1e-8 * p[i]
            P2, A2 = material.points(1)(found)
            assert abs(P2[0] - P[i]).max() < 1e-12 * abs(P[i]).max() and abs(A2[0] - A[i]).max() < 1e-12 * abs(A[i]).max()
            if material is rubber:
                inverse = np.linalg.inv(found)
                assert abs(law.conductivity[i] - 0.2 * law.J[i] * inverse @ inverse.T).max() < 1e-14
    said = eval_at(case, "--F", *numbers(F[1]), "--pressure", f"{p[1]:.17g}")
    J = copper.points(2)
    P, A = J(F, pressure=p)
    assert J.J[1] == said["J"] and (P[1] == np.array(said["first_piola"])).all()
    assert (law.conductivity_error == 0).all() and J.conductivity is None
    raises(femd.Error, "does not answer all", copper.points(1), F1, conductivity=True)


def potentials_are_for_who_exchanges(copper):
    raises(femd.Error, "no exchange of species", copper.points(1), F1, delta_mu=[1e-20])
    raises(femd.Error, "delta_mu is", copper.points(1), F1, delta_mu=np.zeros((2, 3)))
    raises(femd.Error, "delta_mu is", copper.points(1), F1, delta_mu=np.zeros(4))
    raises(femd.Error, "not finite", copper.points(1), F1, delta_mu=[np.nan])


def strains_are_those_of_eval(client):
    elastic = {"engine": "elastic", "young": "100 GPa", "poisson": 0.3, "conductivity": 3}
    with open(folder + "/elastic.json", "w") as f:
        json.dump(elastic, f)
    strain = np.array([0.01, 0, 0.002, 0.003, 0, -0.001])
    said = eval_at(folder + "/elastic.json", "--strain", *numbers(strain))
    material = client.material(elastic)
    S, D = material.points(1, kind="green")(strain)
    assert (S[0] == np.array(said["stress"])).all() and (D[0] == np.array(said["tangent"])).all()
    root = np.array([1, 1, 1, 2**-0.5, 2**-0.5, 2**-0.5])
    S2, D2 = material.points(1, kind="small", vector="mandel")(strain * root)
    assert abs(S2[0] * root - S[0]).max() < 1e-6 and abs(D2[0] @ (strain * root) - S2[0]).max() < 1e-5
    quarter = material.turned([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert (quarter.Q == np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])).all()
    return material


def cuts_and_errors(client, copper, elastic):
    law = copper.points(3)
    F = np.stack([F1, np.diag([1, 1, -1.0]), F1])
    why = raises(femd.Cut, "det F", law, F)
    assert list(why.points) == [1] and "det F" in why.words[0] and why.status == "OUT_OF_DOMAIN"
    assert list(law.status != 0) == [False, True, False]
    raises(femd.Error, "no state to commit", client.commit)
    client.abort()
    P, A = law(np.stack([F1] * 3))
    assert (P[0] == P[1]).all() and client.reused > 0
    raises(femd.Error, "27 numbers", law, F1)
    raises(femd.Error, "accepted", copper.points, 3, kind="kirchhoff")
    raises(femd.Error, "number already", copper.points, 3, first=0)
    raises(femd.Error, "not finite", law, F, temperature=float("nan"))
    raises(femd.Error, "No such file", client.material, folder + "/nothing.json")
    why = raises(femd.Error, "", client.material, {"engine": "elastic", "young": 1})
    assert why.status == "BAD_INPUT"
    status = client.status()
    assert len(status["workers"]) >= 1 if isinstance(status["workers"], list) else status["workers"]
    assert femd.version() == "0.1.0"


def what_is_wrong_is_refused(material):
    """Nothing that libfemd would take for something else gets there, and a refusal leaves the client as it was."""
    law = material.points(4)
    F = np.stack([F1] * 4)
    raises(femd.Error, "shape (3, 3, 4), not (4, 3, 3)", law, np.moveaxis(F, 0, -1))
    raises(femd.Error, "shape (4, 3, 3), not (3, 3, 4)", material.points(4, order="columns"), F)
    raises(femd.Error, "shape (6, 4), not (4, 6)", material.points(4, kind="small"), np.zeros((6, 4)))
    raises(femd.Error, "flat or of the shape", law, F, out=(np.empty((3, 3, 4)), None))
    raises(femd.Error, "no array", law, F, out=([0.0] * 36, None))
    raises(femd.Error, "complex", law, F + 1e-20j)
    raises(femd.Error, "complex", law, F, temperature=1j)
    raises(femd.Error, "negative", material.points, -3)
    raises(femd.Error, "negative", material.points, 3, first=-3)
    raises(TypeError, "", material.points, 2.7)
    law(F)
    energy, kept = law.energy, law.energy.copy()
    law(1.01 * F)
    assert (energy == kept).all() and (law.energy != kept).all()
    material.client.commit()
    # what a failed call leaves is not the answer of the one before
    raises(femd.Error, "temperature is -5", law, F, temperature=-5)
    raises(femd.Error, "no state to commit", law.commit)
    law.abort()


def a_forked_child_is_refused(client, law):
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # a child that waits for the parent's threads waits for ever
        raises(femd.Error, "forked", law, np.stack([F1] * 4))
        client.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    law(np.stack([F1] * 4))


def a_host_holds_the_tokens(copper, path):
    """No commit: what the first evaluation of an increment names is committed, and the answers are those of a host that commits."""
    law = copper.points(2)
    told = []
    for k in range(3):
        told.append(law(np.stack([F1 + 0.001 * k * np.eye(3), F1]))[0])
        law.commit()
    with femd.Client(address, run="tokens", wait_timeout=20) as client:
        law = client.material(case, "copper").points(2)
        tokens = np.zeros((2, 6))
        for k in range(3):
            for second in F1, np.diag([1, 1, -1.0]), F1:  # an iteration, a cut, the same increment again
                F = np.stack([F1 + 0.001 * k * np.eye(3), second])
                if second[2, 2] < 0:
                    raises(femd.Cut, "det F", law, F, tokens=tokens, increment=10 + k)
                    assert np.isnan(law.tokens[1]).all() and not np.isnan(law.tokens[0]).any()
                else:
                    P, A = law(F, tokens=tokens, increment=10 + k)
            assert (P == told[k]).all()
            tokens = law.tokens
        raises(femd.Error, "holds the states itself", client.commit)
        raises(femd.Error, "holds the states itself", client.abort)
        raises(femd.Error, "holds the states itself", law, F)
        raises(femd.Error, "come together", law, F, tokens=tokens)
        raises(femd.Error, "(3, 6)", law, F, tokens=np.zeros((3, 6)), increment=13)
        why = raises(femd.Error, "point", law, F, tokens=tokens / 3, increment=13)
        assert why.status == "BAD_INPUT"
        raises(femd.Error, "another state", lambda: (law(F, tokens=tokens, increment=13), law(F, tokens=0 * tokens, increment=13)))
        run = [run for run in client.status()["runs"] if run["name"] == "tokens"][0]
        assert run["commits"] == 2, run
        client.save_states(path + ".tokens", tokens)
        np.savez(path + ".tokens.npz", tokens=tokens, P=law(np.stack([1.001 * F1, F1]), tokens=tokens, increment=14)[0])
    ranks_sweep_together()


def threads_share_a_client(elastic):
    """Several threads in calls of one client at once have their own answers."""
    wrong = []

    def ask(law, first):
        for i in range(40):
            E = np.zeros((20, 6))
            E[:, 0] = 1e-6 * (first + i)
            stress = law(E)[0]
            if abs(stress[:, 0] / (E[:, 0] * 1e9 * 0.7 / (1.3 * 0.4)) - 1).max() > 1e-9:
                wrong.append((first, i))

    threads = [threading.Thread(target=ask, args=[elastic.points(20, kind="green"), 1000 * (k + 1)]) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads), wrong


def ranks_sweep_together():
    """Two ranks that commit by sweeps, one of them of virgin states alone; one without points is refused, or all would wait."""
    ranks = [femd.Client(address, run="sweeping ranks", rank=rank, ranks=2, wait_timeout=20) for rank in range(2)]
    laws = [ranks[0].material(case, "copper").points(1),
            ranks[1].material({"engine": "elastic", "young": 1e9, "poisson": 0.3}).points(1, first=1)]

    def march(law):
        tokens = np.zeros((1, 6))
        for k in range(3):
            for _ in range(2):
                law((1 + 0.001 * k) * F1, tokens=tokens, increment=k)
            tokens = law.tokens

    others = threading.Thread(target=march, args=[laws[1]])
    others.start()
    march(laws[0])
    others.join()
    run = [run for run in ranks[0].status()["runs"] if run["name"] == "sweeping ranks"][0]
    assert run["commits"] == 2 and laws[0].tokens.any() and not laws[1].tokens.any(), run
    empty = femd.Client(address, run="empty rank", rank=0, ranks=2, wait_timeout=20)
    law = empty.material(case, "copper").points(0)
    law(np.zeros((0, 3, 3)), tokens=np.zeros((0, 6)), increment=1)
    raises(femd.Error, "each has points", law, np.zeros((0, 3, 3)), tokens=np.zeros((0, 6)), increment=2)


def tokens_go_on(path):
    """On another server: without the file the states are lost, with it they go on and are committed by sweeps."""
    saved = np.load(path + ".tokens.npz")
    F = np.stack([1.001 * F1, F1])
    with femd.Client(address, run="lost", wait_timeout=20) as client:
        law = client.material(case, "copper").points(2)
        why = raises(femd.Error, "", law, F, tokens=saved["tokens"], increment=14)
        assert why.status == "STATE_LOST", why.status
    with femd.Client(address, run="tokens", wait_timeout=20) as client:
        law = client.material(case, "copper").points(2)
        client.load_states(path + ".tokens")
        for _ in range(3):
            P, A = law(F, tokens=saved["tokens"], increment=14)
            assert (P == saved["P"]).all()
        tokens = law.tokens
        for _ in range(2):
            law(F, tokens=tokens, increment=15)
        run = [run for run in client.status()["runs"] if run["name"] == "tokens"][0]
        assert run["commits"] == 1, run


def ranks_commit_together():
    """A rank whose states are virgin commits too: the others wait for it."""
    ranks = [femd.Client(address, run="ranks", rank=rank, ranks=2, wait_timeout=10) for rank in range(2)]
    law = ranks[0].material(case, "copper").points(1)
    law(F1)
    idle = threading.Thread(target=ranks[1].commit)
    idle.start()
    law.commit()
    idle.join()
    assert [client.step for client in ranks] == [1, 1]


def main():
    if sys.argv[3] == "interrupted":
        return interrupted()
    with femd.Client(address, run="python") as client:
        copper = client.material(case, "copper")
        assert copper.atoms == 107 and abs(copper.Q[0, 0] - 0.5**0.5) < 1e-12
        if sys.argv[3] == "saved":
            tokens_go_on(sys.argv[4])
            return restarted(client, copper)
        arrays_are_those_of_eval(copper)
        pressures_and_conductivities_are_those_of_eval(client, copper)
        potentials_are_for_who_exchanges(copper)
        elastic = strains_are_those_of_eval(client)
        cuts_and_errors(client, copper, elastic)
    with femd.Client(address, run="wrong", wait_timeout=10) as client:
        elastic = client.material({"engine": "elastic", "young": 1e9, "poisson": 0.3})
        what_is_wrong_is_refused(elastic)
        a_forked_child_is_refused(client, elastic.points(4))
        threads_share_a_client(elastic)
    with femd.Client(address, run="commits") as client:
        a_host_holds_the_tokens(client.material(case, "copper"), sys.argv[4])
    ranks_commit_together()
    # two increments, saved after the first
    with femd.Client(address, run="saves") as client:
        law = client.material(case, "copper").points(2)
        law(np.stack([F1, np.eye(3)]))
        law.commit()
        client.save(sys.argv[4])
        P, A = law(np.stack([1.001 * F1, F1]))
        np.save(sys.argv[4] + ".answers", P)
        law.commit()
        assert client.step == 2
        raises(femd.Error, "is of increment 1, this client has committed 2: to go back", client.load, sys.argv[4])
    with femd.Client(address, run="saves", step=1) as client:  # as the words say
        law = client.material(case, "copper").points(2)
        client.load(sys.argv[4])
        assert (law(np.stack([1.001 * F1, F1]))[0] == P).all()
        law.commit()
        assert client.step == 2
    raises(femd.Error, "closed", law, np.stack([F1, F1]))
    print("meets femd eval")


main()
