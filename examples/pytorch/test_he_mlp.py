# Made by infwidth 0.1.0; do not edit, but make it again:
#     infwidth expect --network network.yaml --at 1,1/2,-1 --at -1/4,2,1/2 --at 1,1,1 --kernel ntk --precision single --widths 32,128 --samples 200 --false-alarm 0.0001 --format pytest
# network.yaml:
#     name: he_mlp
#     input-dimension: 3
#     input-scale: 1/sqrt(d)
#     parameterization: standard
#     layers:
#       - weights: kaiming-normal(sqrt(2))
#         bias: constant(0)
#         activation: relu
#       - weights: kaiming-normal(sqrt(2))
#         bias: constant(0)
#         activation: relu
#       - weights: kaiming-normal(sqrt(2))
#         bias: constant(0)
# Means: series, relative error bound at most 3.6e-14; standard deviations: series, relative error bound at most 9.5e-14.
# Theory exact: mean and standard deviation are true at every width.
# Theory first-order: mean and variance to the order 1/N; the tolerance allows for terms of order 1/N^2.
# Tolerance: on the average of 200 independent networks; correct networks miss any of the 12 tolerances with probability 0.0001 at most (Bonferroni).
# Warning: The inputs (-1/4, 2, 1/2) and (1, 1, 1) are nearly parallel in layer 2, whose activation has a kink: the terms left out are small only if N is much larger than 1/sin² = 1.9.
# Warning: Depth over width is 0.063 (2 hidden layers, width 32): the expansion in 1/N is one in depth/width, and terms left out may not be small.
# Warning: The bias of layer 2 starts at zero here. If yours is drawn at the scale 1/√N, as PyTorch's default is, it moves the mean by a term of order 1/N that is not in this fixture: set it to zero in the network under test.
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
    [1.0, 0.5, -1.0],
    [-0.25, 2.0, 0.5],
    [1.0, 1.0, 1.0],
]
SAMPLES = 200
FALSE_ALARM = 0.0001
# width: kernel, i, j, mean, standard deviation of one network, absolute tolerance on the average, theory
EXPECTED = {
    32: [
        ("ntk", 0, 0, 53.25, 25.780095854848103, 8.865026974131109, "exact"),
        ("ntk", 0, 1, 26.662882498367853, 14.524946397716738, 6.270097673739367, "first-order"),
        ("ntk", 0, 2, 25.157093005346674, 13.644427240533176, 5.871874996112316, "first-order"),
        ("ntk", 1, 1, 99.3125, 48.96354786908296, 16.83712523106883, "exact"),
        ("ntk", 1, 2, 52.43952836291381, 28.27564540186833, 12.060715260361434, "first-order"),
        ("ntk", 2, 2, 70.0, 34.209602087718004, 11.763682976332579, "exact"),
    ],
    128: [
        ("ntk", 0, 0, 197.25, 48.861206332666896, 16.046449969477962, "exact"),
        ("ntk", 0, 1, 100.47572413182544, 28.551106864812002, 9.985632715148348, "first-order"),
        ("ntk", 0, 2, 93.76386023266656, 26.697737614380024, 9.33282833529563, "first-order"),
        ("ntk", 1, 1, 375.3125, 93.44407133769613, 30.68783585161912, "exact"),
        ("ntk", 1, 2, 198.02779283534645, 55.303361748171234, 19.30591318131834, "first-order"),
        ("ntk", 2, 2, 262.0, 65.07304339403913, 21.37055290565973, "exact"),
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
