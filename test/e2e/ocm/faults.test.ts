import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { configMap, MANAGED_PAIR_START_MS, ManagedPair } from '../../support/managed-pair.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

/** What happens to a hub and its cluster; that all ends well without a hand, or says what the hand is to do. In this order. */
describe.runIf(hasKubeClients())('a cluster that has joined', () => {
  let pair: ManagedPair
  /** All the time. */
  const STEADY = 'steady'
  const AGENTS = '-n open-cluster-management-agent'
  const steadyVersion = () => pair.managedField(`configmap ${STEADY}`, '{.metadata.resourceVersion}')
  const hubDegraded = () =>
    pair.managedField('klusterlet klusterlet', '{.status.conditions[?(@.type=="HubConnectionDegraded")]}')
  const isGone = async (context: string, object: string) =>
    (await pair.clusters.ok(`kubectl --context ${context} get ${object} --ignore-not-found -o name`)) === ''

  beforeAll(async () => {
    pair = await ManagedPair.start()
    await pair.applied(STEADY, '1')
  }, MANAGED_PAIR_START_MS)

  afterAll(async () => {
    await endProcesses()
    await pair.dispose()
  })

  it('has its agents changed by an edit of the Klusterlet, and goes on', async () => {
    const spec = { workConfiguration: { kubeAPIQPS: 1000, kubeAPIBurst: 2000 } }
    const args = () =>
      pair.managedField(
        `deployment klusterlet-work-agent ${AGENTS}`,
        '{.spec.template.spec.containers[0].args}',
      )
    await pair.managed(`patch klusterlet klusterlet --type merge -p '${JSON.stringify({ spec })}'`)
    await until(async () => (await args()).includes('--kube-api-qps=1000'), 'the Deployment is changed')
    await pair.managed(`rollout status deployment klusterlet-work-agent ${AGENTS} --timeout=40s`)
    await pair.applied('edited', '1')
  })

  it('goes on when every process is killed, on both sides and at once', async () => {
    const before = await steadyVersion()
    const [hub, cluster1] = await Promise.all([pair.processes('hub'), pair.processes('cluster1')])
    for (const pid of [...hub, ...cluster1]) process.kill(pid, 'SIGKILL')
    await pair.apply('killed', [configMap('killed', '1')])
    // Without waiting for the Leases of those that were killed, which are good for 137 s.
    await pair.untilConfigMap('killed', '1')
    await Promise.all([pair.untilAnew('hub', hub), pair.untilAnew('cluster1', cluster1)])
    expect(await steadyVersion()).toBe(before)
  })

  it('keeps what was applied while the hub is away, and gets what is new when it is back', async () => {
    const before = await pair.processes('hub')
    await pair.kill('hub')
    await pair.managed(`patch configmap ${STEADY} --type merge -p '{"data":{"value":"drifted"}}'`)
    await pair.untilConfigMap(STEADY, '1')
    const version = await steadyVersion()
    await pair.clusters.cluster('start hub')
    await pair.applied('missed', '1')
    await pair.untilAnew('hub', before)
    expect(await pair.clusterCondition('ManagedClusterConditionAvailable')).toBe('True')
    expect(await steadyVersion()).toBe(version)
  })

  it('gets back what somebody deletes on the hub: its rights, and its namespace', async () => {
    const bindings = () => pair.hub('get rolebindings -n cluster1 -o name')
    const before = await bindings()
    await pair.hub('delete rolebindings -n cluster1 --all --wait=false')
    await pair.hub(
      'delete clusterroles,clusterrolebindings -l open-cluster-management.io/cluster-name=cluster1',
    )
    await until(async () => (await bindings()) === before, 'the bindings are back')
    await pair.applied('rights', '1')
    const uid = await pair.hubField('namespace cluster1', '{.metadata.uid}')
    await pair.hub('delete namespace cluster1 --wait=false')
    await until(async () => {
      const now = await pair.hubField('namespace cluster1', '{.metadata.uid}')
      return now !== '' && now !== uid
    }, 'there is another namespace')
    await pair.applied(STEADY, '1')
    await pair.untilAvailable()
  })

  it('gets back what somebody deletes on the cluster: its credentials, and its agents', async () => {
    const certificate = () =>
      pair.managedField(`secret hub-kubeconfig-secret ${AGENTS}`, String.raw`{.data.tls\.crt}`)
    const before = await certificate()
    await pair.managed(`delete secret hub-kubeconfig-secret ${AGENTS}`)
    await until(async () => !['', before].includes(await certificate()), 'there is another certificate')
    await pair.managed(`delete deployments ${AGENTS} --all`)
    await pair.applied('deployed', '1')
  })

  it('says that its credentials and those to get others are worth nothing, and joins with others', async () => {
    const [agent] = await pair.processes('cluster1', 'klusterlet-registration-agent')
    if (agent === undefined) throw new Error('there is no registration agent')
    process.kill(agent, 'SIGSTOP')
    const kubeconfig = Buffer.from(
      await pair.managedField(`secret bootstrap-hub-kubeconfig ${AGENTS}`, '{.data.kubeconfig}'),
      'base64',
    ).toString()
    const stale = Buffer.from(kubeconfig.replace(/token: .*/, 'token: expired')).toString('base64')
    const data = JSON.stringify({ data: { kubeconfig: stale } })
    await pair.managed(`patch secret bootstrap-hub-kubeconfig ${AGENTS} --type merge -p '${data}'`)
    await pair.managed(`delete secret hub-kubeconfig-secret ${AGENTS}`)
    process.kill(agent, 'SIGKILL')
    await until(
      async () => /"BootstrapSecret\w+,HubKubeConfigSecretMissing"/.test(await hubDegraded()),
      'it says so',
    )
    await pair.join()
    await pair.accept('--skip-approve-check')
    await until(async () => (await hubDegraded()).includes('"HubConnectionFunctional"'), 'it is well again')
    await pair.applied('healed', '1')
  })

  it('joins again after it was deleted on the hub, once it is told to', async () => {
    await pair.hub('delete managedcluster cluster1 --timeout=30s')
    expect(await pair.managed('get configmaps -n default -o name')).not.toContain(STEADY)
    await pair.join()
    await pair.accept('--skip-approve-check')
    await pair.untilAvailable()
    await pair.applied(STEADY, '1')
  })

  it('applies a thousand manifests, changes one of them, and removes them all', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `many-${index}`)
    const many = (value: string) => names.map((name) => configMap(name, name === 'many-500' ? value : '1'))
    await pair.apply('many', many('1'))
    await until(async () => (await pair.workCondition('many', 'Applied')) === 'True', 'all are applied')
    const versions = () =>
      pair.managed(
        'get configmaps -n default -o "jsonpath={range .items[*]}{.metadata.name} {.metadata.resourceVersion},{end}"',
      )
    const before = (await versions()).split(',')
    await pair.apply('many', many('2'))
    await pair.untilConfigMap('many-500', '2')
    const after = new Set((await versions()).split(','))
    expect(before.filter((each) => !after.has(each)).map((each) => each.split(' ')[0])).toEqual(['many-500'])
    await pair.hub('delete manifestwork many -n cluster1 --timeout=40s')
    expect(await pair.managed('get configmaps -n default -o name')).not.toContain('many-')
  })

  it('applies what it does not know as soon as another work has made it known', async () => {
    const rules = '--verb="*" --resource=widgets.example.com'
    await pair.apply('widget', [
      { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'late', namespace: 'default' } },
    ])
    await until(async () => (await pair.workCondition('widget', 'Applied')) === 'False', 'it is not known')
    await pair.apply('widget-kind', [WIDGET_CRD])
    await until(async () => (await pair.workCondition('widget-kind', 'Applied')) === 'True', 'it is known')
    await pair.managed(`create clusterrole widgets ${rules}`)
    await pair.managed('label clusterrole widgets open-cluster-management.io/aggregate-to-work=true')
    await until(async () => (await pair.workCondition('widget', 'Applied')) === 'True', 'it is applied')
  })

  it('keeps what two works claim until both are gone, and nothing of one that is deleted at once', async () => {
    await pair.apply('one', [configMap('shared', '1')])
    await pair.apply('two', [configMap('shared', '1')])
    for (const work of ['one', 'two'])
      await until(async () => (await pair.workCondition(work, 'Applied')) === 'True', `${work} is applied`)
    await pair.hub('delete manifestwork one -n cluster1 --timeout=30s')
    expect(await isGone('kind-cluster1', 'configmap shared')).toBe(false)
    await pair.hub('delete manifestwork two -n cluster1 --timeout=30s')
    expect(await isGone('kind-cluster1', 'configmap shared')).toBe(true)
    await pair.apply('brief', [configMap('brief', '1')])
    await pair.hub('delete manifestwork brief -n cluster1 --timeout=30s')
    expect(await isGone('kind-cluster1', 'configmap brief')).toBe(true)
  })

  it('is not detached while what was applied is held by others, and says so', async () => {
    expect(await pair.clusters.ok('clusteradm clean --context kind-hub')).toContain(
      'Please detach all managed clusters',
    )
    await pair.applied('held', '1')
    const hold = (finalizers: string) =>
      pair.managed(`patch configmap held --type merge -p '{"metadata":{"finalizers":${finalizers}}}'`)
    await hold('["example.com/mine"]')
    await pair.hub('delete managedcluster cluster1 --wait=false')
    const deleting = () =>
      pair.hubField('managedcluster cluster1', '{.status.conditions[?(@.type=="Deleting")].message}')
    await until(
      async () => (await deleting()).includes('finalizer pending count is 1'),
      'it says what is left',
    )
    await hold('null')
    await until(() => isGone('kind-hub', 'managedcluster cluster1'), 'it is detached')
  })

  it('unjoins while the hub is gone', async () => {
    await pair.clusters.cluster('stop hub')
    await pair.clusters.ok('clusteradm unjoin --cluster-name cluster1 --context kind-cluster1')
    await until(
      () => isGone('kind-cluster1', 'namespace open-cluster-management-agent'),
      'its namespace is gone',
    )
    expect(await pair.managed('get crd -o name')).not.toContain('klusterlets')
  })
})

const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
