#!/usr/bin/env bash
# Run experiments in clones, so that several machines can run them at the same time.
#
#   docs/examples/sweep.sh REPOSITORY FILE                          # here, one after the other
#   sbatch --array=1-20 docs/examples/sweep.sh REPOSITORY FILE      # Slurm: a job for each of 20 lines
#
# Each line of FILE has the options of one `dvc exp run`, such as: -n fast -S train.learning_rate=0.002
# REPOSITORY is your clone of the project, on a file system that all machines see. The clones share its DVC cache, so
# a stage that one of them has run is not run again. They push finished experiments to REPOSITORY, for `dvc exp show`.
set -euo pipefail
repository=$(realpath "$1")
file=$(realpath "$2")

if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  failed=0
  for number in $(seq "$(grep -c '' "$file")"); do
    SLURM_ARRAY_TASK_ID=$number bash "$0" "$repository" "$file" || { echo "line $number of $file failed" >&2; failed=1; }
  done
  exit "$failed"
fi

options=$(sed -n "${SLURM_ARRAY_TASK_ID}p" "$file")
[ -n "$options" ] || { echo "$file: has no line $SLURM_ARRAY_TASK_ID" >&2; exit 1; }
cd "$repository"
cache=$(realpath "$(dvc cache dir)")
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet "$repository" "$clone/netchu"
cd "$clone/netchu"
dvc cache dir --local "$cache"
eval "dvc exp run $options" # eval: the line may quote its words
dvc exp push --no-cache origin
