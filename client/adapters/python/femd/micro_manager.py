"""A MicroSimulation for preCICE's Micro Manager, whose every object is a material point of a femd pool.

    # copper.py, which micro-manager-config.json names as "micro_file_name": "copper"
    import femd.micro_manager
    MicroSimulation = femd.micro_manager.simulation("cases/copper-notch", "copper", address="ipc:///home/me/pool/socket")

solve returns at once: a dict whose numbers are there when one of them is read. The manager solves all its simulations before it
reads, so that a serial loop gives the pool all points together.

preCICE carries scalars and vectors of three numbers. Data of a point, by kind:

    kind    read                                 written
    piola   F1 F2 F3: rows of F                  P1 P2 P3: rows of P; A1 ... A27: dP/dF, A[i, J, k, :] one after another
            (or H1 H2 H3: rows of F - 1)
    cauchy  F1 F2 F3 (or H1 H2 H3)               stresses1to3 stresses4to6; cmat1 ... cmat7: the upper triangle of the 6 x 6
    green   strains1to3 strains4to6              tangent by rows, 21 numbers
    small   strains1to3 strains4to6              the same
    heat    temperature                          nothing but the conductivity, of the undeformed material

With conductivity=True (kind heat has it always) the scalars k_00, k_01, ... k_22 are written too, W/(m K): referential, J F^-1 k
F^-T, or spatial with kind cauchy; and k_error, the largest standard error. In all of them, if the macro solver writes them, the scalars temperature (K) and pressure (Pa). What preCICE has not been
given is zero: H and strains are undeformed then, F is none and refused.
"""
import ctypes as c
import os
import sys
import uuid
import weakref

import numpy as np

from ._client import _LAWS, _TOKEN, _VECTORS, _WORDS, Client, Cut, Error, _address, _name
from ._library import Arrays, ErrorText, Hash, lib

_TRIANGLE = np.triu_indices(6)
_SCALARS = ("energy", "error", "J")  # attributes of femd.Law
_STRAINS = ("strains1to3", "strains4to6")
_KINDS = {**_LAWS, "heat": _LAWS["green"]}
_SIX = {"voigt": [[0, 5, 4], [5, 1, 3], [4, 3, 2]], "abaqus": [[0, 3, 4], [3, 1, 5], [4, 5, 2]]}  # where a six has ij


class _Answer(dict):
    """What solve returns: reading a number waits for all points that were solved by then."""

    def __init__(self, pool, names):
        super().__init__(dict.fromkeys(names))
        self._pool, self._trouble, self._waits = pool, None, True
        self.token = None

    def _arrived(self, values, token, trouble):
        super().update({name: value for name, value in values.items() if dict.get(self, name) is None})  # others: the manager's
        self.token, self._trouble, self._waits = token, trouble, False

    def settle(self):
        if self._waits:
            self._pool.flush()
        if self._trouble:
            raise self._trouble
        return self

    def __getitem__(self, name):
        mine = dict.get(self, name) if self._waits else None  # what the manager has put in
        return mine if mine is not None else dict.__getitem__(self.settle(), name)

    def get(self, name, default=None):
        return self[name] if name in self else default

    def __iter__(self):  # also keeps dict(answer) and {**answer} from looking behind it
        return dict.__iter__(self)

    def items(self): return dict.items(self.settle())
    def values(self): return dict.values(self.settle())
    def copy(self): return dict(self.items())

    def __eq__(self, other):
        return self.copy() == other if isinstance(other, dict) else NotImplemented

    __hash__ = None

    def __repr__(self):
        return "{femd: still to be evaluated}" if self._waits else repr(self.copy())

    def __reduce__(self):
        return dict, (self.copy(),)

    def __deepcopy__(self, memo):
        return {name: np.copy(value) if isinstance(value, np.ndarray) else value for name, value in self.items()}


