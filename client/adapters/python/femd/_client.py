"""Client, Material and Law."""
import ctypes as c
import json
import operator
import os
import signal
import threading

import numpy as np

from ._library import PROGRESS, Arrays, Capabilities, Config, ErrorText, Hash, lib

_TOKEN = 6
_WORDS = 512
_WANT_ENERGY = 1 << 4  # FEMD_WANT_ENERGY
_LAWS = {"piola": 0, "cauchy": 1, "green": 2, "small": 3}
_MATRICES = {"rows": 0, "columns": 1}
_VECTORS = {"voigt": 0, "abaqus": 1, "mandel": 2, "mfront": 3}
_libc_free = c.CDLL(None).free
_libc_free.argtypes = [c.c_void_p]


class Error(Exception):
    """A call that failed. status: its name, "DISCONNECTED", "BAD_INPUT", "STATE_LOST", ..."""

    def __init__(self, words, status):
        super().__init__(words)
        self.status = status


class Cut(Error):
    """The material says no at one point or more: the increment is to be tried with a smaller load. points: their indices;
    words: of each of them."""

    def __init__(self, words, status, points=(), words_of_points=()):
        super().__init__(words, status)
        self.points = points
        self.words = words_of_points


def _name(status):
    return lib.femd_status_name(status).decode()


def _doubles(values, what):
    array = np.asarray(values)
    if np.iscomplexobj(array):
        raise Error(f"{what}: complex numbers, of which only the real part would count", "BAD_ARGUMENT")
    return array.astype(float, copy=False)


def _address(array):
    return None if array is None else array.ctypes.data


def _tokens(values, n):
    """Tokens as libfemd takes them: (n, 6), n at will if None."""
    array = np.ascontiguousarray(_doubles(values, "tokens"))
    if array.ndim != 2 or array.shape[1] != _TOKEN or n not in (None, len(array)):
        raise Error(f"tokens have the shape {array.shape}, not ({'n' if n is None else n}, {_TOKEN})", "BAD_ARGUMENT")
    return array


