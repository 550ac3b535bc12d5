"""`python -m dpo_math_assets.cli`, as dpo-math."""

import sys

from dpo_math_assets.cli import main

sys.exit(main())
