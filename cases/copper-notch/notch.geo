// Half of a thin tension specimen with an edge notch, in micrometres; x = 0 is the plane of symmetry through the notch root.
// gmsh -3 notch.geo -format msh41 -o notch.msh
// gmsh -3 notch.geo -clscale 2.6 -format msh41 -o notch-small.msh   (the mesh of the quick test)
SetFactory("OpenCASCADE");
length = 8;      // half length
width = 5;
thickness = 0.8; // half thickness; z = 0 is a plane of symmetry
radius = 1.5;    // of the notch
Box(1) = {0, 0, 0, length, width, thickness};
Cylinder(2) = {0, 0, -1, 0, 0, thickness + 2, radius};
BooleanDifference(3) = { Volume{1}; Delete; }{ Volume{2}; Delete; };
e = 1e-4;
symmetry_x() = Surface In BoundingBox{-e, -e, -e, e, width + e, thickness + e};
symmetry_z() = Surface In BoundingBox{-e, -e, -e, length + e, width + e, e};
grip() = Surface In BoundingBox{length - e, -e, -e, length + e, width + e, thickness + e};
all() = Surface In BoundingBox{-e, -e, -e, length + e, width + e, thickness + e};
free() = all();
free() -= symmetry_x(); free() -= symmetry_z(); free() -= grip();
Physical Surface("symmetry_x") = {symmetry_x()};
Physical Surface("symmetry_z") = {symmetry_z()};
Physical Surface("grip") = {grip()};
Physical Surface("free") = {free()};
Physical Volume("crystal") = {3};
Field[1] = MathEval;
Field[1].F = "0.36 + 0.36*Fabs((x^2+y^2)^0.5-1.5)";
Background Field = 1;
Mesh.MeshSizeExtendFromBoundary = 0;
Mesh.MeshSizeFromPoints = 0;
Mesh.MeshSizeFromCurvature = 0;
Mesh.Optimize = 1;
Mesh.Algorithm3D = 1;
Mesh.ElementOrder = 1;
