"""The course's data: real images, the same bytes whatever mirror they came from.

``from helpers.datasets import fashion_mnist`` and then ``fashion_mnist.load()``; likewise ``mnist`` and
``cifar10``. ``cats_vs_dogs.load()`` gives folders of files, ``photos.cat()`` the photograph of lesson 01,
``weights.vgg16()`` a pretrained network.
``data/README.md`` has a card for each.
Nothing here imports TensorFlow.
"""

from helpers.datasets.arrays import ArrayDataset, content_hash

__all__ = ["ArrayDataset", "content_hash"]
