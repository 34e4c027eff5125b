"""Picture of a result, as ParaView shows it: the last step of fields.pvd, displaced, coloured by one cell array.

    xvfb-run -a pvbatch docs/render.py cases/copper-notch.out picture.png [ARRAY] [WARP] [COMPONENT] [MIRROR]

MIRROR (for example X) shows the other half of a symmetric model too; CUT takes cells of a corner away instead. ARRAY defaults to von_mises, WARP (factor on the displacement) to 1, COMPONENT to the magnitude."""
import sys

from paraview.simple import *

folder, picture = sys.argv[1], sys.argv[2]
array = sys.argv[3] if len(sys.argv) > 3 else "von_mises"
warp = float(sys.argv[4]) if len(sys.argv) > 4 else 1.0
component = sys.argv[5] if len(sys.argv) > 5 and sys.argv[5] != "-" else None
mirror = sys.argv[6] if len(sys.argv) > 6 else None

reader = PVDReader(FileName=folder + "/fields.pvd")
last = reader.TimestepValues[-1] if len(reader.TimestepValues) else 0
reader.UpdatePipeline(last)
size = reader.GetDataInformation().GetBounds()
length = max(size[1] - size[0], size[3] - size[2], size[5] - size[4])

# ParaView's camera clips what is a millionth of a metre: show the body at unit length.
unit = Transform(Input=WarpByVector(Input=reader, Vectors=["POINTS", "displacement"], ScaleFactor=warp))
unit.Transform.Scale = [1 / length] * 3
shape = unit
if mirror == "CUT":
    middle = [(size[2 * i] + size[2 * i + 1]) / (2 * length) for i in range(3)]
    shape = Clip(Input=unit, ClipType="Plane", Crinkleclip=1)
    shape.ClipType.Origin = [middle[0], middle[1] - 0.1, middle[2] + 0.1]
    shape.ClipType.Normal = [0.4, -1, 1]
elif mirror:
    shape = Reflect(Input=unit, Plane=mirror + " Min", CopyInput=1)

view = CreateRenderView()
view.UseColorPaletteForBackground = 0
view.ViewSize = [1400, 900]
view.Background = [1, 1, 1]
view.OrientationAxesVisibility = 0
view.ViewTime = last
shown = Show(shape, view)
shown.SetRepresentationType("Surface With Edges")
shown.EdgeColor = [0.35, 0.35, 0.35]
shown.Ambient, shown.Diffuse = 0.45, 0.65
ColorBy(shown, ("CELLS", array, component) if component else ("CELLS", array))
shown.RescaleTransferFunctionToDataRange(False, True)
colours = GetColorTransferFunction(array)
low, high = reader.CellData[array].GetRange(0 if not component else -1)
if high - low < 1e-6 * abs(high):  # a uniform field: its round-off is no picture
    colours.RescaleTransferFunction(0, 2 * high)
colours.ApplyPreset("Viridis (matplotlib)", True)
bar = GetScalarBar(colours, view)
bar.Title, bar.ComponentTitle = array.replace("_", " "), component or ""
bar.TitleColor = bar.LabelColor = [0, 0, 0]
bar.WindowLocation = "Lower Center"
bar.Orientation = "Horizontal"
bar.ScalarBarLength = 0.5
bar.AddRangeLabels = 1
bar.UseCustomLabels = 0
shown.SetScalarBarVisibility(view, True)
view.ResetCamera()
camera = GetActiveCamera()
camera.Elevation(-22)
camera.Azimuth(-12)
view.ResetCamera()
camera.Zoom(1.5 if min(size[3] - size[2], size[5] - size[4]) < length / 2 else 1.0)
SaveScreenshot(picture, view)
