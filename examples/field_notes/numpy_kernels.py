"""NumPy's float16: sum, mean, matmul. Usage: numpy_kernels.py FOLDER"""
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(5)
x = rng.random((64, 4096)).astype(np.float16)
a = rng.standard_normal((64, 256)).astype(np.float16)
b = rng.standard_normal((256, 48)).astype(np.float16)
np.save(folder / "half_x", x)
np.save(folder / "half_sum_rows", x.sum(axis=1))
np.save(folder / "half_sum_columns", np.ascontiguousarray(x.T).sum(axis=0))
np.save(folder / "half_mean", x.mean(axis=1))
np.save(folder / "half_a", a)
np.save(folder / "half_b", b)
np.save(folder / "half_d", a @ b)
print("NumPy", np.__version__)