class _Pool:
    """The client of one class of simulations, what waits to be evaluated, and the windows that the manager has gone through.

    A window is accepted when a simulation begins from another state than before in the same window: until then the manager may
    set all of them back. Then the states that all stand on are committed.
    """

    def __init__(self, case, material, options):
        self.case, self.name, self.options = case, material, options
        self.client = self.material = None
        self.simulations = weakref.WeakSet()
        self.queue = []          # (simulation, its number, token, deformation, temperature, pressure, answer)
        self.begun = {}          # number: token, of the window that is under way
        self.restored = {}       # number: token, of a file
        self.saved = True        # since the last evaluation
        self.next_number = 1 << 40  # of simulations that were given none

    def open(self):
        if self.client:
            return self.client
        options = dict(self.options["client"])
        run = options.pop("run", None) or f"micro-manager-{uuid.uuid4().hex[:16]}"
        mpi = sys.modules.get("mpi4py.MPI")
        if mpi and mpi.COMM_WORLD.size > 1:  # each rank commits for itself: it has a run of its own
            run = f"{run}.{mpi.COMM_WORLD.rank}"
            self.options["states"] = self.options["states"] and f"{self.options['states']}.{mpi.COMM_WORLD.rank}"
        client = Client(options.pop("address"), run=run, **options)
        self.material = client.material(self.case, self.name)
        path = self.options["states"]
        if path and self.options["restart"]:
            with np.load(f"{path}.npz") as saved:
                self.restored = dict(zip(saved["numbers"].tolist(), saved["tokens"]))
                client.step = int(saved["step"])
            client._call(lib.femd_states_load, client._open(), os.fsencode(path), None)
        self.client = client
        return client

    def flush(self):
        """Evaluate what waits, in one message as far as it fits. After an error (no pool, Ctrl-C) it waits on."""
        queue = [(*item, answer) for *item, link in self.queue if (answer := link()) is not None]  # else nobody will read it
        if not queue:
            return
        client = self.open()
        numbers = np.array([item[1] for item in queue], np.uint64)
        tokens = np.array([item[2] for item in queue])
        self._accept(numbers, tokens)
        left, values, trouble = self._evaluate(client, queue, numbers, tokens)
        self.queue, self.saved = [], False
        for i, (simulation, *_, answer) in enumerate(queue):
            answer._arrived({name: value[i] for name, value in values.items()}, tokens[i] if trouble[i] else left[i],
                            trouble[i] if self.options["failed"] == "raise" else None)
            if simulation._femd_answer is answer:
                simulation._femd_token, simulation._femd_answer = answer.token, None

    def _accept(self, numbers, tokens):
        """Commit if these points show that the manager has gone on."""
        keys = numbers.tolist()
        if any(number in self.begun and (self.begun[number] != token).any() for number, token in zip(keys, tokens)):
            stands = {s._femd_number: s._femd_token for s in self.simulations}
            stands.update(zip(keys, tokens))
            every, states = np.array(list(stands), np.uint64), np.array(list(stands.values()))
            if states.any():
                self.client._call(lib.femd_tokens_commit, self.client._open(), self.client.step + 1, _address(every), 0,
                                  _address(states), _TOKEN, len(every))
            self.client.step += 1
            self.begun = {}
        for number, token in zip(keys, tokens):
            self.begun.setdefault(number, token)

    def _evaluate(self, client, queue, numbers, tokens):
        options, n = self.options, len(queue)
        tensor = options["kind"] in ("piola", "cauchy")
        given = np.array([item[3] for item in queue], float)
        T, p = (None if queue[0][k] is None else np.array([item[k] for item in queue], float) for k in (4, 5))
        size = 9 if options["kind"] == "piola" else 6
        k, k_error = (np.empty((n, size)), np.empty(n)) if options["conductivity"] else (None, None)
        stress = np.empty((n, size))
        tangent = np.empty((n, size, size)) if options["tangent"] else None
        scalars = {name: np.empty(n) for name in _SCALARS}
        asked = {name: _address(value) for name, value in scalars.items()}
        if not self.material.answers_energy:
            scalars["energy"][:], asked["energy"] = np.nan, None
        left, status, words = np.full((n, _TOKEN), np.nan), np.zeros(n, np.int32), np.zeros((n, _WORDS), np.uint8)
        arrays = Arrays(size=c.sizeof(Arrays), n=n, law=_KINDS[options["kind"]], vector=_VECTORS[options["vector"]],
                        F=_address(given) if tensor else None, strain=None if tensor else _address(given),
                        temperature=_address(T), temperature_of_all=options["temperature"], pressure=_address(p),
                        token_in=_address(tokens), points=_address(numbers), seed=client.seed, increment=client.step + 1,
                        stress=_address(stress), tangent=_address(tangent), token_out=_address(left),
                        status=_address(status), words=_address(words), words_size=_WORDS,
                        conductivity=_address(k), conductivity_error=_address(k_error), **asked)
        worst = c.c_int()
        error = client._call(lib.femd_arrays_evaluate, client._open(), c.byref(self.material._id), c.byref(arrays),
                             c.byref(worst))
        if worst.value and not lib.femd_status_is_physics(worst.value):
            raise Error(error.text.decode(errors="replace"), _name(worst.value))
        trouble = [None] * n
        for i in np.flatnonzero(status):
            said = bytes(words[i]).split(b"\0")[0].decode(errors="replace")
            trouble[i] = Cut(f"micro simulation {int(numbers[i])}: {said}", _name(int(status[i])), [i], [said])
        values = {**_written(options["kind"], stress, tangent), **scalars, **_conducted(options["vector"], k, k_error)}
        if options["failed"] == "tell":
            values["cut"] = (status != 0).astype(float)
        names = options["names"]
        return left, {names.get(name, name): value for name, value in values.items()}, trouble

    def save(self):
        """What all simulations stand on, once for each window."""
        if self.saved or not self.options["states"]:
            return
        client, path = self.open(), self.options["states"]
        stands = {s._femd_number: s.get_state()["token"] for s in self.simulations}
        tokens = np.array(list(stands.values()))
        client._call(lib.femd_tokens_save, client._open(), os.fsencode(path), _address(tokens), _TOKEN, len(tokens))
        fresh = f"{path}.{os.getpid()}.npz"
        np.savez(fresh, numbers=np.array(list(stands), np.uint64), tokens=tokens, step=client.step)
        os.replace(fresh, f"{path}.npz")
        self.saved = True


