# Made by infwidth 0.1.0; do not edit, but make it again:
#     infwidth expect --network network.yaml --at 1,1/2,-1 --at -1/4,2,1/2 --at 1,1,1 --kernel ntk --precision single --widths 8,64,256 --samples 200 --false-alarm 0.0001 --format pytest
# network.yaml:
#     name: default_mlp
#     input-dimension: 3
#     input-scale: 1/sqrt(d)
#     parameterization: standard
#     layers:
#       - weights: pytorch-linear()
#         bias: uniform(-sqrt(3)/3, sqrt(3)/3)
#         activation: relu
#       - weights: pytorch-linear()
#         bias: constant(0)
# Means: exact, relative error bound at most 1.2e-16; standard deviations: exact, relative error bound at most 1.2e-16.
# Theory exact: mean and standard deviation are true at every width.
# Tolerance: on the average of 200 independent networks; correct networks miss any of the 18 tolerances with probability 0.0001 at most (Bonferroni).
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
    8: [
        ("ntk", 0, 0, 2.986111111111111, 1.1889022747169595, 0.39970615224527933, "exact"),
        ("ntk", 0, 1, 2.0335910754949085, 0.8271438708835301, 0.2803465716617601, "exact"),
        ("ntk", 0, 2, 2.0099446614583334, 0.7930188172206596, 0.26887636649378366, "exact"),
        ("ntk", 1, 1, 4.246527777777778, 1.8028770363286404, 0.6006189069981149, "exact"),
        ("ntk", 1, 2, 2.9538636928396134, 1.3405838180705414, 0.4514707038044692, "exact"),
        ("ntk", 2, 2, 3.4444444444444446, 1.4761478061762692, 0.4970375349323783, "exact"),
    ],
    64: [
        ("ntk", 0, 0, 13.097222222222221, 3.031133163237689, 0.9926860035704579, "exact"),
        ("ntk", 0, 1, 8.39801482033866, 2.220740076317571, 0.7281530827940234, "exact"),
        ("ntk", 0, 2, 8.001188151041667, 2.0975575115548386, 0.6881487601250988, "exact"),
        ("ntk", 1, 1, 20.774305555555557, 4.509764730043448, 1.4714735973816955, "exact"),
        ("ntk", 1, 2, 13.817856207534936, 3.451670954205158, 1.1302680598143644, "exact"),
        ("ntk", 2, 2, 15.88888888888889, 3.7710110966898553, 1.2357903188787922, "exact"),
    ],
    256: [
        ("ntk", 0, 0, 47.763888888888886, 6.009955854923948, 1.9499209668217015, "exact"),
        ("ntk", 0, 1, 30.21889623123153, 4.418470378782034, 1.434519738775776, "exact"),
        ("ntk", 0, 2, 28.542594401041665, 4.167755587819549, 1.353499574540038, "exact"),
        ("ntk", 1, 1, 77.44097222222223, 8.925500239235626, 2.890501013571741, "exact"),
        ("ntk", 1, 2, 51.06583054363319, 6.8429852447557655, 2.2201156484106597, "exact"),
        ("ntk", 2, 2, 58.55555555555556, 7.4783354794506165, 2.427125612056029, "exact"),
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
