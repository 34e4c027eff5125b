"""attach_points.py ADDRESS: batches of points through the Python package, for bench_attach: each number on standard input is a
batch of so many points, answered by its seconds and seconds of processor."""
import sys
import time

import numpy as np

import femd

client = femd.Client(sys.argv[1], run="bench-python")
material = client.material({"engine": "elastic", "young": 1e11, "poisson": 0.3})
laws, made = {}, 0
for line in sys.stdin:
    n = int(line)
    law = laws[n] = laws.get(n) or material.points(n)
    F = np.tile(np.eye(3), (n, 1, 1))
    F[:, 0, 0] += 1e-3 + 1e-12 * np.arange(made + 1, made + n + 1)
    F[:, 0, 1] = 2e-3
    made += n
    began, processor = time.perf_counter(), time.process_time()
    law(F)
    print(time.perf_counter() - began, time.process_time() - processor, flush=True)
