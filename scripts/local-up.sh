#!/bin/sh
# Sets up a hub and two managed clusters on this machine, in the background, and leaves their contexts in your kubeconfig: what
# Open Cluster Management's script of this name does with kind. `cluster-proxy local-cluster delete hub cluster1 cluster2` ends it.
set -eu
bin=$(CDPATH='' cd -- "$(dirname -- "$0")/../bin" && pwd -P)
PATH=$bin:$PATH

hub=${CLUSTER1:-hub}
clusters="${C1:-cluster1} ${C2:-cluster2}"

# shellcheck disable=SC2086 # a name has no spaces
cluster-proxy local-cluster start "$hub" $clusters --merge --host-image=busybox --web-image=nginx

echo "Initialize the ocm hub cluster"
clusteradm init --wait --context "kind-$hub"
join=$(clusteradm get token --context "kind-$hub" | grep '^clusteradm join')

for cluster in $clusters; do
  echo "Join $cluster to $hub"
  $(echo "$join" | sed "s/<cluster_name>/$cluster/") --force-internal-endpoint-lookup --wait --context "kind-$cluster"
done

echo "Accept join of $clusters"
clusteradm accept --clusters "$(echo "$clusters" | tr ' ' ',')" --wait --context "kind-$hub"

clusteradm get clusters --output table --context "kind-$hub"
