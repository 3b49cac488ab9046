import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../support/api-client.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses } from '../../support/processes.ts'

const NAMES = ['hub', 'cluster1', 'cluster2']

describe.runIf(hasKubeClients())('several local clusters', () => {
  let clusters: LocalClusters

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster(`start ${NAMES.join(' ')} --merge --host-image=busybox`)
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  it.each(NAMES)('%s is there under the name that kind would give it', async (name) => {
    expect(await clusters.ok(`kubectl --context kind-${name} get nodes -o name`)).toBe(
      `node/${name}-control-plane\n`,
    )
  })

  it('make the first one current', async () => {
    expect(await clusters.ok('kubectl config current-context')).toBe('kind-hub\n')
  })

  it('have certificates that are good for their names', async () => {
    for (const name of ['hub', 'kind-hub'])
      expect(await clusters.ok(`kubectl --context kind-hub --tls-server-name=${name} get --raw /livez`)).toBe(
        'ok',
      )
  })

  it('tell everybody where they are, and by which CA to trust them', async () => {
    const ca = 'certificate-authority-data'
    const config = await clusters.json<{ clusters: { name: string; cluster: Record<string, string> }[] }>(
      'kubectl config view --raw -o json',
    )
    const { cluster } = config.clusters.find(({ name }) => name === 'kind-hub') ?? {}
    const anonymous = new ApiClient(new URL(cluster?.server ?? ''), { rejectUnauthorized: false })
    try {
      const configMaps = '/api/v1/namespaces/kube-public/configmaps'
      const { data } = (await anonymous.get(`${configMaps}/cluster-info`)).json
      expect(JSON.parse(data.kubeconfig)).toMatchObject({
        clusters: [{ name: '', cluster: { server: cluster?.server, [ca]: cluster?.[ca] } }],
      })
      expect((await anonymous.get(configMaps)).status).toBe(403)
    } finally {
      anonymous.close()
    }
  })

  it('run Pods of the same names beside each other', async () => {
    for (const name of NAMES)
      await clusters.ok(`kubectl --context kind-${name} run same --image=busybox -- sh -c 'sleep 600'`)
    const addresses = new Set<string>()
    for (const name of NAMES) {
      await clusters.ok(`kubectl --context kind-${name} wait pod/same --for=condition=Ready --timeout=60s`)
      addresses.add(
        await clusters.ok(`kubectl --context kind-${name} get pod same -o jsonpath={.status.podIP}`),
      )
    }
    expect(addresses.size).toBe(NAMES.length)
  })

  it('are in nobody else’s way when one is deleted', async () => {
    expect(await clusters.cluster('delete cluster1')).toBe('cluster1 deleted\n')
    expect(await clusters.ok('kubectl config get-contexts -o name')).toBe('kind-cluster2\nkind-hub\n')
    expect(await clusters.ok('kubectl --context kind-cluster2 get pod same -o name')).toBe('pod/same\n')
  })
})
