"""dolfinx (0.5) with a material law of atoms.

    import femd, femd.dolfinx
    client = femd.Client(address, run="notch")          # several ranks: rank=comm.rank, ranks=comm.size, and one run name
    body = femd.dolfinx.Body(u, client.material("cases/copper-notch", "copper"), degree=2, bcs=bcs)
    for load in body.increments(5, lambda load: setattr(pull, "value", 0.16 * load)):
        print(load, body.forces())
"""
import basix
import numpy as np
import ufl
from dolfinx import __version__, fem
from dolfinx.fem import petsc
from mpi4py import MPI
from petsc4py import PETSc

from ._client import Cut, Error
from ._increments import Increments

if not __version__.startswith("0.5."):
    raise ImportError(f"femd.dolfinx is written for dolfinx 0.5, this is {__version__}; what is to be changed in it: docs/attach.md")


class Body(Increments):
    """The forces of a material for the displacement u, a function of three components on a mesh of three dimensions, with the
    quadrature of that degree. bcs: its Dirichlet conditions; loads: a linear form of other forces; temperature: K, one number or
    of each point of this rank's cells. P and A, quadrature functions, hold the first Piola-Kirchhoff stress and its derivative by F;
    femd writes into them. Lengths of the mesh may have any unit; forces come in Pa times its square. All ranks call together."""

    def __init__(self, u, material, degree=2, bcs=(), loads=None, temperature=None):
        mesh = u.function_space.mesh
        if mesh.geometry.dim != 3 or mesh.topology.dim != 3 or u.ufl_shape != (3,):
            raise Error(f"u has the shape {u.ufl_shape} in {mesh.geometry.dim} dimensions: atoms take three of both", "BAD_ARGUMENT")
        self.u, self.bcs, self.temperature, self.client, self.comm = u, list(bcs), temperature, material.client, mesh.comm
        if self.client._ranks != self.comm.size:
            raise Error(f"the mesh has {self.comm.size} ranks, the client {self.client._ranks}: femd.Client(..., rank=comm.rank, "
                        f"ranks=comm.size)", "BAD_ARGUMENT")
        cell = mesh.ufl_cell()
        points, _ = basix.make_quadrature(getattr(basix.CellType, cell.cellname()), degree)
        cells = mesh.topology.index_map(3)
        self._cells = np.arange(cells.size_local, dtype=np.int32)
        self.P, self.A = (fem.Function(fem.FunctionSpace(mesh, ufl.TensorElement(
            "Quadrature", cell, degree, quad_scheme="default", shape=shape))) for shape in ((3, 3), (9, 9)))
        for one in (self.P, self.A):  # points stand in the order of cells, so that an array of all points is written in place
            if (one.function_space.dofmap.list.array != np.arange(len(points) * (cells.size_local + cells.num_ghosts))).any():
                raise Error("dolfinx has numbered the quadrature points in another order than the cells", "UNSUPPORTED")
        self._F = fem.Expression(ufl.Identity(3) + ufl.grad(u), points)
        # numbers of points that do not depend on how many ranks share the mesh
        numbers = np.add.outer(np.asarray(mesh.topology.original_cell_index[:cells.size_local]) * len(points), np.arange(len(points)))
        self.law = material.points(numbers.size, numbers=self.client._points + numbers.ravel())
        self.client._points = self.comm.allreduce(self.client._points, MPI.MAX)
        v, du = ufl.TestFunction(u.function_space), ufl.TrialFunction(u.function_space)
        dx = ufl.dx(metadata={"quadrature_degree": degree, "quadrature_scheme": "default"})
        nine = lambda gradient: ufl.as_vector([gradient[i, j] for i in range(3) for j in range(3)])  # noqa: E731
        inner = ufl.inner(self.P, ufl.grad(v)) * dx
        self._inner = fem.form(inner)
        self._balance = fem.form(inner - loads) if loads is not None else self._inner
        self._tangent = fem.form(ufl.inner(ufl.dot(self.A, nine(ufl.grad(du))), nine(ufl.grad(v))) * dx)
        # one matrix and vectors for the whole life: PETSc keeps what Python drops on several ranks until all are asked for it
        self._K = petsc.create_matrix(self._tangent)
        self._b, self._step = petsc.create_vector(self._inner), petsc.create_vector(self._inner)
        self._linear = PETSc.KSP().create(self.comm)
        self._linear.setType("preonly")
        self._linear.getPC().setType("lu")
        self._linear.getPC().setFactorSolverType("mumps")

    def _evaluate(self):
        F = self._F.eval(self._cells).reshape(-1, 3, 3)
        n, trouble = self.law.n, None
        try:
            self.law(F, temperature=self.temperature, out=(self.P.x.array[:9 * n], self.A.x.array[:81 * n]))
        except Error as why:
            trouble = why
        self.evaluations += n
        worst = self.comm.allreduce(0 if trouble is None else 1 if isinstance(trouble, Cut) else 2, MPI.MAX)
        if worst == 2:  # all ranks end, or all cut, or none
            raise trouble if trouble and not isinstance(trouble, Cut) else Error("another rank has failed", "CANCELLED")
        if worst == 1:
            raise trouble or Cut("the material says no at a point of another rank", "NOT_CONVERGED")

    def _assemble(self, form):
        with self._b.localForm() as local:
            local.set(0.0)
        petsc.assemble_vector(self._b, form)
        return self._b

    def _solve(self):
        self._K.zeroEntries()
        petsc.assemble_matrix(self._K, self._tangent, bcs=self.bcs)
        self._K.assemble()
        b = self._assemble(self._balance)
        petsc.apply_lifting(b, [self._tangent], [self.bcs], [self.u.vector], -1.0)
        b.ghostUpdate(PETSc.InsertMode.ADD, PETSc.ScatterMode.REVERSE)
        petsc.set_bc(b, self.bcs, self.u.vector, -1.0)
        self._linear.setOperators(self._K)
        self._linear.solve(b, self._step)
        self.u.vector.axpy(-1.0, self._step)
        self.u.x.scatter_forward()

    def forces(self):
        """Internal forces of the last evaluation at the nodes of this rank, (nodes, 3), as u.x.array.reshape(-1, 3) without ghosts."""
        b = self._assemble(self._inner)
        b.ghostUpdate(PETSc.InsertMode.ADD, PETSc.ScatterMode.REVERSE)
        return b.array.reshape(-1, 3).copy()

    def _residual(self):
        size = abs(self.forces()).max(initial=0)
        b = self._assemble(self._balance)
        b.ghostUpdate(PETSc.InsertMode.ADD, PETSc.ScatterMode.REVERSE)
        petsc.set_bc(b, self.bcs, b, 0.0)
        left = abs(b.array).max(initial=0)
        return self.comm.allreduce(left, MPI.MAX), self.comm.allreduce(size, MPI.MAX)

    def _copy(self):
        return [f.x.array.copy() for f in (self.u, self.P, self.A)]

    def _restore(self, copy):
        for f, values in zip((self.u, self.P, self.A), copy):
            f.x.array[:] = values
