"""The notched copper crystal of cases/copper-notch with dolfinx, on one rank or more: with_dolfinx.py --help. Lengths are um,
forces Pa um^2 = pN."""
import numpy as np
import ufl
from dolfinx import fem
from dolfinx.mesh import create_mesh, locate_entities_boundary
from mpi4py import MPI

import femd
import femd.dolfinx
import notch

options, comm = notch.arguments("dolfinx"), MPI.COMM_WORLD
corners, cells = notch.mesh(options.mesh) if comm.rank == 0 else (np.zeros((0, 3)), np.zeros((0, 4), int))
mesh = create_mesh(comm, cells, corners, ufl.Mesh(ufl.VectorElement("Lagrange", ufl.tetrahedron, 1)))
V = fem.VectorFunctionSpace(mesh, ("CG", 2))
u, zero, pull = fem.Function(V, name="u"), fem.Constant(mesh, 0.0), fem.Constant(mesh, 0.0)


def held(value, component, axis, at):
    facets = locate_entities_boundary(mesh, 2, lambda x: abs(x[axis] - at) < 1e-6)
    return fem.dirichletbc(value, fem.locate_dofs_topological(V.sub(component), 2, facets), V.sub(component))


# u_x = 0 at x = 0, u_z = 0 at z = 0; the grip at x = 8 um is pulled along x and held along y
bcs = [held(zero, 0, 0, 0), held(zero, 2, 2, 0), held(zero, 1, 0, 8), held(pull, 0, 0, 8)]
own = V.dofmap.index_map.size_local
nodes = V.tabulate_dof_coordinates()[:own]
grip = abs(nodes[:, 0] - 8) < 1e-6


def load_to(load):
    pull.value = 0.16 * load


run = comm.bcast(f"notch-{np.random.default_rng().integers(2**48)}")  # all ranks are one run
with femd.Client(options.address, run=run, rank=comm.rank, ranks=comm.size) as client:
    body = femd.dolfinx.Body(u, client.material(options.case, "copper"), degree=2, bcs=bcs)
    curve = notch.Curve("dolfinx", options.curve) if comm.rank == 0 else None
    for load in body.increments(options.steps, load_to, tolerance=options.tolerance):
        force = comm.reduce(body.forces()[grip, 0].sum())
        if curve:
            curve.add(0.16e-6 * load, 1e-12 * force)
    evaluations, seconds = comm.reduce(body.evaluations), comm.reduce(body.seconds)
    if curve:
        curve.end(evaluations, body.solutions, seconds)
gathered = [comm.gather(part) for part in (nodes, u.x.array.reshape(-1, 3)[:own])]
if options.displacement and comm.rank == 0:
    np.save(options.displacement, [np.concatenate(parts) for parts in gathered])
