import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const PODS = `
apiVersion: v1
kind: Pod
metadata: {name: hello}
spec:
  containers:
    - name: hello
      image: busybox
      command: ["sh", "-c", 'echo "Hello, Kubernetes!" && sleep 3600']
  restartPolicy: OnFailure
---
apiVersion: v1
kind: Pod
metadata: {name: strange}
spec:
  containers: [{name: strange, image: 'redis:7'}]
---
apiVersion: v1
kind: Pod
metadata: {name: crashing}
spec:
  containers: [{name: crashing, image: busybox, command: [sh, -c, 'echo dying; exit 3']}]
---
apiVersion: v1
kind: Pod
metadata: {name: failed}
spec:
  restartPolicy: Never
  containers: [{name: failed, image: busybox, command: [sh, -c, 'exit 7']}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue}
---
apiVersion: v1
kind: Pod
metadata: {name: sharing, labels: {app: sharing}}
spec:
  restartPolicy: Never
  volumes: [{name: work, emptyDir: {}}]
  initContainers:
    - name: first
      image: busybox
      command: [sh, -c, 'echo prepared > /work/out']
      volumeMounts: [{name: work, mountPath: /work}]
  containers:
    - name: reader
      image: busybox
      command: [sh, -c, 'cat /work/out; echo $color $LABEL $LIMIT $NAMESPACE $KUBERNETES_SERVICE_PORT; until [ -e /work/done ]; do sleep 0.1; done; cat /work/done']
      envFrom: [{configMapRef: {name: settings}}]
      env:
        - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
        - {name: LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
        - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
      resources: {limits: {memory: 64Mi}}
      volumeMounts: [{name: work, mountPath: /work}]
    - name: writer
      image: busybox
      command: [sh, -c, 'echo written > /work/done']
      volumeMounts: [{name: work, mountPath: /work}]
---
apiVersion: v1
kind: Pod
metadata: {name: gated, labels: {app: gated}}
spec:
  terminationGracePeriodSeconds: 10
  volumes: [{name: gate, emptyDir: {}}]
  containers:
    - name: gated
      image: nginx
      ports: [{containerPort: 8080}]
      readinessProbe: {exec: {command: [cat, /gate/open]}, periodSeconds: 1}
      volumeMounts: [{name: gate, mountPath: /gate}]
---
apiVersion: v1
kind: Service
metadata: {name: gated}
spec:
  selector: {app: gated}
  ports: [{port: 443, targetPort: 8080}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  completions: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: once, image: busybox, command: [sh, -c, 'echo done']}]
---
apiVersion: v1
kind: Pod
metadata: {name: ailing}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: ailing
      image: busybox
      command: [sh, -c, 'sleep 3600']
      livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: leaving}
spec:
  volumes: [{name: notes, emptyDir: {}}]
  containers:
    - name: leaving
      image: busybox
      command: [sh, -c, 'trap "cat /notes/hook; echo asked to end; exit 0" TERM; echo up; while :; do sleep 0.1; done']
      lifecycle: {preStop: {exec: {command: [sh, -c, 'echo prepared > /notes/hook']}}}
      volumeMounts: [{name: notes, mountPath: /notes}]
---
apiVersion: v1
kind: Pod
metadata: {name: stubborn}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: stubborn
      image: busybox
      command: [sh, -c, 'trap "echo asked in vain" TERM; echo up; while :; do sleep 0.1; done']
`

