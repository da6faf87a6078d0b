"""python -m flowrun_operator"""

from flowrun_operator.main import main

main()
