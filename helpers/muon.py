"""Muon for convolutions: steps that use all directions of a kernel equally. Introduced in lesson 04.

Keras has a ``Muon`` of its own; it treats matrices only and hands convolution kernels, which have four axes, to
AdamW without a word.
"""

from helpers.backend import keras, tf

#: Coefficients of the odd polynomial a·s + b·s³ + c·s⁵ that is applied to all singular values at once. It lifts
#: small ones fast and keeps the rest near 1. Source: Jordan et al., "Muon", 2024.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalised(matrix: tf.Tensor, steps: int = 3) -> tf.Tensor:
    """The matrix with all its singular values brought near 1, by matrix products alone.

    Each round replaces X by aX + b(XXᵀ)X + c(XXᵀ)²X, which acts on the singular values alone (Newton and
    Schulz's iteration, tuned for speed). They end near 1, not at 1; that is enough for a direction.

    Args:
        matrix: (rows, columns).
        steps: rounds.

    Returns:
        (rows, columns), of the type of ``matrix``.
    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else tf.transpose(matrix)
    x = x / (tf.norm(x) + 1e-7)
    for _ in range(steps):
        square = tf.matmul(x, x, transpose_b=True)
        x = A * x + tf.matmul(B * square + C * tf.matmul(square, square), x)
    return x if wide else tf.transpose(x)


@keras.saving.register_keras_serializable(package="course")
class Muon(keras.optimizers.Optimizer):
    """Muon for convolution kernels, Nesterov's method for the rest; each kind of weight has a rate of its own.

    A kernel (kh, kw, C_in, C_out) is seen as a matrix of kh · kw · C_in rows and C_out columns. Its
    momentum is orthogonalised, and the kernel itself is kept at length √C_out. Biases and the last layer move by
    Nesterov momentum with decay.

    Args:
        learning_rate: the *share* of the full rates, from 0 to 1, usually a schedule.
        kernel_rate, bias_rate, head_rate: full rates of weights with 4, 1 and 2 axes. For a loss that
            is a mean over the batch.
        kernel_momentum: of Muon.
        momentum: of Nesterov's method.
        decay: share by which one gradient step shrinks biases and last layer at full rate.
        orthogonal: False moves kernels by Nesterov's method too, for comparison; they then decay as well.

    Source: Jordan, ``airbench94_muon.py`` in KellerJordan/cifar10-airbench (2024), where the loss is a sum over a batch
    of 2,000: its rates 0.053 and 0.67 become 106 and 1,340 here. Nesterov, "A method for solving the convex programming
    problem with convergence rate O(1/k²)", 1983.
    """

    def __init__(
        self,
        learning_rate=1.0,
        kernel_rate: float = 0.24,
        bias_rate: float = 106.0,
        head_rate: float = 1340.0,
        kernel_momentum: float = 0.6,
        momentum: float = 0.85,
        decay: float = 0.004,
        orthogonal: bool = True,
        name: str = "muon",
        **options,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.kernel_rate, self.bias_rate, self.head_rate = kernel_rate, bias_rate, head_rate
        self.kernel_momentum, self.momentum, self.decay = kernel_momentum, momentum, decay
        self.orthogonal = orthogonal

    def build(self, variables: list) -> None:
        """Make a momentum of zeros for each weight.

        Raises:
            ValueError: for a weight with another number of axes than 1, 2 or 4.
        """
        if self.built:
            return
        for v in variables:
            if len(v.shape) not in (1, 2, 4):
                raise ValueError(
                    f"Muon moves weights with 1, 2 or 4 axes; {v.path} has the shape {tuple(v.shape)}. "
                    "Train this network with another optimiser."
                )
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(v, name="momentum") for v in variables]

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        """Move one weight; ``learning_rate`` is the share of its full rate."""
        moment = self.momenta[self._get_variable_index(variable)]
        weight, before = tf.convert_to_tensor(variable), tf.convert_to_tensor(moment)
        share = tf.cast(learning_rate, gradient.dtype)
        if len(variable.shape) == 4 and self.orthogonal:
            now = self.kernel_momentum * before + gradient
            ahead = gradient + self.kernel_momentum * now
            filters = variable.shape[-1]
            step = tf.reshape(orthogonalised(tf.reshape(ahead, (-1, filters))), variable.shape)
            weight = weight * (filters**0.5 / (tf.norm(weight) + 1e-7)) - share * self.kernel_rate * step
        else:
            rate = {4: self.kernel_rate, 1: self.bias_rate, 2: self.head_rate}[len(variable.shape)]
            gradient = gradient + self.decay / rate * weight
            now = self.momentum * before + gradient
            weight = weight - share * rate * (gradient + self.momentum * now)
        self.assign(moment, now)
        self.assign(variable, weight)

    def get_config(self) -> dict:
        names = ("kernel_rate", "bias_rate", "head_rate", "kernel_momentum", "momentum", "decay", "orthogonal")
        return super().get_config() | {name: getattr(self, name) for name in names}