describe.runIf(hasKubeClients())('Pods of a local cluster', () => {
  let clusters: LocalClusters

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster('start hub --merge --host-image=busybox --web-image=nginx')
    await clusters.ok('kubectl apply -f -', { input: PODS })
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  const value = (object: string, jsonPath: string) =>
    clusters.ok(`kubectl get ${object} -o jsonpath='{${jsonPath}}'`)
  const comesTo = (object: string, jsonPath: string, wanted: string | RegExp) =>
    until(async () => {
      const found = await value(object, jsonPath)
      return typeof wanted === 'string' ? found === wanted : wanted.test(found)
    }, `${jsonPath} of ${object} is ${wanted}`)
  const state = '.status.containerStatuses[0].state'

  it('say hello by a program of this machine', async () => {
    await clusters.ok('kubectl wait pod/hello --for=condition=Ready --timeout=30s')
    expect(await clusters.ok('kubectl logs hello')).toBe('Hello, Kubernetes!\n')
    const events = await clusters.ok('kubectl events --for=pod/hello')
    for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) expect(events).toContain(reason)
  })

  it('tell how to run an image that there is not', async () => {
    await comesTo('pod/strange', `${state}.waiting.reason`, /^(ErrImagePull|ImagePullBackOff)$/)
    expect(await clusters.ok('kubectl describe pod strange')).toContain('--host-image=redis')
    const { stderr } = await clusters.run('kubectl logs strange')
    expect(stderr).toContain('is waiting to start')
  })

  it('are started again, ever later, or left as they ended', async () => {
    await comesTo('pod/failed', '.status.phase', 'Failed')
    expect(await value('pod/failed', `${state}.terminated.exitCode`)).toBe('7')
    await comesTo('pod/crashing', `${state}.waiting.reason`, 'CrashLoopBackOff')
    expect(await clusters.ok('kubectl logs crashing --previous')).toBe('dying\n')
  })

  it('share a volume, which is prepared before, and have variables from everywhere', async () => {
    await comesTo('pod/sharing', '.status.phase', 'Succeeded')
    expect(await clusters.ok('kubectl logs sharing -c reader')).toBe(
      'prepared\nblue sharing 67108864 default 443\nwritten\n',
    )
  })

  it('are reached by their Service, at a privileged port too, once they are ready', async () => {
    const address = await value('service/gated', '.spec.clusterIP')
    const page = () =>
      fetch(`http://${address}:443/`).then(
        (response) => response.text(),
        () => 'refused',
      )
    await comesTo('pod/gated', '.status.phase', 'Running')
    expect(await page()).toBe('refused')
    await clusters.ok("kubectl exec gated -- sh -c 'echo open > /gate/open'")
    await clusters.ok('kubectl wait pod/gated --for=condition=Ready --timeout=30s')
    await until(async () => (await page()).includes('<h1>Welcome</h1>'), 'the Service answers')
  })

  it('complete a Job', async () => {
    await clusters.ok('kubectl wait job/once --for=condition=Complete --timeout=30s')
    expect(await value('job/once', '.status.succeeded')).toBe('2')
  })

  it('are restarted when they are not alive', async () => {
    await comesTo('pod/ailing', '.status.containerStatuses[0].restartCount', /^[1-9]/)
    expect(await clusters.ok('kubectl events --for=pod/ailing')).toMatch(/Unhealthy.*Liveness probe failed/)
  })

  it.each([
    ['leaving', 'prepares its end before it is asked to', 'up\nprepared\nasked to end\n'],
    ['stubborn', 'is killed when its time is over', 'up\nasked in vain\n'],
  ])('that are deleted have a grace period: %s %s', async (name, _what, log) => {
    await clusters.ok(`kubectl wait pod/${name} --for=condition=Ready --timeout=30s`)
    const following = clusters.spawn(`kubectl logs -f ${name}`)
    await following.said(/up/)
    await clusters.ok(`kubectl delete pod ${name} --timeout=20s`)
    expect(await following.exited).toMatchObject({ status: 0 })
    expect(following.stdout).toBe(log)
  })

  it('tell who runs them in the foreground all that they say, and how they end', async () => {
    const run = await clusters.run(
      "kubectl run short --image=busybox --rm -i --quiet --restart=Never --command -- sh -c 'echo early; cat; exit 4'",
      { input: 'late\n' },
    )
    expect(run).toMatchObject({ status: 4, stdout: expect.stringMatching(/^early\nlate\n/) })
  })

  it('can be deleted by force', async () => {
    await clusters.ok('kubectl delete pod ailing --force --grace-period=0')
    expect((await clusters.run('kubectl get pod ailing')).stderr).toContain('(NotFound)')
  })
})
