#!/bin/sh
# Sets up a hub and two managed clusters on this machine, in the background, and leaves their contexts in your kubeconfig: what
# Open Cluster Management's script of this name does with kind. Run again, it puts right what is missing.
# `cluster-proxy local-cluster delete hub cluster1 cluster2` ends it.
set -eu

hub=${CLUSTER1:-hub}
c1=${C1:-cluster1}
c2=${C2:-cluster2}

# The programs of the checkout that this script is of. Piped into a shell it is of none: then of the one that it is run in, or PATH's.
use_checkout() {
  for root in "$(dirname -- "$0")/.." .; do
    if [ -x "$root/bin/clusteradm" ] && [ -f "$root/scripts/local-up.sh" ]; then
      PATH=$(CDPATH='' cd -- "$root/bin" && pwd -P):$PATH
      return
    fi
  done
}

require() {
  if command -v "$1" >/dev/null; then return; fi
  echo "local-up: $1 is needed, and not found in PATH: $2" >&2
  exit 1
}

main() {
  if [ $# -gt 0 ]; then
    echo "local-up: it takes no arguments; names of clusters are set by CLUSTER1 (hub), C1 and C2" >&2
    exit 2
  fi
  use_checkout
  require cluster-proxy "run this in a checkout of cluster-proxy, or put its bin into PATH"
  require clusteradm "run this in a checkout of cluster-proxy, or put its bin into PATH"
  require kubectl "see https://kubernetes.io/docs/tasks/tools"

  cluster-proxy local-cluster start "$hub" "$c1" "$c2" --merge --host-image=busybox --web-image=nginx

  echo "Initialize the ocm hub cluster"
  clusteradm init --wait --context "kind-$hub"
  join=$(clusteradm get token --context "kind-$hub" | grep '^clusteradm join')

  for cluster in "$c1" "$c2"; do
    echo "Join $cluster to $hub"
    $(echo "$join" | sed "s/<cluster_name>/$cluster/") --force-internal-endpoint-lookup --context "kind-$cluster"
  done

  echo "Accept join of $c1 and $c2"
  clusteradm accept --clusters "$c1,$c2" --wait --context "kind-$hub"
  if ! kubectl wait managedcluster "$c1" "$c2" --for=condition=ManagedClusterConditionAvailable --timeout=120s --context "kind-$hub"; then
    clusteradm doctor --context "kind-$hub"
    exit 1
  fi
  clusteradm get clusters --output table --context "kind-$hub"
}

# All of it is read before anything runs, and nothing of it is taken for input of what runs.
main "$@" </dev/null
