#!/bin/sh
# In the image build: /requirements.txt into the venv /opt/flowrun, from /wheels where there are any.
set -eu
offline=
if ls /wheels/*.whl >/dev/null 2>&1; then offline="--no-index --find-links /wheels"; fi
python3 -m venv --without-pip /opt/flowrun
# shellcheck disable=SC2086  # no word of it has spaces
/opt/installer/bin/pip --python /opt/flowrun/bin/python install --quiet --no-cache-dir \
  --require-hashes $offline --requirement /requirements.txt
site=$(/opt/flowrun/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo /opt/flowrun-code >"$site/flowrun-code.pth"
# A fifth of the size: the test suites of numpy, pandas, distributed and dask. numpy.testing stays.
find "$site" -depth -type d -name tests -path '*/site-packages/*' \
  \( -path '*/numpy/*' -o -path '*/pandas/*' -o -path '*/distributed/*' -o -path '*/dask/*' \
     -o -path '*/bokeh/*' \) -exec rm -rf {} +
