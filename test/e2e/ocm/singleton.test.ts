import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const WORK = `apiVersion: work.open-cluster-management.io/v1
kind: ManifestWork
metadata: { name: greeting, namespace: cluster1 }
spec:
  workload:
    manifests:
      - apiVersion: v1
        kind: ConfigMap
        metadata: { name: greeting, namespace: default }
        data: { text: hello }
`

/** One process is the registration agent and the work agent of a cluster. */
describe.runIf(hasKubeClients())('clusteradm join --singleton', () => {
  let clusters: LocalClusters
  const ok = (command: string, input?: string) =>
    clusters.ok(command, input === undefined ? undefined : { input })

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster('start hub cluster1 --merge')
    await ok('clusteradm init --wait --context kind-hub --output-join-command-file join.sh')
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  it('runs one agent', async () => {
    await ok(
      '$(sed "s/ --cluster-name.*//" join.sh) --cluster-name cluster1 --singleton --context kind-cluster1',
    )
    const deployments =
      'kubectl -n open-cluster-management-agent get deployments -o name --context kind-cluster1'
    expect(await ok(deployments)).toBe('deployment.apps/klusterlet-agent\n')
  })

  it('makes the cluster available once it is accepted', async () => {
    await ok('clusteradm accept --clusters cluster1 --wait --context kind-hub')
    await ok(
      'kubectl wait managedcluster cluster1 --for=condition=ManagedClusterConditionAvailable --timeout=60s --context kind-hub',
    )
  })

  it('applies what the hub wants to have there, and takes it away again', async () => {
    await ok('kubectl apply -f - --context kind-hub', WORK)
    await ok(
      'kubectl -n cluster1 wait manifestwork greeting --for=condition=Available --timeout=60s --context kind-hub',
    )
    const greeting =
      'kubectl get configmap greeting --ignore-not-found -o jsonpath={.data.text} --context kind-cluster1'
    expect(await ok(greeting)).toBe('hello')
    await ok('kubectl -n cluster1 delete manifestwork greeting --timeout=60s --context kind-hub')
    expect(await ok(greeting)).toBe('')
  })

  it('goes on with the same credentials when it is started anew', async () => {
    const requests = 'kubectl get csr -o name --context kind-hub'
    const before = await ok(requests)
    await ok(
      'kubectl -n open-cluster-management-agent rollout restart deployment klusterlet-agent --context kind-cluster1',
    )
    await ok(
      'kubectl -n open-cluster-management-agent rollout status deployment klusterlet-agent --timeout=60s --context kind-cluster1',
    )
    await ok('kubectl apply -f - --context kind-hub', WORK)
    await ok(
      'kubectl -n cluster1 wait manifestwork greeting --for=condition=Available --timeout=60s --context kind-hub',
    )
    expect(await ok(requests)).toBe(before)
    await ok('kubectl -n cluster1 delete manifestwork greeting --timeout=60s --context kind-hub')
  })

  it('leaves nothing behind when the cluster has left', async () => {
    await ok('clusteradm unjoin --cluster-name cluster1 --context kind-cluster1')
    const pods = 'kubectl -n open-cluster-management-agent get pods -o name --context kind-cluster1'
    await until(async () => (await ok(pods)) === '', 'no agent is left')
    const crds = 'kubectl get crds -o name --context kind-cluster1'
    expect(await ok(crds)).not.toContain('klusterlets.operator.open-cluster-management.io')
  })
})
