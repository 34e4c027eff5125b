"""Picture of a result, as ParaView shows it: the last step of fields.pvd, displaced, coloured by one cell array.

    xvfb-run -a pvbatch docs/render.py cases/copper-notch.out picture.png [ARRAY] [WARP] [COMPONENT] [MIRROR]

MIRROR (for example X) shows the other half of a symmetric model too. ARRAY defaults to von_mises, WARP (factor on the displacement) to 1, COMPONENT to the magnitude."""
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
shape = Reflect(Input=unit, Plane=mirror + " Min", CopyInput=1) if mirror else unit

view = CreateRenderView()
view.UseColorPaletteForBackground = 0
view.ViewSize = [1400, 900]
view.Background = [1, 1, 1]
view.OrientationAxesVisibility = 0
view.ViewTime = last
shown = Show(shape, view)
shown.SetRepresentationType("Surface With Edges")
shown.EdgeColor = [0.35, 0.35, 0.35]
ColorBy(shown, ("CELLS", array, component) if component else ("CELLS", array))
shown.RescaleTransferFunctionToDataRange(False, True)
colours = GetColorTransferFunction(array)
colours.ApplyPreset("Viridis (matplotlib)", True)
bar = GetScalarBar(colours, view)
bar.Title, bar.ComponentTitle = array.replace("_", " "), component or ""
bar.TitleColor = bar.LabelColor = [0, 0, 0]
bar.WindowLocation = "Lower Center"
bar.Orientation = "Horizontal"
bar.ScalarBarLength = 0.5
shown.SetScalarBarVisibility(view, True)
view.ResetCamera()
camera = GetActiveCamera()
camera.Elevation(-22)
camera.Azimuth(-12)
view.ResetCamera()
camera.Zoom(1.5)
SaveScreenshot(picture, view)
