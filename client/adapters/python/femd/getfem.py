"""GetFEM (5.4) with a material law of atoms.

    import getfem, femd, femd.getfem
    client = femd.Client(address, run="notch")
    body = femd.getfem.Body(md, mim, "u", client.material("cases/copper-notch", "copper"))
    for load in body.increments(5, lambda load: md.set_variable("pull", [0.16 * load, 0, 0])):
        print(load, body.forces()[:, grip].sum(1))

md: the model, whose only non-linear part is the body; all else (Dirichlet conditions, loads) are linear bricks as ever.
"""
import getfem
import numpy as np

from ._client import Error, Material
from ._increments import Increments


class Body(Increments):
    """Adds to the model the forces of the material at the points of mim, for the variable name (three components on a mesh of
    three dimensions). material: one, or a dict from region to material; temperature: K; solver: GetFEM's of linear problems. Data
    name_P and name_A (name_P_region, ...) hold the first Piola-Kirchhoff stress and its derivative by F, in GetFEM's order of
    columns, name_now the displacement that they belong to. Lengths of the mesh may have any unit; forces come in Pa times its
    square. A model that has another non-linear brick is solved by a loop of its own over P and A: not by this one."""

    def __init__(self, md, mim, name="u", material=None, temperature=None, solver="mumps"):
        self.md, self.mim, self.name, self.temperature, self.solver = md, mim, name, temperature, solver
        fem = md.mesh_fem_of_variable(name)
        if fem.qdim() != 3 or fem.linked_mesh().dim() != 3:
            raise Error(f"{name} has {fem.qdim()} components on a mesh of dimension {fem.linked_mesh().dim()}: atoms take three of both",
                        "BAD_ARGUMENT")
        materials = {-1: material} if isinstance(material, Material) else dict(material or {})
        if not materials:
            raise Error("no material", "BAD_ARGUMENT")
        self.client = next(iter(materials.values())).client
        self._now = f"{name}_now"
        md.add_initialized_fem_data(self._now, fem, md.variable(name))
        self._parts = []
        for region, one in materials.items():
            suffix = "" if region == -1 else f"_{region}"
            P, A = f"{name}_P{suffix}", f"{name}_A{suffix}"
            of_F, of_A = getfem.MeshImData(mim, region, [3, 3]), getfem.MeshImData(mim, region, [3, 3, 3, 3])
            md.add_im_data(P, of_F)
            md.add_im_data(A, of_A)
            md.add_linear_term(mim, f"({A}:Grad_{name}):Grad_Test_{name}", region)
            md.add_source_term(mim, f"({A}:Grad_{self._now}-{P}):Grad_Test_{name}", region)
            self._parts.append((one.points(of_F.nbpts(), order="columns"), of_F, P, A, region))

    def _evaluate(self):
        u = self.md.variable(self.name)
        self.md.set_variable(self._now, u)
        for law, of_F, P, A, region in self._parts:
            F = self.md.interpolation(f"Id(3)+Grad_{self.name}", of_F, region)
            stress, tangent = law(F, temperature=self.temperature)
            self.evaluations += law.n
            self.md.set_variable(P, stress.ravel(order="F"))
            self.md.set_variable(A, tangent.ravel(order="F"))

    def _solve(self):
        self.md.solve("lsolver", self.solver)

    def forces(self):
        """Internal forces of the last evaluation at the nodes of the variable, (3, nodes)."""
        total = 0
        for _, _, P, _, region in self._parts:
            total = total + getfem.asm_generic(self.mim, 1, f"{P}:Grad_Test_{self.name}", region, self.md)
        first, size = self.md.interval_of_variable(self.name)
        return total[first:first + size].reshape(-1, 3).T

    def _residual(self):
        self.md.assembly("build_all")
        left = self.md.rhs() - self.md.tangent_matrix().mult(self.md.from_variables())
        return abs(left).max(), abs(self.forces()).max()

    def _copy(self):
        names = [self.name, self._now] + [data for part in self._parts for data in part[2:4]]
        return [(name, self.md.variable(name)) for name in names], self.md.from_variables()

    def _restore(self, copy):
        data, variables = copy
        self.md.to_variables(variables)
        for name, values in data:
            self.md.set_variable(name, values)
