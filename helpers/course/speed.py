"""How fast this machine trains, measured in seconds, and what that makes of the recorded lesson times."""

import json
import statistics
import sys
import time

from helpers import paths, profiles, records
from helpers.backend import tf
from helpers.tables import Table

BATCH, SIDE, CHANNELS, KERNEL = 64, 32, 64, 3
#: Multiplications and additions of one step: the forward pass, and twice as many for the two gradients.
STEP_FLOP = 3 * 2 * BATCH * SIDE**2 * KERNEL**2 * CHANNELS**2


@tf.function
def _step(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch([images, kernel])
        maps = tf.nn.conv2d(images, kernel, strides=1, padding="SAME")
        loss = tf.reduce_sum(maps * maps)
    gradients = tape.gradient(loss, [images, kernel])
    return tf.add_n([tf.reduce_sum(gradient) for gradient in gradients])


def measure_gflops(seconds: float = 5.0) -> float:
    """Speed of one training step of a 3 × 3 convolution in fp32, in 10⁹ operations a second.

    The step is a forward pass and both gradients of 64 → 64 channels on 64 images of 32 × 32, which is
    what the lessons spend their time on. The median over all steps leaves out hiccups.

    Args:
        seconds: how long to measure, after a warm-up of a few steps.

    Raises:
        ValueError: if ``seconds`` is not positive.
    """
    if not seconds > 0:
        raise ValueError(f"seconds: expected a positive number, found {seconds!r}.")
    images = tf.random.stateless_normal((BATCH, SIDE, SIDE, CHANNELS), seed=(0, 0))
    kernel = tf.random.stateless_normal((KERNEL, KERNEL, CHANNELS, CHANNELS), seed=(0, 1))
    for _ in range(3):
        _step(images, kernel).numpy()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        began = time.perf_counter()
        _step(images, kernel).numpy()
        times.append(time.perf_counter() - began)
    return STEP_FLOP / statistics.median(times) / 1e9


def predicted_seconds(lesson: str, profile: str, gflops: float) -> float | None:
    """The recorded seconds of a lesson, scaled to a machine of this speed; None without a record of both."""
    record = records.load(lesson, profile)
    recorded = record and record["machine"].get("gflops")
    return record["seconds"] * recorded / gflops if recorded else None


def predicted_minutes(gflops: float | None = None) -> Table:
    """What each lesson will take on this machine, by profile.

    A rough guide: it scales all of a lesson's time, also that part which does not compute.

    Args:
        gflops: this machine's speed; measured for five seconds if not given.
    """
    speed = measure_gflops() if gflops is None else gflops
    rows = [
        {"lesson": path.stem} | {p: _words(predicted_seconds(path.stem, p, speed)) for p in profiles.PROFILES}
        for path in paths.lessons()
    ]
    return Table(rows, ["lesson", *profiles.PROFILES], caption=f"Expected time at {speed:.0f} GFLOP/s")


def _words(seconds: float | None) -> str:
    if seconds is None:
        return "not measured yet"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def main() -> int:
    """What ``doctor`` asks for, as JSON: it runs this in a process of its own."""
    gflops = measure_gflops()
    gpus = [device.name.split(":", 1)[-1] for device in tf.config.list_physical_devices("GPU")]
    json.dump({"gflops": gflops, "gpus": gpus, "table": str(predicted_minutes(gflops))}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
