import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { endProcesses } from '../../support/processes.ts'

describe.runIf(hasKubeClients())('what kubectl reads of a control plane', () => {
  let cluster: ControlPlaneProcess

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start()
    await cluster.ok(`
      kubectl create configmap apple --from-literal=colour=red
      kubectl create configmap banana --from-literal=colour=yellow --from-literal=shape=bent
      kubectl label configmap apple kind=fruit size=small
      kubectl label configmap banana kind=fruit size=large
      kubectl create namespace other
      kubectl create configmap cherry -n other`)
  })

  afterAll(async () => {
    await endProcesses()
    await cluster.dispose()
  })

  describe('about the server', () => {
    it('knows its version', async () => {
      const { serverVersion } = await cluster.json<{ serverVersion: Record<string, string> }>(
        'kubectl version -o json',
      )
      expect(serverVersion).toMatchObject({
        major: '1',
        gitVersion: expect.stringMatching(/^v1\.\d+\.\d+\+cluster-proxy/),
      })
    })

    it('knows where it runs', async () => {
      expect(await cluster.ok('kubectl cluster-info')).toContain(
        `Kubernetes control plane is running at https://127.0.0.1:${cluster.port}\n`,
      )
    })

    it('lists its resources', async () => {
      const lines = (await cluster.ok('kubectl api-resources')).split('\n').map((line) => line.split(/ +/))
      expect(lines).toEqual(
        expect.arrayContaining([
          ['configmaps', 'cm', 'v1', 'true', 'ConfigMap'],
          ['namespaces', 'ns', 'v1', 'false', 'Namespace'],
          ['deployments', 'deploy', 'apps/v1', 'true', 'Deployment'],
          ['cronjobs', 'cj', 'batch/v1', 'true', 'CronJob'],
          [
            'customresourcedefinitions',
            'crd,crds',
            'apiextensions.k8s.io/v1',
            'false',
            'CustomResourceDefinition',
          ],
          [
            'certificatesigningrequests',
            'csr',
            'certificates.k8s.io/v1',
            'false',
            'CertificateSigningRequest',
          ],
        ]),
      )
    })

    it('tells namespaced resources that can be watched from others', async () => {
      const names = await cluster.ok('kubectl api-resources --namespaced=false --verbs=watch -o name')
      expect(names.split('\n')).toEqual(
        expect.arrayContaining(['nodes', 'clusterroles.rbac.authorization.k8s.io']),
      )
      expect(names).not.toMatch(/^(pods|selfsubjectreviews.*)$/m)
    })

    it('lists the versions of its groups', async () => {
      const versions = (await cluster.ok('kubectl api-versions')).trimEnd().split('\n')
      expect(versions).toEqual(
        expect.arrayContaining(['v1', 'apps/v1', 'batch/v1', 'rbac.authorization.k8s.io/v1', 'policy/v1']),
      )
    })

    it.each(['/healthz', '/livez', '/readyz'])('is well at %s', async (endpoint) => {
      expect(await cluster.ok(`kubectl get --raw ${endpoint}`)).toBe('ok')
    })

    it('says what it looked at', async () => {
      expect(await cluster.ok("kubectl get --raw '/readyz?verbose'")).toMatch(
        /^\[\+\]ping ok\n(.*\n)*readyz check passed\n$/,
      )
    })

    it('has the kubeconfig that an administrator needs', async () => {
      const view = await cluster.ok('kubectl config view --minify')
      expect(view).toContain(`server: https://127.0.0.1:${cluster.port}`)
      expect(view).toContain('client-key-data: DATA+OMITTED')
      expect(await cluster.ok('kubectl config current-context')).toBe('controlplane\n')
    })
  })

  describe('get', () => {
    const outputs: [string, string][] = [
      ['-o name', 'configmap/apple\nconfigmap/banana\n'],
      ['--no-headers', 'apple    1     <age>\nbanana   2     <age>\n'],
      ['', 'NAME     DATA   AGE\napple    1      <age>\nbanana   2      <age>\n'],
      [
        '--show-labels -l size=small',
        'NAME    DATA   AGE   LABELS\napple   1      <age>   kind=fruit,size=small\n',
      ],
      [
        '-L size',
        'NAME     DATA   AGE   SIZE\napple    1      <age>   small\nbanana   2      <age>   large\n',
      ],
      ["-o jsonpath='{.items[*].data.colour}'", 'red yellow'],
      [
        '-o jsonpath=\'{range .items[*]}{.metadata.name}={.data.shape}{"\\n"}{end}\'',
        'apple=\nbanana=bent\n',
      ],
      ["-o go-template='{{range .items}}{{.metadata.name}};{{end}}'", 'apple;banana;'],
      [
        '-o custom-columns=NAME:.metadata.name,SHAPE:.data.shape',
        'NAME     SHAPE\napple    <none>\nbanana   bent\n',
      ],
      ['--sort-by=.metadata.labels.size -o name', 'configmap/banana\nconfigmap/apple\n'],
      ["--sort-by='{.data.colour}' --no-headers", 'apple    1     <age>\nbanana   2     <age>\n'],
      ['-l kind=fruit,size!=small -o name', 'configmap/banana\n'],
      ["-l 'size in (small, medium)' -o name", 'configmap/apple\n'],
      ["-l 'colour,!size' -o name", ''],
      ['--field-selector metadata.name=banana -o name', 'configmap/banana\n'],
      ['--field-selector metadata.name!=banana -o name', 'configmap/apple\n'],
      ['--chunk-size=1 -o name', 'configmap/apple\nconfigmap/banana\n'],
    ]
    it.each(outputs)('configmaps %s', async (flags, expected) => {
      const seen = await cluster.ok(`kubectl get configmaps -l kind=fruit ${flags}`)
      // A column is as wide as what is in it, which depends on how old the objects are by now.
      const ageless = seen.replace(/\b(?:\d+[hms])+\b/g, '<age>').replace(/(AGE|<age>) +/g, '$1   ')
      expect(ageless).toBe(expected)
    })

    it('writes JSON and YAML of what is kept', async () => {
      const apple = await cluster.json<Record<string, unknown>>('kubectl get cm apple -o json')
      expect(apple).toMatchObject({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { colour: 'red' },
        metadata: {
          name: 'apple',
          namespace: 'default',
          uid: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
          resourceVersion: expect.stringMatching(/^\d+$/),
          creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        },
      })
      expect(await cluster.ok('kubectl get cm apple -o yaml')).toMatch(
        /^apiVersion: v1\ndata:\n {2}colour: red\nkind: ConfigMap\n/,
      )
    })

    it('keeps who manages what out of sight, until asked', async () => {
      expect(await cluster.ok('kubectl get cm apple -o yaml')).not.toContain('managedFields')
      const managers = "-o jsonpath='{.metadata.managedFields[*].manager}' --show-managed-fields"
      expect(await cluster.ok(`kubectl get cm apple ${managers}`)).toBe('kubectl-create kubectl-label')
    })

    it('sees all namespaces at once', async () => {
      const lines = (await cluster.ok('kubectl get cm -A --no-headers')).split('\n')
      expect(lines.map((line) => line.split(/ +/).slice(0, 2).join('/'))).toEqual(
        expect.arrayContaining(['default/apple', 'default/banana', 'other/cherry']),
      )
    })

    it('reads several kinds and several names', async () => {
      expect(await cluster.ok('kubectl get cm/apple ns/other -o name')).toBe(
        'configmap/apple\nnamespace/other\n',
      )
      expect(await cluster.ok('kubectl get cm,ns other banana --ignore-not-found -o name')).toBe(
        'configmap/banana\nnamespace/other\n',
      )
    })

    it.each([
      ['kubectl get nonsense', `error: the server doesn't have a resource type "nonsense"\n`],
      ['kubectl get cm durian', 'Error from server (NotFound): configmaps "durian" not found\n'],
      ['kubectl get cm.v2 apple', `error: the server doesn't have a resource type "cm"\n`],
      [
        'kubectl get cm --field-selector data=x',
        'Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match label selector "", field selector "data=x": "data" is not a known field selector: only "metadata.name", "metadata.namespace"\n',
      ],
      [
        "kubectl get cm -l 'a=b=c'",
        `Error from server (BadRequest): Unable to find "/v1, Resource=configmaps" that match label selector "a=b=c", field selector "": found '=', expected: ',' or 'end of string'\n`,
      ],
      [
        'kubectl get --raw /nowhere',
        'Error from server (NotFound): the server could not find the requested resource\n',
      ],
    ])('%s is an error', async (command, stderr) => {
      expect(await cluster.run(command)).toEqual({ status: 1, stdout: '', stderr })
    })
  })

  describe('watching', () => {
    it('shows what is there, then every change', async () => {
      const watch = cluster.spawn('kubectl get cm -n other -w --output-watch-events')
      await watch.said(/ADDED +cherry/)
      await cluster.ok('kubectl create cm date -n other')
      await watch.said(/ADDED +date +0/)
      await cluster.ok(`kubectl patch cm date -n other --type=merge -p '{"data":{"a":"b"}}'`)
      await watch.said(/MODIFIED +date +1/)
      await cluster.ok('kubectl delete cm date -n other')
      await watch.said(/DELETED +date +1/)
      await watch.end()
    })

    it('follows a selector as things come and go', async () => {
      await cluster.ok('kubectl create cm elder -n other && kubectl label cm cherry -n other ripe=yes')
      const watch = cluster.spawn('kubectl get cm -n other -l ripe -w --output-watch-events')
      await watch.said(/ADDED +cherry/)
      await cluster.ok('kubectl label cm elder -n other ripe=yes')
      await watch.said(/ADDED +elder/)
      await cluster.ok('kubectl label cm elder -n other ripe-')
      await watch.said(/DELETED +elder/)
      await watch.end()
    })

    it('waits for a condition, a value, a deletion', async () => {
      await cluster.ok('kubectl create cm fig -n other --from-literal=state=raw')
      const value = cluster.spawn(
        "kubectl wait -n other cm/fig --for=jsonpath='{.data.state}'=cooked --timeout=30s",
      )
      const gone = cluster.spawn('kubectl wait -n other cm/fig --for=delete --timeout=30s')
      await cluster.ok(`kubectl patch cm fig -n other --type=merge -p '{"data":{"state":"cooked"}}'`)
      await value.said(/^configmap\/fig condition met$/m)
      await cluster.ok('kubectl delete cm fig -n other')
      expect(await gone.exited).toEqual({ status: 0, signal: null })
    })

    it('gives up when it has waited long enough', async () => {
      expect(
        await cluster.run("kubectl wait cm/apple --for=jsonpath='{.data.colour}'=blue --timeout=100ms"),
      ).toEqual({
        status: 1,
        stdout: '',
        stderr: 'error: timed out waiting for the condition on configmaps/apple\n',
      })
    })
  })

  describe('through kubectl proxy', () => {
    it('answers plain HTTP', async () => {
      const proxy = cluster.spawn('kubectl proxy --port=0')
      const [, address] = await proxy.said(/^Starting to serve on (.*)$/m)
      const response = await fetch(`http://${address}/api/v1/namespaces/default/configmaps/apple`)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ kind: 'ConfigMap', data: { colour: 'red' } })
      await proxy.end()
    })
  })

  describe('describe', () => {
    beforeAll(async () => {
      await writeFile(path.join(cluster.home, 'described.yaml'), DESCRIBED)
      await cluster.ok('kubectl create -f described.yaml')
    })

    it.each([
      ['pod web', [/^Name: +web$/m, /^Status: +Pending$/m, /Image: +nginx/, /QoS Class: +BestEffort/]],
      ['deployment front', [/^Replicas: +2 desired/m, /StrategyType: +RollingUpdate/, /25% max unavailable/]],
      ['node worker', [/^Name: +worker$/m, /^Taints: +dedicated=web:NoSchedule/m, /cpu: +4/]],
      ['service front', [/^Type: +ClusterIP$/m, /^IP: +10\.96\.\d+\.\d+$/m, /TargetPort: +8080\/TCP/]],
      ['namespace other', [/^Status: +Active$/m]],
      ['secret pin', [/^Type: +Opaque$/m, /pin: +4 bytes/]],
      ['configmap apple', [/colour:\n----\nred/]],
      ['job once', [/^Completions: +1$/m, /^Parallelism: +1$/m]],
      ['cronjob daily', [/^Schedule: +0 3 \* \* \*$/m, /^Concurrency Policy: +Allow$/m]],
      ['ingress door', [/example\.com/, /front:80/]],
      ['serviceaccount robot', [/^Name: +robot$/m]],
      ['role reader', [/configmaps +\[\] +\[\] +\[get list]/]],
      ['storageclass fast', [/^Provisioner: +example\.com\/disk$/m, /^ReclaimPolicy: +Delete$/m]],
      ['priorityclass high', [/^Value: +1000$/m]],
    ])('%s', async (object, patterns) => {
      const text = await cluster.ok(`kubectl describe ${object}`)
      for (const pattern of patterns) expect(text).toMatch(pattern)
    })

    it('shows the events of an object', async () => {
      const uid = await cluster.ok("kubectl get pod web -o jsonpath='{.metadata.uid}'")
      await cluster.ok('kubectl create -f -', {
        input: JSON.stringify({
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'web.1', namespace: 'default' },
          involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'default', uid },
          type: 'Warning',
          reason: 'Unlucky',
          message: 'no luck today',
          source: { component: 'scheduler' },
          firstTimestamp: new Date().toISOString(),
          lastTimestamp: new Date().toISOString(),
          count: 1,
        }),
      })
      expect(await cluster.ok('kubectl describe pod web')).toMatch(
        /Warning +Unlucky +.* scheduler +no luck today/,
      )
      expect(await cluster.ok('kubectl events --for pod/web')).toMatch(
        /Warning +Unlucky +Pod\/web +no luck today/,
      )
      expect(await cluster.ok('kubectl get events')).toMatch(/Warning +Unlucky +pod\/web +no luck today/)
    })

    it('tells how a rollout stands', async () => {
      expect(await cluster.run('kubectl rollout status deployment/front --watch=false')).toMatchObject({
        status: 0,
        stdout: 'Waiting for deployment spec update to be observed...\n',
      })
      expect(await cluster.ok('kubectl rollout history deployment/front')).toBe(
        'deployment.apps/front \nNo rollout history found.\n',
      )
    })

    it('lists it all', async () => {
      const all = await cluster.ok('kubectl get all -o name')
      expect(all.trimEnd().split('\n')).toEqual([
        'pod/web',
        'service/front',
        'service/kubernetes',
        'deployment.apps/front',
        'cronjob.batch/daily',
        'job.batch/once',
      ])
    })
  })

  describe('explain', () => {
    it('tells of a kind, and of a field in it', async () => {
      expect(await cluster.ok('kubectl explain deployment')).toMatch(
        /^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n/,
      )
      expect(await cluster.ok('kubectl explain pod.spec.containers.image')).toMatch(/FIELD: image <string>/)
    })

    it('tells of everything below', async () => {
      expect(await cluster.ok('kubectl explain configmap --recursive')).toMatch(
        /binaryData\s+<map\[string]string>/,
      )
    })

    it('knows what is not there', async () => {
      expect(await cluster.run('kubectl explain pod.spec.nonsense')).toMatchObject({
        status: 1,
        stderr: 'error: field "nonsense" does not exist\n',
      })
    })
  })
})

const DESCRIBED = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  serviceAccountName: robot
  containers: [{ name: web, image: nginx }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: front }
spec:
  replicas: 2
  selector: { matchLabels: { app: front } }
  template:
    metadata: { labels: { app: front } }
    spec:
      containers: [{ name: front, image: nginx, ports: [{ containerPort: 8080 }] }]
---
apiVersion: v1
kind: Node
metadata: { name: worker }
spec: { taints: [{ key: dedicated, value: web, effect: NoSchedule }] }
status: { capacity: { cpu: "4", memory: 8Gi }, allocatable: { cpu: "4", memory: 8Gi } }
---
apiVersion: v1
kind: Service
metadata: { name: front }
spec:
  selector: { app: front }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Secret
metadata: { name: pin }
stringData: { pin: "1234" }
---
apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: once, image: busybox }]
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: daily }
spec:
  schedule: 0 3 * * *
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: daily, image: busybox }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: door }
spec:
  rules:
    - host: example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: front, port: { number: 80 } } } }] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get, list] }]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: example.com/disk
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: high }
value: 1000
`
