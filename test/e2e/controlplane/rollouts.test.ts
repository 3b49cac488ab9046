import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKubeconfig } from '../../../src/kube/access/kubeconfig.ts'
import { KubeClient } from '../../../src/kube/index.ts'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { FakeKubelet } from '../../support/fake-kubelet.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { endProcesses } from '../../support/processes.ts'

describe.runIf(hasKubeClients())('what kubectl sees of workloads', () => {
  let cluster: ControlPlaneProcess
  let client: KubeClient
  let kubelet: FakeKubelet

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start({
      flags: [
        '--controllers=*,deployment-controller,replicaset-controller,job-controller,ttl-after-finished-controller',
      ],
    })
    const { kubeconfig } = cluster
    client = new KubeClient({ readAccess: () => readKubeconfig([kubeconfig]) }, { qps: -1 })
    kubelet = new FakeKubelet(client)
    await cluster.ok('kubectl create deployment web --image=example.com/web:1 --replicas=3')
  })

  afterAll(async () => {
    await kubelet?.stop()
    await client?.stop()
    await endProcesses()
    await cluster.dispose()
  })

  const imageOf = (object: string) =>
    cluster.ok(`kubectl get ${object} -o jsonpath='{.spec.template.spec.containers[0].image}'`)
  const untilRolledOut = () => cluster.ok('kubectl rollout status deployment/web --timeout=40s')

  it('a rollout comes to its end', async () => {
    expect(await untilRolledOut()).toMatch(/deployment "web" successfully rolled out\n$/)
    expect(await cluster.ok('kubectl get deployment web --no-headers')).toMatch(/^web +3\/3 +3 +3 /)
    expect(await cluster.ok('kubectl get pods --no-headers -l app=web')).toMatch(
      /^(web-\S+ +1\/1 +Running .*\n){3}$/,
    )
  })

  it('another image makes another revision, which can be undone', async () => {
    await cluster.ok('kubectl set image deployment/web web=example.com/web:2')
    await untilRolledOut()
    const history = await cluster.ok('kubectl rollout history deployment/web')
    expect(history.trimEnd().split('\n').slice(2)).toEqual(['1         <none>', '2         <none>'])
    expect(await cluster.ok('kubectl rollout undo deployment/web')).toBe('deployment.apps/web rolled back\n')
    await untilRolledOut()
    expect(await imageOf('deployment/web')).toBe('example.com/web:1')
    const after = await cluster.ok('kubectl rollout history deployment/web')
    expect(after.trimEnd().split('\n').slice(2)).toEqual(['2         <none>', '3         <none>'])
  })

  it('it is restarted, paused, scaled and resumed', async () => {
    const names = async () => (await cluster.ok('kubectl get pods -l app=web -o name')).trim().split('\n')
    const before = new Set(await names())
    await cluster.ok('kubectl rollout restart deployment/web')
    await untilRolledOut()
    await cluster.ok('kubectl rollout pause deployment/web')
    await cluster.ok('kubectl scale deployment/web --replicas=5')
    await cluster.ok(
      "kubectl wait deployment/web --for=jsonpath='{.status.availableReplicas}'=5 --timeout=40s",
    )
    await cluster.ok('kubectl rollout resume deployment/web')
    await untilRolledOut()
    await cluster.ok('kubectl wait pod -l app=web --for=condition=Ready --timeout=40s')
    expect((await names()).filter((name) => before.has(name))).toEqual([])
  })

  it('it is described with what has happened', async () => {
    const description = await cluster.ok('kubectl describe deployment web')
    expect(description).toMatch(
      /Replicas: +5 desired \| 5 updated \| 5 total \| 5 available \| 0 unavailable/,
    )
    expect(description).toMatch(/Available +True +MinimumReplicasAvailable/)
    expect(description).toMatch(/Progressing +True +NewReplicaSetAvailable/)
    expect(description).toMatch(/NewReplicaSet: +web-\S+ \(5\/5 replicas created\)/)
    expect(description).toMatch(
      /Normal +ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-\S+ from 0 to 3/,
    )
  })

  it('a Job is waited for', async () => {
    kubelet.behave({
      behaviourOf: ({ metadata }) => (metadata.labels?.['job-name'] ? { exitCode: 0 } : 'run'),
    })
    await cluster.ok('kubectl create job once --image=example.com/task:1')
    await cluster.ok('kubectl wait job/once --for=condition=complete --timeout=40s')
    expect(await cluster.ok('kubectl get job once --no-headers')).toMatch(/^once +Complete +1\/1 /)
    expect(await cluster.ok('kubectl describe job once')).toMatch(
      /Normal +Completed +\S+ +job-controller +Job completed/,
    )
    await cluster.ok('kubectl delete job once --wait --timeout=40s')
    expect(await cluster.ok('kubectl get pods -l job-name=once -o name')).toBe('')
  })

  it('all goes with the Deployment', async () => {
    await cluster.ok('kubectl delete deployment web --cascade=foreground --timeout=40s')
    expect(await cluster.ok('kubectl get replicasets,pods -l app=web -o name')).toBe('')
  })
})
