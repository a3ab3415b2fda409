# Made by infwidth 0.1.0; do not edit, but make it again:
#     infwidth expect --network network.yaml --at 1,1/2 --at -1,3/2 --at 1/4,1 --kernel ntk --widths 32,128,512 --samples 400 --false-alarm 0.0001 --format pytest
# network.yaml:
#     name: relu_mlp
#     input-dimension: 2
#     input-scale: 1/sqrt(d)
#     parameterization: ntk
#     layers:
#       - weights: uniform(-1, 1)
#         bias: constant(0)
#         activation: relu
#       - weights: rademacher()
#         bias: constant(0)
#         weight-multiplier: sqrt(2)
# Means: exact, relative error bound at most 1.2e-16; standard deviations: exact, relative error bound at most 1.2e-16.
# Theory exact: mean and standard deviation are true at every width.
# Tolerance: on the average of 400 independent networks; correct networks miss any of the 18 tolerances with probability 0.0001 at most (Bonferroni).
"""Expected kernels of networks of finite width at POINTS, with the tolerances of averages over SAMPLES networks.

    NTK: the sum over all trained parameters of df(x) df(y)

Give pytest, in this file's folder, a conftest.py with

    @pytest.fixture
    def empirical_kernel():
        def kernel(width, seed):
            network = my_library.network(width, seed)  # drawn afresh and independently for every seed
            return my_library.kernel(network, ...)
        return kernel

whose function returns the matrix of one network at POINTS, 3 x 3, for seeds 0 to SAMPLES - 1.
Without pytest: check_average(width, average), or check_networks(width, kernel).
"""

import math

import pytest

KERNELS = ["ntk"]
POINTS = [
    [1.0, 0.5],
    [-1.0, 1.5],
    [0.25, 1.0],
]
SAMPLES = 400
FALSE_ALARM = 0.0001
# width: kernel, i, j, mean, standard deviation of one network, absolute tolerance on the average, theory
EXPECTED = {
    32: [
        ("ntk", 0, 0, 2.8333333333333335, 0.329008400770828, 0.07477470769223422, "exact"),
        ("ntk", 0, 1, 1.4788773148148149, 0.1568469256056537, 0.035934653428854546, "exact"),
        ("ntk", 0, 2, 2.0874837239583335, 0.2687485135299767, 0.061328019585501145, "exact"),
        ("ntk", 1, 1, 4.166666666666667, 0.5808727867996955, 0.13214105006031326, "exact"),
        ("ntk", 1, 2, 2.472972728587963, 0.33274298781993783, 0.07583963260113528, "exact"),
        ("ntk", 2, 2, 2.7083333333333335, 0.3050056209636872, 0.06930394672290083, "exact"),
    ],
    128: [
        ("ntk", 0, 0, 2.8333333333333335, 0.164504200385414, 0.037375737234311014, "exact"),
        ("ntk", 0, 1, 1.4788773148148149, 0.07842346280282685, 0.017889830676138058, "exact"),
        ("ntk", 0, 2, 2.0874837239583335, 0.13437425676498835, 0.030592302402120967, "exact"),
        ("ntk", 1, 1, 4.166666666666667, 0.2904363933998477, 0.06601891392061136, "exact"),
        ("ntk", 1, 2, 2.472972728587963, 0.16637149390996891, 0.03785400912170237, "exact"),
        ("ntk", 2, 2, 2.7083333333333335, 0.1525028104818436, 0.03464509923751133, "exact"),
    ],
    512: [
        ("ntk", 0, 0, 2.8333333333333335, 0.082252100192707, 0.018684964712097227, "exact"),
        ("ntk", 0, 1, 1.4788773148148149, 0.03921173140141342, 0.008925564046438284, "exact"),
        ("ntk", 0, 2, 2.0874837239583335, 0.06718712838249417, 0.015278235785895506, "exact"),
        ("ntk", 1, 1, 4.166666666666667, 0.14521819669992386, 0.03299655693952681, "exact"),
        ("ntk", 1, 2, 2.472972728587963, 0.08318574695498446, 0.018910560560111294, "exact"),
        ("ntk", 2, 2, 2.7083333333333335, 0.0762514052409218, 0.01732083118205851, "exact"),
    ],
}


def _value(matrix, kernel, i, j):
    if len(KERNELS) > 1:
        matrix = matrix[KERNELS.index(kernel)]
    if len(matrix) != len(POINTS) or len(matrix[i]) != len(POINTS):
        raise AssertionError(f"the kernel is not a matrix of {len(POINTS)} x {len(POINTS)}")
    return float(matrix[i][j])


def deviations(width, average):
    """The entries of an average over SAMPLES networks that miss their tolerance, one line each."""
    lines = []
    for kernel, i, j, mean, deviation, tolerance, _ in EXPECTED[width]:
        for a, b in sorted({(i, j), (j, i)}):
            got = _value(average, kernel, a, b)
            if not abs(got - mean) <= tolerance:  # NaN is no number within any tolerance
                error = deviation / math.sqrt(SAMPLES)
                distance = f", {(got - mean) / error:+.1f} standard errors off" if error else ""
                lines.append(
                    f"{kernel}[{a}][{b}] at width {width} is {got!r}, expected {mean!r} within {tolerance:.3g}{distance}"
                )
    return lines


def check_average(width, average):
    """Raises AssertionError unless every entry of an average over SAMPLES networks is within its tolerance."""
    lines = deviations(width, average)
    if lines:
        raise AssertionError("\n".join(lines))


def check_networks(width, kernel):
    """Averages kernel(width, seed) over SAMPLES seeds, and raises AssertionError unless the average is right."""
    n, size = len(POINTS), range(len(KERNELS))
    total = [[[0.0] * n for _ in range(n)] for _ in size]
    first, differs = None, False
    for seed in range(SAMPLES):
        matrix = kernel(width, seed)
        values = [[[_value(matrix, k, i, j) for j in range(n)] for i in range(n)] for k in KERNELS]
        first = first or values
        differs = differs or values != first
        total = [[[t + v for t, v in zip(*rows)] for rows in zip(*pair)] for pair in zip(total, values)]
    average = [[[t / SAMPLES for t in row] for row in matrix] for matrix in total]
    if not differs and any(deviation > 0 for _, _, _, _, deviation, _, _ in EXPECTED[width]):
        raise AssertionError(f"all {SAMPLES} networks of width {width} have the same kernel: is the seed used?")
    check_average(width, average if len(KERNELS) > 1 else average[0])


@pytest.mark.parametrize("width", EXPECTED)
def test_average(width, empirical_kernel):
    check_networks(width, empirical_kernel)