def _written(kind, stress, tangent):
    """Stress and tangent of n points as scalars and vectors that preCICE can carry."""
    if kind == "heat":
        return {}
    if kind == "piola":
        parts = {"P": stress}
        if tangent is not None:
            parts["A"] = tangent.reshape(len(stress), 81)
        return {f"{name}{k + 1}": part[:, 3 * k:3 * k + 3] for name, part in parts.items() for k in range(part.shape[1] // 3)}
    out = {"stresses1to3": stress[:, :3], "stresses4to6": stress[:, 3:]}
    if tangent is not None:
        triangle = tangent[:, _TRIANGLE[0], _TRIANGLE[1]]
        out.update({f"cmat{k + 1}": triangle[:, 3 * k:3 * k + 3] for k in range(7)})
    return out


def _conducted(vector, k, error):
    """Conductivities of n points as scalars."""
    if k is None:
        return {}
    if k.shape[1] == 9:
        full = k.reshape(-1, 3, 3)
    else:
        root = vector in ("mandel", "mfront")
        full = k[:, _SIX["abaqus" if vector in ("abaqus", "mfront") else "voigt"]]
        full = full * np.where(np.eye(3) > 0, 1, 2**-0.5 if root else 1)
    return {**{f"k_{i}{j}": full[:, i, j] for i in range(3) for j in range(3)}, "k_error": error}


def _vectors(data, names):
    rows = [np.asarray(data[name], float) for name in names]
    for name, row in zip(names, rows):
        if row.shape != (3,):
            raise Error(f"{name} has the shape {row.shape}, not (3,): femd's points are three-dimensional", "BAD_ARGUMENT")
    return np.concatenate(rows)


def _read(data, options):
    """Deformation, temperature and pressure of what the manager has read."""
    names = {name: options["names"].get(name, name) for name in (*_STRAINS, "F1", "F2", "F3", "H1", "H2", "H3",
                                                                "temperature", "pressure")}
    if options["kind"] == "heat":
        wanted, shift = ("temperature",), 0
    elif options["kind"] in ("green", "small"):
        wanted, shift = _STRAINS, 0
    elif names["H1"] in data:
        wanted, shift = ("H1", "H2", "H3"), np.eye(3).ravel()
    else:
        wanted, shift = ("F1", "F2", "F3"), 0
    missing = [names[name] for name in wanted if names[name] not in data]
    if missing:
        raise Error(f"the macro solver gives {', '.join(data) or 'nothing'}; missing: {', '.join(missing)} (read_data_names)",
                    "BAD_ARGUMENT")
    scalars = [float(np.asarray(data[names[name]])) if names[name] in data else None for name in ("temperature", "pressure")]
    for name, value in zip(("temperature", "pressure"), scalars):  # here, where it is one simulation's: in a batch all would fail
        if value is not None and not (np.isfinite(value) and (value >= 0 or name == "pressure")):
            raise Error(f"{names[name]} is {value}", "BAD_ARGUMENT")
    if options["kind"] == "heat":
        return np.zeros(6), *scalars
    return _vectors(data, [names[name] for name in wanted]) + shift, *scalars


def _base():
    """Of a Micro Manager that has an interface to inherit from."""
    return getattr(sys.modules.get("micro_manager"), "MicroSimulationInterface", object)


def simulation(case, material=None, address=None, kind="piola", vector="mandel", tangent=True, temperature=0.0, names=None,
               lazy=True, failed="raise", states=None, restart=False, initial=(), initial_data=False, conductivity=False,
               **client):
    """The class MicroSimulation of a material of a case (as femd.Client.material takes them).

    address    of the pool, or the file that has it (femd serve --address-file); else what FEMD_CONNECT says, either of both
    kind       see above; vector: order and factors of strains1to3, ..., as in femd.Law: "mandel" 11 22 33 23 13 12 with sqrt 2 on
               shears, "mfront" 11 22 33 12 13 23 the same, "voigt" and "abaqus" these with engineering shears in strains
    tangent    False: none is asked for and none written
    temperature  K, where the macro solver writes none
    names      {"stresses1to3": "sigma_a", ...}: how the coupling calls the data
    lazy       False: each solve waits for its own point, so that the manager's own treatment of crashes sees what fails; slow
    failed     "raise": femd.Cut when a number of a point is read whose material says no; "tell": the scalar cut is written, 1
               where that is so (its numbers are NaN, its state is as before), else 0
    conductivity  True: the conductivity is asked for, and written
    states     file in which output() saves the states of all simulations; restart: they begin with those
    initial    names of data that initialize() returns (those of the manager's adaptivity that are written): of the undeformed
               point, or with initial_data of what the macro solver has written before the first window
    client     run, key, seed, wait_timeout, ... of femd.Client
    """
    for word, words in ((kind, _KINDS), (vector, _VECTORS), (failed, ("raise", "tell"))):
        if word not in words:
            raise Error(f"unknown {word!r}; accepted: {', '.join(words)}", "BAD_ARGUMENT")
    address = address or os.environ.get("FEMD_CONNECT")
    if not address:
        raise Error("no address: give address=..., or FEMD_CONNECT, an address or the file that has it", "BAD_ARGUMENT")
    if "://" not in address:
        with open(address) as file:
            address = file.read().strip()
    conductivity, tangent = conductivity or kind == "heat", tangent and kind != "heat"
    options = dict(kind=kind, vector=vector, tangent=tangent, conductivity=conductivity, temperature=temperature, names=dict(names or {}), failed=failed,
                   states=states, restart=restart, client=dict(client, address=address))
    written = [*_written(kind, np.zeros((1, 9 if kind == "piola" else 6)), np.zeros((1, 9, 9)) if tangent else None), *_SCALARS,
               *_conducted(vector, np.zeros((1, 9)) if conductivity else None, None)]
    if failed == "tell":
        written.append("cut")
    written = [options["names"].get(name, name) for name in written]
    unknown = [name for name in initial if name not in written]
    if unknown:
        raise Error(f"initial: {', '.join(unknown)} is not written; written are {', '.join(written)}", "BAD_ARGUMENT")
    pool = _Pool(case, material, options)

    class MicroSimulation(_base()):
        """One material point. See femd.micro_manager."""

        _femd_pool = pool

        def __init__(self, sim_id=-1):
            self._femd_number = int(sim_id)
            if self._femd_number < 0:  # of a manager that gives none, or gives it later
                self._femd_number, pool.next_number = pool.next_number, pool.next_number + 1
            self._femd_answer = None
            self._femd_token = np.zeros(_TOKEN)
            if states and restart:
                pool.open()
                self._femd_token = pool.restored.get(self._femd_number, self._femd_token)
            pool.simulations.add(self)

        def solve(self, macro_data, dt=None):
            """The answer to macro_data from the state that the simulation stands on; dt has no effect."""
            self._settle()
            self._femd_answer = answer = self._ask(*_read(macro_data, options))
            if not lazy:
                answer.settle()
            return answer

        def get_state(self):
            """What the last solve has left: {"token": six numbers}, which mean the same to every simulation of the pool."""
            self._settle()
            return {"token": self._femd_token.copy()}

        def set_state(self, state):
            token = np.array(state["token"], float)
            error = ErrorText()
            if token.shape != (_TOKEN,) or lib.femd_token_to_state(_address(token), c.byref(Hash()), c.byref(error)):
                raise Error(f"no state of a femd simulation: {error.text.decode(errors='replace')}", "BAD_INPUT")
            self._femd_token, self._femd_answer = token, None

        def output(self):
            """With states: save them, once for each window."""
            pool.save()

        def get_global_id(self):
            return self._femd_number

        def set_global_id(self, global_id):
            self._settle()
            self._femd_number = int(global_id)

        def _settle(self):
            if self._femd_answer is not None:
                self._femd_answer.settle()

        def _ask(self, deformation, T, p):
            if pool.queue and any((a is None) != (b is None) for a, b in zip(pool.queue[0][4:6], (T, p))):
                pool.flush()
            answer = _Answer(pool, written)
            pool.queue.append((self, self._femd_number, self._femd_token, deformation, T, p, weakref.ref(answer)))
            return answer

        def _initialize(self, data):
            pool.open()
            if not initial:
                return None
            here = _read(data, options) if data is not None else (
                np.eye(3).ravel() if kind in ("piola", "cauchy") else np.zeros(6), None, None)
            answer = self._ask(*here)
            return _Part(answer, initial)

    if initial_data:  # the manager looks at the signature
        MicroSimulation.initialize = lambda self, initial_data: self._initialize(initial_data)
    else:
        MicroSimulation.initialize = lambda self: self._initialize(None)
    return MicroSimulation


class _Part(_Answer):
    """Of an answer that is still to come, some of its data: the manager takes no others of initialize()."""

    def __init__(self, whole, names):
        dict.__init__(self, dict.fromkeys(names))
        self._whole, self._waits, self._trouble = whole, True, None

    def settle(self):
        if self._waits:
            self._arrived({name: self._whole[name] for name in dict.keys(self)}, None, None)
        return self
