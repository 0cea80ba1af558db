"""Classes of every layer are told apart by readers with each kind of color blindness, too."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pipeline.atlas.sheets import SHEETS

# Linear RGB as it is seen (Machado, Oliveira and Fernandes 2009, IEEE Transactions on Visualization 15, severity 1).
SEEN = {
    "full color vision": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
# Differences in CIELAB; about 2 are just seen side by side, areas apart on a map need several times that.
APART = 10.0


def lab(color: str, seen: np.ndarray) -> np.ndarray:
    """CIELAB of a color of the page, as a reader of that vision sees it."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    part = TO_XYZ @ np.clip(seen @ linear, 0, 1) / WHITE
    f = np.where(part > 216 / 24389, np.cbrt(part), (24389 / 27 * part + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def schemes() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for sheet in SHEETS:
        for places in sheet.places:
            for layer in places.layers:
                colors = tuple(word[2] for word in layer.scheme.words) or layer.scheme.colors
                found.setdefault(colors, f"{sheet.key}, {layer.label}")
    return found


@pytest.mark.parametrize("vision", SEEN)
def test_no_two_classes_look_alike(vision: str) -> None:
    alike = [
        f"{where}: {one} and {other} differ by {apart:.1f}"
        for colors, where in schemes().items()
        for one, other in combinations(colors, 2)
        if (apart := float(np.linalg.norm(lab(one, SEEN[vision]) - lab(other, SEEN[vision])))) < APART
    ]
    assert alike == []


def test_red_and_green_of_one_lightness_would_be_found() -> None:
    red, green = "#c05050", "#7a7a2f"
    full, without = (
        float(np.linalg.norm(lab(red, SEEN[v]) - lab(green, SEEN[v]))) for v in ("full color vision", "deuteranopia")
    )
    assert full > 2 * APART and without < full / 2


def test_white_and_black_are_a_hundred_apart() -> None:
    assert lab("#ffffff", SEEN["full color vision"])[0] == pytest.approx(100, abs=0.1)
    assert lab("#000000", SEEN["full color vision"])[0] == pytest.approx(0, abs=0.1)
