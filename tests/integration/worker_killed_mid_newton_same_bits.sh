#!/bin/bash
# kill -9 of a worker that has a started task and the only worker-side copy of a committed state: the run finishes, same bits.
. "$FEMD_SOURCE/tests/integration/lib.sh"
a_killed_worker_changes_nothing "$here/slow.json" started sole_committed
