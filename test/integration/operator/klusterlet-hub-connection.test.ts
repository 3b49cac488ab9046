import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEPLOYMENTS } from '../../../src/apis/resources.ts'
import { AGENT_NAMESPACE, KlusterletBench, SETUP_TIMEOUT_MS } from './klusterlet-bench.ts'

const BOOTSTRAP = 'bootstrap-hub-kubeconfig'
const HUB = 'hub-kubeconfig-secret'

let bench: KlusterletBench

/** No cluster name is given: the registration agent makes one up, and puts it into its Secret. */
beforeAll(async () => {
  bench = await KlusterletBench.start()
  await bench.install({ clusterName: '' })
  bench.startOperator()
}, SETUP_TIMEOUT_MS)

afterAll(() => bench.close())

const until = (reason: string) => bench.untilCondition('HubConnectionDegraded', `True ${reason}`)
const untilWorkOf = (clusterName: string) =>
  bench.until(
    DEPLOYMENTS,
    `${AGENT_NAMESPACE}/klusterlet-work-agent`,
    ({ spec }) =>
      spec.replicas === 1 &&
      spec.template.spec.containers[0].args.includes(`--spoke-cluster-name=${clusterName}`),
  )
const messageOf = async (reason: string): Promise<string> =>
  (await until(reason)).status.conditions.find(
    ({ type }: { type: string }) => type === 'HubConnectionDegraded',
  ).message

describe('the connection to the hub', () => {
  it('lacks both Secrets at first, and the work agent its cluster name', async () => {
    expect(await messageOf('BootstrapSecretMissing,HubKubeConfigSecretMissing')).toBe(
      [
        `Failed to get bootstrap secret "${AGENT_NAMESPACE}" "${BOOTSTRAP}": secrets "${BOOTSTRAP}" not found`,
        `Failed to get hub kubeconfig secret "${AGENT_NAMESPACE}" "${HUB}": secrets "${HUB}" not found`,
      ].join('\n'),
    )
    const klusterlet = await bench.untilCondition('Applied', 'False KlusterletApplyFailed')
    expect(klusterlet.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Applied',
        message: `Failed to get cluster name from hub kubeconfig secret with error secrets "${HUB}" not found`,
      }),
    )
    expect(
      await bench.managed
        .resource(DEPLOYMENTS)
        .find({ namespace: AGENT_NAMESPACE, name: 'klusterlet-work-agent' }),
    ).toBeUndefined()
  })

  it('has a bootstrap kubeconfig that makes no sense, then one that allows nothing, then a good one', async () => {
    await bench.putSecret(BOOTSTRAP, { kubeconfig: 'contexts: 1' })
    await until('BootstrapSecretError,HubKubeConfigSecretMissing')
    await bench.putSecret(BOOTSTRAP, { kubeconfig: bench.hubKubeconfig('nobody') })
    expect(await messageOf('BootstrapSecretUnauthorized,HubKubeConfigSecretMissing')).toContain(
      'Operation for resource &ResourceAttributes{Namespace:,Verb:create,Group:cluster.open-cluster-management.io,Version:,' +
        'Resource:managedclusters,Subresource:,Name:,FieldSelector:nil,LabelSelector:nil,} is not allowed with bootstrap secret ' +
        `"${AGENT_NAMESPACE}"/"${BOOTSTRAP}" to apiserver https://127.0.0.1:`,
    )
    await bench.putSecret(BOOTSTRAP, { kubeconfig: bench.hubKubeconfig('administrator') })
    await until('BootstrapSecretFunctional,HubKubeConfigSecretMissing')
  })

  it('has a hub Secret without kubeconfig, then without a cluster name', async () => {
    await bench.putSecret(HUB, { 'agent-name': 'abcde' })
    await until('BootstrapSecretFunctional,HubKubeConfigMissing')
    await bench.putSecret(HUB, { kubeconfig: 'contexts: 1', 'cluster-name': 'made-up' })
    await until('BootstrapSecretFunctional,HubKubeConfigError')
    await bench.putSecret(HUB, { kubeconfig: bench.hubKubeconfig('administrator') })
    await until('BootstrapSecretFunctional,ClusterNameMissing')
  })

  it('has a hub that does not allow yet what agents do: the work agent runs all the same, for the name is known', async () => {
    await bench.putSecret(HUB, { kubeconfig: bench.hubKubeconfig('nobody'), 'cluster-name': 'made-up' })
    await until('BootstrapSecretFunctional,HubKubeConfigUnauthorized')
    await bench.untilCondition('Applied', 'True KlusterletApplied')
    await untilWorkOf('made-up')
  })

  it('is asked about again until the hub allows it, and works', async () => {
    const { admin } = bench.hub
    const group = 'rbac.authorization.k8s.io'
    const { status } = await admin.post(`/apis/${group}/v1/clusterrolebindings`, {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'accepted' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'User', apiGroup: group, name: 'nobody' }],
    })
    expect(status).toBe(201)
    await bench.untilCondition('HubConnectionDegraded', 'False HubConnectionFunctional')
    await bench.untilCondition('Available', 'True KlusterletAvailable')
  })

  it('is looked at anew when the agent bootstraps to another hub', async () => {
    await bench.putSecret(BOOTSTRAP, {
      kubeconfig: bench.hubKubeconfig('administrator', 'https://127.0.0.1:1'),
    })
    await bench.deleteSecret(HUB) // as a registration agent does that starts over
    await until('BootstrapSecretError,HubKubeConfigSecretMissing')
    await bench.untilCondition('Applied', 'False KlusterletApplyFailed')
    await bench.putSecret(BOOTSTRAP, { kubeconfig: bench.hubKubeconfig('administrator') })
    await bench.putSecret(HUB, {
      kubeconfig: bench.hubKubeconfig('administrator'),
      'cluster-name': 'made-up-again',
    })
    await bench.untilCondition('HubConnectionDegraded', 'False HubConnectionFunctional')
    await untilWorkOf('made-up-again')
  })

  it('is seen to fail when the certificate expires, though nobody changes anything', async () => {
    const issued = await bench.hub.authority().issueClientCertificate({
      commonName: 'agent',
      organizations: ['system:masters'],
      validityMs: 6_000,
    })
    const kubeconfig = JSON.parse(bench.hubKubeconfig('administrator'))
    kubeconfig.users[0].user = { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' }
    await bench.putSecret(HUB, {
      kubeconfig: JSON.stringify(kubeconfig),
      'cluster-name': 'brief',
      'tls.crt': issued.certificatePem,
      'tls.key': issued.privateKeyPem,
    })
    await untilWorkOf('brief')
    await until('BootstrapSecretFunctional,HubKubeConfigError')
  })
})
