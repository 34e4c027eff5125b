#!/bin/bash
# femd plot draws the results of a run on two ranks, without a display; what is not there is refused with what there is.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cd "$scratch" || exit 1
unset DISPLAY
cat >bar.json <<'JSON'
{"femd":1,"title":"A bent bar","mesh":{"box":{"size":["40 nm","5 nm","5 nm"],"cells":[4,1,1]}},
 "materials":{"m":{"engine":"elastic","young":"100 GPa","poisson":0.3}},
 "boundary":[{"on":"left","displacement":[0,0,0]},{"on":"right","displacement":[null,"2 nm",null]}],"steps":{"count":2},
 "output":{"probes":[{"name":"end","surface":"right"}]}}
JSON
mkdir out && touch out/point-3.state # of an earlier run
femd run bar.json --ranks 2 --out out --dump-point 3 >run.log 2>&1 || fail "femd run ends with $? where a point has no state"
for file in run.log out/log.txt; do grep -qF 'no file is written: the point has no state, since its engine keeps none' $file || fail "$file: no word of the point without a state"; done
grep -qF '"status": "ok"' out/summary.json && [ ! -e out/point-3.state ] || fail "a point without a state spoils the run"
femd plot out >plot.log 2>&1 || fail "femd plot out"
femd plot out --field cauchy_stress --step 1 --y energy --x time --warp 5 --to elsewhere >>plot.log 2>&1 || fail "femd plot with options"
for folder in out elsewhere; do
    for name in plot-load plot-convergence plot-field; do
        [ "$(head -c 4 $folder/$name.png | tail -c 3)" = PNG ] || fail "$folder/$name.png is no PNG"
        head -c 5 $folder/$name.svg | grep -q '<?xml' || fail "$folder/$name.svg is no SVG"
        tail -c 10 $folder/$name.svg | grep -q '</svg>' || fail "$folder/$name.svg is cut off"
    done
done
cmp -s out/plot-load.png elsewhere/plot-load.png && fail "other columns make no other picture"

# heat and mechanics: the stress is a picture of its own, and arrows of the heat flux lie over the temperature
cat >warm.json <<'JSON'
{"femd":1,"physics":"thermomechanical","heat":{"initial":"300 K"},"mesh":{"box":{"size":["40 nm","5 nm","5 nm"],"cells":[4,1,1]}},
 "materials":{"m":{"engine":"elastic","young":"100 GPa","poisson":0.3,"thermal_expansion":"1e-5 1/K","reference_temperature":"300 K",
 "conductivity":"400 W/(m K)","heat_capacity":"3.4 MJ/(m^3 K)"}},
 "boundary":[{"on":"left","displacement":[0,0,0]},{"on":"left","temperature":"300 K"},{"on":"right","heat_flux":"1e11 W/m^2"}],
 "steps":{"count":2,"end_time":1e-10},"output":{"probes":[{"name":"end","surface":"right"}]}}
JSON
femd run warm.json --out warm >warm.log 2>&1 || fail "femd run warm.json"
[ "$(awk '/r\| \(W\)/ { getline; print $5 }' warm.log)" = "$(python3 -c 'import json; print("%.2e" % json.load(open("warm/summary.json"))["steps"][0]["residual_heat"])')" ] ||
    fail "the table of heat has another residual"
femd plot warm >plot.log 2>&1 || fail "femd plot warm"
grep -qF 'plot-stress' plot.log && [ -s warm/plot-stress.png ] || fail "no picture of the stress"
dark() { grep -oF 'stroke:rgb(10%,10%,10%)' "$1" | wc -l; }
[ "$(dark warm/plot-field.svg)" -gt "$(dark warm/plot-stress.svg)" ] || fail "no arrows over the temperature"
femd plot warm --field von_mises --to one >plot.log 2>&1 || fail "femd plot warm --field"
[ ! -e one/plot-stress.png ] || fail "two pictures where one field was asked for"

# refused WORDS ARGS...
refused() {
    words=$1
    shift
    timeout 60 femd plot "$@" >refused.log 2>&1
    code=$?
    [ $code = 2 ] && grep -qF -- "$words" refused.log || fail "femd plot $*: code $code, no word of \"$words\""
}
refused 'femd plot takes the folder that femd run has written' elsewhere
femd plot out --to a/new/folder >>plot.log 2>&1 && [ -s a/new/folder/plot-load.png ] || fail "femd plot --to a folder that is not there"
touch file
refused 'has no field "mises"; it has: displacement, temperature' out --field mises
refused 'history.csv has no column "end.u"; it has: step, time' out --x end.u
refused 'step_0007.pvtu' out --step 7
refused 'out has no fields of step 7; the last step that has them is ' out --step 7
refused 'file' out --to file/under
head -c 3000 out/step_0002_0.vtu >cut && cp cut out/step_0002_0.vtu
refused 'this is no whole field file' out
exit 0
