"""Animals cut out of photographs, with exact masks: ``data/animals``, from Tux Paint's stamps (GPL-2).

The mask is the file's alpha channel. With it a picture can be composed of which one knows, pixel by pixel, where the
animal is; that is how lesson 09 measures heat maps.
"""

import numpy as np
from PIL import Image

from helpers.datasets import photos

#: Name → the numbers of the ImageNet classes that name this animal; any of them is a right answer.
ANIMALS: dict[str, tuple[int, ...]] = {
    "elephant": (386, 385, 101),
    "zebra": (340,),
    "lion": (291,),
    "tiger": (292,),
    "gorilla": (366,),
    "toucan": (96,),
    "penguin": (145,),
    "flamingo": (130,),
    "husky": (250, 249, 248),
    "chimpanzee": (367,),
    "hippopotamus": (344,),
    "bison": (347,),
    "ram": (348, 349),
    "dromedary": (354,),
    "otter": (360,),
    "badger": (362,),
    "beaver": (337,),
    "marmot": (336,),
    "rabbit": (331, 330, 332),
    "bear": (294,),
    "sea_lion": (150,),
    "pelican": (144,),
    "vulture": (23,),
    "rooster": (7,),
}


def cut_out(name: str) -> np.ndarray:
    """One animal: uint8 (height, width, 4), red, green, blue and alpha; the sides are 75 to 357 pixels.

    Raises:
        ValueError: for a name that is not in :data:`ANIMALS`.
        CourseError: if the file is missing or altered.
    """
    if name not in ANIMALS:
        raise ValueError(f"There is no animal {name!r}. Expected one of {', '.join(ANIMALS)}.")
    path = photos.verified(f"animals/{name}.png", "cut-out", "python data/make_cutouts.py")
    return np.array(Image.open(path).convert("RGBA"))