class Client:
    """A connection to the server at address ("ipc:///path", "tcp://host:port").

    run: the run's name (made up if None); step: the committed step that a run goes on from under its old name; wait_timeout: s
    that a wait may take (0: as long as the server lives); key: file of the client's key (None: the usual one); seed: of what is
    sampled. Ctrl-C ends a wait. Usable in a with statement. Threads may share it: they wait for each other, so that many
    points in one call are quicker than many threads.
    """

    def __init__(self, address, run=None, rank=0, ranks=1, step=0, connect_timeout=10.0, wait_timeout=0.0, key=None,
                 insecure=False, seed=1):
        self._handle = c.c_void_p()
        self._interrupted = False
        self._progress = PROGRESS(self._on_progress)  # kept: libfemd calls it
        self._process = os.getpid()
        self._lock = threading.RLock()  # of calls: libfemd takes one at a time
        self._laws = []
        self._sweeps = False  # the host holds the tokens
        self._points = 0
        self._ranks = ranks
        self.seed = seed
        self.step = step  #: increments committed so far
        config = Config(size=c.sizeof(Config), address=os.fsencode(address), run=None if run is None else run.encode(),
                        rank=rank, ranks=ranks, step=step, connect_timeout=connect_timeout, wait_timeout=wait_timeout, progress=self._progress,
                        key=None if key is None else os.fsencode(key), insecure=int(insecure))
        self._call(lib.femd_client_open, c.byref(config), c.byref(self._handle))

    def _on_progress(self, user, info):
        return int(self._interrupted)  # libfemd asks twice a second: a pending signal has been delivered by here

    def _on_interrupt(self, number, frame):
        self._interrupted = True

    def _call(self, function, *arguments):
        """Ctrl-C within libfemd must not raise in its callback, which cannot pass it on: it cancels the wait, and is raised
        here."""
        with self._lock:
            return self._call_locked(function, *arguments)

    def _call_locked(self, function, *arguments):
        error = ErrorText()
        ours = (threading.current_thread() is threading.main_thread() and
                signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        if ours:
            signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            status = function(*arguments, c.byref(error))
        finally:
            if ours:
                signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt
        if status != 0:
            raise Error(error.text.decode(errors="replace"), _name(status))
        return error

    def _open(self):
        if not self._handle:
            raise Error("the client is closed", "BAD_ARGUMENT")
        if self._process != os.getpid():
            raise Error("the client was opened before this process was forked: open one here", "BAD_ARGUMENT")
        return self._handle

    def close(self):
        """Leave the server. What its laws have committed is kept for the run as the server is told to."""
        if self._handle:
            if self._process == os.getpid():  # in a forked child it is the parent's: its threads are not here to end it
                with self._lock:
                    lib.femd_client_close(c.byref(self._handle))
            self._handle = c.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def __del__(self):
        if getattr(self, "_handle", None):
            self.close()

    def material(self, source, name=None, folder=None):
        """Register a material: a dict as in a case, or the path of a file of one material or of a case, with the material's
        name if there are several. folder: where files are that a dict names. Waits until a worker has opened it."""
        identity, capabilities = Hash(), Capabilities()
        if isinstance(source, dict):
            self._call(lib.femd_client_material, self._open(), json.dumps(source).encode(),
                       None if folder is None else os.fsencode(folder), c.byref(identity), c.byref(capabilities))
        else:
            self._call(lib.femd_client_material_file, self._open(), os.fsencode(source),
                       None if name is None else name.encode(), c.byref(identity), c.byref(capabilities))
        return Material(self, identity, capabilities)

    def status(self):
        """What the server says of itself and the pool, a dict (its keys: proto/README.md, STATUS)."""
        text = c.c_void_p()
        self._call(lib.femd_client_status, self._open(), c.byref(text))
        try:
            return json.loads(c.string_at(text))
        finally:
            _libc_free(text)

    def commit(self):
        """The increment is accepted: for all laws of this client, what the last evaluation left becomes the state that the next
        one begins with. With several ranks, returns when all have committed."""
        self._by_commits()
        tokens = np.concatenate([law._tentative for law in self._laws] or [np.zeros((0, _TOKEN))])
        points = np.concatenate([law.numbers for law in self._laws] or [np.zeros(0, np.uint64)])
        if not np.isfinite(tokens).all():
            raise Error("a point of the last evaluation has failed: there is no state to commit", "BAD_ARGUMENT")
        if tokens.any() or self._ranks > 1:  # the other ranks wait for this one
            self._call(lib.femd_tokens_commit, self._open(), self.step + 1, _address(points), 0, _address(tokens), _TOKEN,
                       len(points))
        self.step += 1
        for law in self._laws:
            law._committed = law._tentative
            law._tentative = law._committed.copy()

    def abort(self):
        """The increment is given up: all laws go back to what was committed last."""
        self._by_commits()
        self._call(lib.femd_client_abort, self._open())
        for law in self._laws:
            law._tentative = law._committed.copy()

    def _by_commits(self):
        if self._sweeps:
            raise Error("the host of this client holds the states itself (tokens=), and names them: nothing is to be committed or "
                        "given up here", "BAD_ARGUMENT")

    def save_states(self, path, tokens):
        """For a host that holds the states itself: write those that tokens (n, 6) name into path."""
        tokens = _tokens(tokens, None)
        self._call(lib.femd_tokens_save, self._open(), os.fsencode(path), _address(tokens), _TOKEN, len(tokens))

    def load_states(self, path):
        """Give the server the states of such a file, before the first evaluation. The host brings their tokens itself."""
        self._call(lib.femd_states_load, self._open(), os.fsencode(path), None)

    def save(self, path):
        """Write what is committed into path (the states) and path + ".npz" (which point has which), for a restart, maybe with
        another server."""
        self._by_commits()
        tokens = np.concatenate([law._committed for law in self._laws] or [np.zeros((0, _TOKEN))])
        self._call(lib.femd_tokens_save, self._open(), os.fsencode(path), _address(tokens), _TOKEN, len(tokens))
        fresh = f"{path}.{os.getpid()}.npz"
        np.savez(fresh, tokens=tokens, step=self.step, sizes=[law.n for law in self._laws])
        os.replace(fresh, f"{path}.npz")

    def load(self, path):
        """Go on from what save has written. The laws are to be made before, in the same order and with as many points."""
        with np.load(f"{path}.npz") as saved:
            tokens, step, sizes = saved["tokens"], int(saved["step"]), [int(n) for n in saved["sizes"]]
        if sizes != [law.n for law in self._laws]:
            raise Error(f"{path}: saved were laws of {sizes} points, here are {[law.n for law in self._laws]}", "BAD_INPUT")
        if step < self.step:  # a commit from there would be refused, after what it takes to get to it
            raise Error(f"{path} is of increment {step}, this client has committed {self.step}: to go back, close it and open one with "
                        f"step={step}", "BAD_ARGUMENT")
        self._call(lib.femd_states_load, self._open(), os.fsencode(path), None)
        self.step = step
        for law, part in zip(self._laws, np.split(tokens, np.cumsum(sizes)[:-1] if sizes else [])):
            law._committed = np.ascontiguousarray(part)
            law._tentative = law._committed.copy()

    @property
    def reused(self):
        """Points so far that were answered from earlier evaluations."""
        return lib.femd_client_reused(self._open())


class Material:
    """A registered material. remarks: lines that its user should read; Q (3, 3): v_rve = Q v_host."""

    def __init__(self, client, identity, capabilities):
        self.client = client
        self._id = identity
        self._capabilities = capabilities
        self.atoms = capabilities.atoms
        self.answers_energy = bool(capabilities.wants & _WANT_ENERGY)  #: else the energy of its laws is NaN
        self.remarks = lib.femd_client_remarks(client._open(), c.byref(identity)).decode(errors="replace")

    @property
    def Q(self):
        Q = np.empty((3, 3))
        self.client._call(lib.femd_client_orientation, self.client._open(), c.byref(self._id), _address(Q))
        return Q

    def turned(self, Q):
        """The same material in another grain: Q (3, 3), a rotation, in the place of the material's own orientation."""
        Q = np.ascontiguousarray(Q, dtype=float)
        if Q.shape != (3, 3):
            raise Error(f"Q has the shape {Q.shape}, not (3, 3)", "BAD_ARGUMENT")
        identity = Hash()
        self.client._call(lib.femd_client_orient, self.client._open(), c.byref(self._id), _address(Q), c.byref(identity))
        return Material(self.client, identity, self._capabilities)

    def points(self, n, kind="piola", order="rows", vector="voigt", first=None, numbers=None):
        """A law of n virgin points of this material, see Law. first: number of the first point (the client counts on if
        None), or numbers (n,): of each, where several ranks share the points. A point's number, like its place, stays the
        same through a run: what is sampled depends on it."""
        return Law(self, n, kind, order, vector, first, numbers)


class Law:
    """n points of one material, their committed states, and what the last evaluation left.

    kind    takes                 gives                                              shapes with order "rows"
    piola   F                     first Piola-Kirchhoff stress P and dP/dF           (n, 3, 3) -> (n, 3, 3), (n, 3, 3, 3, 3)
    cauchy  F                     Cauchy stress and Abaqus' Jaumann tangent          (n, 3, 3) -> (n, 6), (n, 6, 6)
    green   Green-Lagrange strain second Piola-Kirchhoff stress and dS/dE            (n, 6) -> (n, 6), (n, 6, 6)
    small   small strain          stress and its derivative                          (n, 6) -> (n, 6), (n, 6, 6)

    order "columns": tensors as Fortran and GetFEM have them, the point last: F (3, 3, n) -> P (3, 3, n), A (3, 3, 3, 3, n).
    vector: "voigt" 11 22 33 23 13 12 with engineering shears in strains; "abaqus" 11 22 33 12 13 23, the same; "mandel" and
    "mfront", these two orders with sqrt 2 on shears of both.

    After a call: energy (n,) J/m^3, error (n,) Pa (largest standard error of a component of S; 0 where nothing is sampled), J
    (n,), notes (n,) and status (n,), of that evaluation; where it was asked, conductivity W/(m K), in the shape of a stress (kind
    cauchy: spatial, else referential, J F^-1 k F^-T), and conductivity_error (n,), the largest of its components, else None;
    composition (n, 4) and composition_error (n,), of the first species, where delta_mu was given, else None.
    """

    def __init__(self, material, n, kind, order, vector, first=None, numbers=None):
        client = material.client
        for word, words in ((kind, _LAWS), (order, _MATRICES), (vector, _VECTORS)):
            if word not in words:
                raise Error(f"unknown {word!r}; accepted: {', '.join(words)}", "BAD_ARGUMENT")
        self.material, self.n, self.kind, self.order, self.vector = material, operator.index(n), kind, order, vector
        first = client._points if first is None else operator.index(first)
        if self.n < 0 or first < 0:
            raise Error(f"{self.n} points from number {first} on: neither may be negative", "BAD_ARGUMENT")
        self.numbers = np.arange(first, first + self.n, dtype=np.uint64)
        if numbers is not None:
            given = np.asarray(numbers)
            if given.shape != (self.n,) or given.dtype.kind not in "iu" or (given < 0).any() or np.unique(given).size != self.n:
                raise Error(f"numbers of {self.n} points are {self.n} whole numbers, not negative, none of them twice", "BAD_ARGUMENT")
            self.numbers = given.astype(np.uint64)
        if any(np.isin(self.numbers, law.numbers).any() for law in client._laws):
            raise Error("a point of this client has that number already", "BAD_ARGUMENT")
        self._committed = np.zeros((self.n, _TOKEN))
        self._tentative = np.zeros((self.n, _TOKEN))
        self._words = np.zeros(self.n * _WORDS if self.n < 100000 else 0, np.uint8)
        self._results()
        client._points = max(client._points, int(self.numbers.max()) + 1 if self.n else 0)
        client._laws.append(self)

    def _results(self):
        """Arrays of each evaluation's own: those that a caller has kept stay as they are."""
        self.energy, self.error, self.J = np.zeros(self.n), np.zeros(self.n), np.ones(self.n)
        self.notes, self.status = np.zeros(self.n, np.uint32), np.zeros(self.n, np.int32)
        self.conductivity = self.conductivity_error = self.composition = self.composition_error = None

    def _shapes(self):
        if self.kind != "piola":
            return (self.n, 6), (self.n, 6, 6)
        if self.order == "columns":
            return (3, 3, self.n), (3, 3, 3, 3, self.n)
        return (self.n, 3, 3), (self.n, 3, 3, 3, 3)

    def _input(self, deformation):
        flow = "F" if self.order == "columns" and self.kind in ("piola", "cauchy") else "C"
        size = 9 * self.n if self.kind in ("piola", "cauchy") else 6 * self.n
        array = _doubles(deformation, "deformations")
        if array.size != size:
            raise Error(f"{self.n} points take {size} numbers, here are {array.size}", "BAD_ARGUMENT")
        one = (3, 3) if self.kind in ("piola", "cauchy") else (6,)
        right, wrong = ((self.n, *one), (*one, self.n)) if flow == "C" else ((*one, self.n), (self.n, *one))
        if array.shape == wrong != right:
            raise Error(f"deformations have the shape {wrong}, not {right}", "BAD_ARGUMENT")
        return np.ascontiguousarray(array.ravel(order=flow))

    def _output(self, array, shape):
        order = "F" if self.order == "columns" and self.kind == "piola" else "C"
        if array is None:
            return np.empty(shape, order=order)
        if not isinstance(array, np.ndarray):
            raise Error(f"a {type(array).__name__} is no array for results", "BAD_ARGUMENT")
        right = array.dtype == np.float64 and array.size == int(np.prod(shape)) and (
            array.flags.f_contiguous if order == "F" else array.flags.c_contiguous)
        turned = (*shape[-1:], *shape[:-1]) if order == "F" else (*shape[1:], *shape[:1])
        if not right or not array.flags.writeable or array.shape == turned != shape:
            raise Error(f"an array for results is contiguous, of doubles and of {int(np.prod(shape))} numbers, flat or of the "
                        f"shape {shape}", "BAD_ARGUMENT")
        return array

    def _each(self, values, what):
        if values is None:
            return None
        array = np.ascontiguousarray(np.broadcast_to(_doubles(values, what), (self.n,)))
        if not np.isfinite(array).all():
            raise Error(f"a {what} is not finite", "BAD_ARGUMENT")
        return array

    def _potentials(self, values):
        if values is None:
            return None
        given = _doubles(values, "delta_mu")
        if given.ndim not in (1, 2) or not 1 <= given.shape[-1] <= 3 or given.ndim == 2 and len(given) != self.n:
            raise Error(f"delta_mu is (m,) or ({self.n}, m) with m from 1 to 3", "BAD_ARGUMENT")
        if not np.isfinite(given).all():
            raise Error("a delta_mu is not finite", "BAD_ARGUMENT")
        array = np.zeros((self.n, 3))
        array[:, :given.shape[-1]] = given
        return array

    def __call__(self, deformation, temperature=None, pressure=None, tangent=True, accuracy=0.0, out=None,
                 conductivity=False, tokens=None, increment=None, delta_mu=None):
        """Stress, and tangent unless that is False (then None), of deformations that all begin from the committed states.

        temperature: K, one or (n,) (default 0); pressure: Pa, one or (n,): the volume is found at that pressure and
        deformation gives the shape alone; accuracy: wanted relative standard error where it is sampled; out: (stress,
        tangent), arrays to be filled, flat ones too (dolfinx' P.x.array); conductivity: True fills conductivity and
        conductivity_error as well; delta_mu: J per atom, (m,) or (n, m), chemical potentials of the material's further species
        less that of its first, of a material that exchanges them: fills composition and composition_error. Raises Cut where a material says no: what is left
        of the evaluation holds NaN there.

        A host that has state variables and does not say when it accepts (no commit, no abort) holds the states itself: tokens
        (n, 6), zeros at first, are those that the increment begins with, increment its number, which changes when the host
        goes on; those at its end are left in law.tokens. What the first evaluation of an increment names is what was accepted.
        """
        if (tokens is None) != (increment is None):
            raise Error("tokens and increment come together", "BAD_ARGUMENT")
        begins = self._committed if tokens is None else _tokens(tokens, self.n)
        client = self.material.client
        handle = client._open()
        if tokens is None:
            client._by_commits()
        given = self._input(deformation)
        T, p = self._each(temperature, "temperature"), self._each(pressure, "pressure")
        mu = self._potentials(delta_mu)
        stress_shape, tangent_shape = self._shapes()
        stress = self._output(out[0] if out else None, stress_shape)
        slope = self._output(out[1] if out else None, tangent_shape) if tangent else None
        left = np.full((self.n, _TOKEN), np.nan)
        self._results()
        if not self.material.answers_energy:
            self.energy[:] = np.nan
        if conductivity:
            self.conductivity, self.conductivity_error = self._output(None, stress_shape), np.zeros(self.n)
        if mu is not None:
            self.composition, self.composition_error = np.zeros((self.n, 4)), np.zeros(self.n)
        self.tokens = left
        if tokens is None:
            self._tentative = left  # of an evaluation that ends with an error nothing is to be committed
        else:
            client._sweeps = True
        words = self._words
        has_F = self.kind in ("piola", "cauchy")
        arrays = Arrays(size=c.sizeof(Arrays), n=self.n, law=_LAWS[self.kind], matrix=_MATRICES[self.order],
                        vector=_VECTORS[self.vector], F=_address(given) if has_F else None,
                        strain=None if has_F else _address(given), temperature=_address(T), pressure=_address(p),
                        token_in=_address(begins), points=_address(self.numbers), seed=client.seed,
                        increment=client.step + 1 if increment is None else operator.index(increment),
                        sweep=int(tokens is not None), accuracy=accuracy, stress=_address(stress), tangent=_address(slope),
                        energy=_address(self.energy) if self.material.answers_energy else None, J=_address(self.J),
                        error=_address(self.error),
                        token_out=_address(left), notes=_address(self.notes), status=_address(self.status),
                        words=_address(words) if words.size else None, words_size=_WORDS if words.size else 0,
                        conductivity=_address(self.conductivity), conductivity_error=_address(self.conductivity_error),
                        delta_mu=_address(mu), composition=_address(self.composition),
                        composition_error=_address(self.composition_error))
        worst = c.c_int()
        error = client._call(lib.femd_arrays_evaluate, handle, c.byref(self.material._id), c.byref(arrays),
                             c.byref(worst))
        if worst.value == 0:
            return stress, slope
        text, name = error.text.decode(errors="replace"), _name(worst.value)
        if not lib.femd_status_is_physics(worst.value):
            raise Error(text, name)
        failed = np.flatnonzero(self.status)
        said = [bytes(words[i * _WORDS:(i + 1) * _WORDS]).split(b"\0")[0].decode(errors="replace") if words.size else ""
                for i in failed]
        raise Cut(text, name, failed, said)

    def commit(self):
        """As Client.commit, of all laws: a server keeps what a commit names and forgets what else was tentative."""
        self.material.client.commit()

    def abort(self):
        """As Client.abort."""
        self.material.client.abort()
