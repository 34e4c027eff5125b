"""hosts_cut.py getfem|dolfinx ADDRESS: a cube that is pressed further than one step can go, what happens where no cut helps, two
materials of one body, a restart, and what is refused. With mpirun (dolfinx) on several ranks: all cut together."""
import os
import sys
import time

import numpy as np

import femd

host, address = sys.argv[1:]
rubber = {"engine": "neo-hooke", "mu": "1 MPa", "bulk": "3 MPa"}
stiff = {"engine": "neo-hooke", "mu": "2 MPa", "bulk": "6 MPa"}


def raises(error, words, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as why:
        assert words in str(why), why
        return why
    raise AssertionError(f"no {error.__name__} with {words!r}")


class GetFEM:
    """The unit cube, its bottom held, its top moved up by pull (and held aside)."""

    rank, ranks = 0, 1

    def __init__(self, client, material, dimension=3):
        import getfem
        import femd.getfem
        getfem.util_trace_level(0)
        mesh = getfem.Mesh("regular simplices", *[np.arange(3) / 2] * dimension)
        mesh.set_region(1, mesh.outer_faces_with_direction([0, 0, -1.0], 0.1) if dimension == 3 else mesh.outer_faces())
        if dimension == 3:
            mesh.set_region(2, mesh.outer_faces_with_direction([0, 0, 1.0], 0.1))
        mim = getfem.MeshIm(mesh, 2)
        mf = getfem.MeshFem(mesh, dimension)
        mf.set_classical_fem(2)
        self.md = getfem.Model("real")
        self.md.add_fem_variable("u", mf)
        self.md.add_initialized_data("pull", [0.0] * dimension)
        self.md.add_Dirichlet_condition_with_multipliers(mim, "u", mf, 1)
        if dimension == 3:
            self.md.add_Dirichlet_condition_with_multipliers(mim, "u", mf, 2, "pull")
            lower = mesh.pts()[2][mesh.pid_from_cvid()[0]].reshape(-1, 4).max(1) < 0.6
            for region, part in (10, lower), (11, ~lower):
                mesh.set_region(region, np.array([np.flatnonzero(part), np.full(part.sum(), -1)]))
        self.body = femd.getfem.Body(self.md, mim, "u", material)

    def pull(self, height):
        self.md.set_variable("pull", [0, 0, height])

    def solution(self):
        return self.md.variable("u")

    def set_solution(self, u):
        self.md.set_variable("u", u)


class Dolfinx:
    def __init__(self, client, material, dimension=3):
        import ufl
        from dolfinx import fem, mesh
        from mpi4py import MPI
        import femd.dolfinx
        self.comm = MPI.COMM_WORLD
        cube = mesh.create_unit_cube(self.comm, 2, 2, 2) if dimension == 3 else mesh.create_unit_square(self.comm, 2, 2)
        V = fem.VectorFunctionSpace(cube, ("CG", 2))
        self.u, self.height = fem.Function(V), fem.Constant(cube, [0.0] * dimension)
        zero = fem.Constant(cube, [0.0] * dimension)
        ends = [mesh.locate_entities_boundary(cube, dimension - 1, lambda x, at=at: abs(x[dimension - 1] - at) < 1e-6) for at in (0, 1)]
        bcs = [fem.dirichletbc(value, fem.locate_dofs_topological(V, dimension - 1, facets), V)
               for value, facets in zip((zero, self.height), ends)]
        self.body = femd.dolfinx.Body(self.u, material, degree=2, bcs=bcs)

    def pull(self, height):
        self.height.value[2] = height

    def solution(self):
        return self.u.x.array.copy()

    def set_solution(self, u):
        self.u.x.array[:] = u


if host == "dolfinx":
    from mpi4py import MPI
    rank, ranks, shared = MPI.COMM_WORLD.rank, MPI.COMM_WORLD.size, MPI.COMM_WORLD.bcast(f"cut{os.getpid()}-{time.time_ns()}")
else:
    rank, ranks, shared = 0, 1, f"cut{os.getpid()}"
Host = GetFEM if host == "getfem" else Dolfinx
opened = []


def client():
    opened.append(femd.Client(address, run=f"{shared}-{len(opened)}", rank=rank, ranks=ranks, wait_timeout=20))
    return opened[-1]


def loads_of(job, steps, height, **named):
    return list(job.body.increments(steps, lambda load: job.pull(height * load), **named))


def job_of(material=rubber, dimension=3, temperature=None):
    server = client()
    job = Host(server, server.material(material), dimension)
    job.body.temperature = temperature
    return job


def heated(temperature):
    """Forces on a cube that stays as it is, or grows freely but for its ends."""
    job = job_of({"engine": "elastic", "young": "1 GPa", "poisson": 0, "thermal_expansion": "1e-5 1/K"}, temperature=temperature)
    loads_of(job, 1, 0)
    return abs(job.body.forces()).sum(), abs(job.solution()).max()



def one_rank():
    # a step that turns points inside out is halved until it does not, and the end is that of small steps
    small, large = job_of(), job_of()
    assert loads_of(small, 8, -0.4, tolerance=1e-11) == [(k + 1) / 8 for k in range(8)]
    whole = loads_of(large, 1, -0.4, tolerance=1e-11, iterations=3)
    print("loads:", whole)
    assert len(whole) > 1 and whole[-1] == 1 and large.body.client.step == len(whole)
    assert abs(large.solution() - small.solution()).max() < 1e-9
    # what no cut helps ends with the last accepted increment, and goes on from there with another load
    raises(femd.Cut, "", loads_of, large, 1, -0.99, iterations=3, cuts=2)
    assert large.body.client.step >= len(whole)
    kept = large.solution()
    before = large.body.client.step
    why = raises(femd.Cut, "", loads_of, large, 1, -1.2, cuts=0)
    assert why.status == "OUT_OF_DOMAIN" or "another rank" in str(why), why
    assert (large.solution() == kept).all() and large.body.client.step == before
    for _ in large.body.increments(1, lambda load: large.pull(-0.3), tolerance=1e-11):
        pass
    again = job_of()
    loads_of(again, 4, -0.3, tolerance=1e-11)
    assert abs(large.solution() - again.solution()).max() < 1e-9
    # the body goes on in another client, from its displacement and what was saved
    path = os.environ.get("XDG_CACHE_HOME", "/tmp") + f"-{shared}-{rank}"
    half = job_of()
    for load in half.body.increments(4, lambda load: half.pull(-0.3 * load), tolerance=1e-11):
        if load == 0.5:
            break
    half.body.client.save(path)
    rest = job_of()
    rest.body.client.load(path)
    rest.set_solution(half.solution())
    assert loads_of(rest, 4, -0.3, first=2, tolerance=1e-11) == [0.75, 1.0]
    assert abs(rest.solution() - again.solution()).max() < 1e-9
    assert rest.body.client.step == 4
    # a temperature presses the ends of a cube that they hold
    cold, hot = heated(None), heated(100)
    assert cold == (0, 0) and hot[0] > 1e5 and 1e-4 < hot[1] < 1e-2, (cold, hot)
    # refused with words
    raises(femd.Error, "dimension", job_of, rubber, 2)
    raises(femd.Error, "tolerance", loads_of, again, 1, 0, tolerance=2)
    raises(femd.Error, "first", loads_of, again, 2, 0, first=2)


def regions():
    server = client()
    two = GetFEM(server, {10: server.material(rubber), 11: server.material(stiff)})
    loads_of(two, 2, 0.2, tolerance=1e-11)
    same = client()
    halves = GetFEM(same, {10: same.material(rubber), 11: same.material(rubber)})
    one = job_of()
    loads_of(halves, 2, 0.2, tolerance=1e-11)
    loads_of(one, 2, 0.2, tolerance=1e-11)
    assert abs(halves.solution() - one.solution()).max() < 1e-11
    assert abs(two.solution() - one.solution()).max() > 1e-3
    # the layer between them moves up as much as the softer one below it lets it
    assert two.solution().reshape(-1, 3)[:, 2].sum() > one.solution().reshape(-1, 3)[:, 2].sum()


def several_ranks():
    """A point that says no is one rank's, and all cut."""
    job = job_of()
    why = raises(femd.Cut, "", loads_of, job, 1, -1.2, cuts=0)
    assert why.status == "OUT_OF_DOMAIN" or "another rank" in str(why), why
    assert (job.solution() == 0).all() and job.body.client.step == 0
    assert loads_of(job, 1, -0.2) == [1.0] and job.body.client.step == 1 and abs(job.solution()).max() == 0.2
    alone = femd.Client(address, run=f"{shared}-alone-{rank}", wait_timeout=20)
    raises(femd.Error, "the mesh has 2 ranks", Host, alone, alone.material(rubber))


if ranks > 1:
    several_ranks()
else:
    one_rank()
if host == "getfem":
    regions()
print("cuts")
