# Made by infwidth 0.1.0; do not edit, but make it again:
#     infwidth expect --network network.yaml --at 1,1/2 --at -1,3/2 --at 1/4,1 --kernel ntk --widths 32,128,512 --samples 400 --false-alarm 0.0001 --format pytest
# network.yaml:
#     name: tanh_mlp
#     input-dimension: 2
#     input-scale: 1/sqrt(d)
#     parameterization: ntk
#     layers:
#       - weights: normal(0, 3/2)
#         bias: normal(0, 1/2)
#         activation: tanh
#       - weights: normal(0, 3/2)
#         bias: normal(0, 1/2)
#         activation: tanh
#       - weights: uniform(-sqrt(3), sqrt(3))
#         bias: none
# Means: quadrature, relative error bound at most 1.7e-14; standard deviations: series, relative error bound at most 1.6e-13.
# Theory first-order: mean and variance to the order 1/N; the tolerance allows for terms of order 1/N^2.
# Tolerance: on the average of 400 independent networks; correct networks miss any of the 18 tolerances with probability 0.0001 at most (Bonferroni).
# Warning: Depth over width is 0.063 (2 hidden layers, width 32): the expansion in 1/N is one in depth/width, and terms left out may not be small.
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
        ("ntk", 0, 0, 1.635023210913169, 0.35577140194573553, 0.08818872483842329, "first-order"),
        ("ntk", 0, 1, 0.45866441087868315, 0.17602716012342304, 0.04382307501936852, "first-order"),
        ("ntk", 0, 2, 1.1211573761629223, 0.24938617496637475, 0.06192703772946549, "first-order"),
        ("ntk", 1, 1, 1.6818949515365866, 0.40371018600160935, 0.10003312615960576, "first-order"),
        ("ntk", 1, 2, 1.0271285956491856, 0.23709810084281668, 0.05889885079014402, "first-order"),
        ("ntk", 2, 2, 1.635760545988653, 0.3530692244011128, 0.08752184211395332, "first-order"),
    ],
    128: [
        ("ntk", 0, 0, 1.6345909819103501, 0.17788570097286777, 0.041589286269087256, "first-order"),
        ("ntk", 0, 1, 0.45625740610973764, 0.08801358006171152, 0.020589232626977344, "first-order"),
        ("ntk", 0, 2, 1.1207035770290155, 0.12469308748318737, 0.029159800391398462, "first-order"),
        ("ntk", 1, 1, 1.6808359131699502, 0.20185509300080468, 0.04719084796917872, "first-order"),
        ("ntk", 1, 2, 1.0257167418810302, 0.11854905042140834, 0.027724446944553612, "first-order"),
        ("ntk", 2, 2, 1.6354385355384562, 0.1765346122005564, 0.04127358985468506, "first-order"),
    ],
    512: [
        ("ntk", 0, 0, 1.6344829246596455, 0.08894285048643388, 0.020419568087845404, "first-order"),
        ("ntk", 0, 1, 0.4556556549175012, 0.04400679003085576, 0.01010385361591022, "first-order"),
        ("ntk", 0, 2, 1.120590127245539, 0.06234654374159369, 0.01431399457352137, "first-order"),
        ("ntk", 1, 1, 1.680571153578291, 0.10092754650040234, 0.02317087179102392, "first-order"),
        ("ntk", 1, 2, 1.0253637784389915, 0.05927452521070417, 0.013608787461193069, "first-order"),
        ("ntk", 2, 2, 1.635358032925907, 0.0882673061002782, 0.020264487689249582, "first-order"),
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
