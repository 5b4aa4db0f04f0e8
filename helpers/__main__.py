"""``python -m helpers``: the course's command line."""

import sys

from helpers.course.cli import main

sys.exit(main())
