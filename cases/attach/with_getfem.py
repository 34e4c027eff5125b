"""The notched copper crystal of cases/copper-notch with GetFEM: with_getfem.py --help. Lengths are um, forces Pa um^2 = pN."""
import getfem
import numpy as np

import femd
import femd.getfem
import notch

options = notch.arguments("GetFEM")
getfem.util_trace_level(0)
corners, cells = notch.mesh(options.mesh)  # GetFEM's own reader takes the entities of Gmsh 4 for its physical groups
mesh = getfem.Mesh("empty", 3)
mesh.add_convex(getfem.GeoTrans("GT_PK(3,1)"), corners[cells].transpose(2, 1, 0))
mim = getfem.MeshIm(mesh, getfem.Integ("IM_TETRAHEDRON(2)"))  # four points
mf = getfem.MeshFem(mesh, 3)
mf.set_fem(getfem.Fem("FEM_PK(3,2)"))
md = getfem.Model("real")
md.add_fem_variable("u", mf)

# u_x = 0 at x = 0, u_z = 0 at z = 0; the grip at x = 8 um is pulled along x and held along y
nodes = mf.basic_dof_nodes()[:, ::3]
grip = np.flatnonzero(abs(nodes[0] - 8) < 1e-6)
held = [3 * np.flatnonzero(abs(nodes[0]) < 1e-6), 3 * np.flatnonzero(abs(nodes[2]) < 1e-6) + 2, 3 * grip + 1, 3 * grip]
pulled = np.repeat([0.0, 0, 0, 1], [len(dofs) for dofs in held])
B = getfem.Spmat("empty", len(pulled), mf.nbdof())
for row, dof in enumerate(np.concatenate(held)):
    B[row, int(dof)] = 1.0
md.add_variable("reaction", len(pulled))
brick = md.add_constraint_with_multipliers("u", "reaction", B, 0 * pulled)

with femd.Client(options.address) as client:
    body = femd.getfem.Body(md, mim, "u", client.material(options.case, "copper"))
    curve = notch.Curve("GetFEM", options.curve)
    for load in body.increments(options.steps, lambda load: md.set_private_rhs(brick, 0.16 * load * pulled),
                                tolerance=options.tolerance):
        curve.add(0.16e-6 * load, 1e-12 * body.forces()[0, grip].sum())
    curve.end(body.evaluations, body.solutions, body.seconds)
if options.displacement:
    np.save(options.displacement, [nodes.T, md.variable("u").reshape(-1, 3)])
