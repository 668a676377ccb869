#!/usr/bin/env bash
# A tenant out: from the next request and the next mail on its keys are dead and its addresses refused. usage: offboard.sh <tenant>
set -euo pipefail

rookery fleet offboard "${1:?usage: offboard.sh <tenant>}" --yes
