import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { endProcesses } from '../../support/processes.ts'

const AS_ROBOT = `--overrides='{"spec":{"serviceAccountName":"robot"}}'`

describe.runIf(hasKubeClients())('what kubectl writes to a control plane', () => {
  let cluster: ControlPlaneProcess

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start()
  })

  afterAll(async () => {
    await endProcesses()
    await cluster.dispose()
  })

  /** Puts a file into the person's directory. */
  const file = (name: string, content: string) => writeFile(path.join(cluster.home, name), content)

  const value = (object: string, jsonPath: string) =>
    cluster.ok(`kubectl get ${object} -o jsonpath='{${jsonPath}}'`)

  describe('create', () => {
    it.each([
      ['namespace shop', 'namespace/shop'],
      ['configmap settings --from-literal=a=1 --from-literal=b=2', 'configmap/settings'],
      ['secret generic password --from-literal=word=swordfish', 'secret/password'],
      ['secret docker-registry pull --docker-username=u --docker-password=p', 'secret/pull'],
      ['serviceaccount robot', 'serviceaccount/robot'],
      [
        'role reader --verb=get,list --resource=pods,deployments.apps',
        'role.rbac.authorization.k8s.io/reader',
      ],
      ['rolebinding readers --role=reader --user=jane', 'rolebinding.rbac.authorization.k8s.io/readers'],
      [
        'clusterrole scaler --verb=patch --resource=deployments/scale',
        'clusterrole.rbac.authorization.k8s.io/scaler',
      ],
      ['clusterrole sum --aggregation-rule=sum=yes', 'clusterrole.rbac.authorization.k8s.io/sum'],
      [
        'clusterrolebinding scalers --clusterrole=scaler --group=ops',
        'clusterrolebinding.rbac.authorization.k8s.io/scalers',
      ],
      ['quota small --hard=services=20,count/jobs.batch=20', 'resourcequota/small'],
      ['deployment web --image=nginx --replicas=2 --port=80', 'deployment.apps/web'],
      ['job once --image=busybox -- date', 'job.batch/once'],
      ["cronjob daily --image=busybox --schedule='0 3 * * *' -- date", 'cronjob.batch/daily'],
      ['job early --from=cronjob/daily', 'job.batch/early'],
      ["ingress door --rule='example.com/*=web:80'", 'ingress.networking.k8s.io/door'],
      ['poddisruptionbudget one --selector=app=web --min-available=1', 'poddisruptionbudget.policy/one'],
      ['priorityclass high --value=10', 'priorityclass.scheduling.k8s.io/high'],
      ['service clusterip plain --tcp=80:8080', 'service/plain'],
      ['service nodeport open --tcp=80', 'service/open'],
      ['service externalname away --external-name=example.com', 'service/away'],
    ])('%s', async (args, name) => {
      expect(await cluster.ok(`kubectl create ${args}`)).toBe(`${name} created\n`)
      expect(await cluster.ok(`kubectl get ${name} -o name`)).toBe(`${name}\n`)
    })

    it('gives what was left open', async () => {
      expect(await value('deploy/web', '.spec.strategy.rollingUpdate.maxSurge')).toBe('25%')
      expect(await value('svc/plain', '.spec.clusterIP')).toMatch(/^10\.96\.\d+\.\d+$/)
      expect(await value('svc/open', '.spec.ports[0].nodePort')).toMatch(/^3[0-2]\d{3}$/)
      expect(await value('secret/password', '.data.word')).toBe('c3dvcmRmaXNo')
      expect(await value('job/once', '.spec.backoffLimit')).toBe('6')
      expect(await value('ns/shop', '.spec.finalizers')).toBe('["kubernetes"]')
    })

    it('finishes a generated name', async () => {
      const created = await cluster.ok('kubectl create -f - -o name', {
        input: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } }),
      })
      expect(created).toMatch(/^configmap\/made-[a-z\d]{5}\n$/)
    })

    it('only tries with --dry-run=server', async () => {
      const pod = await cluster.json<{ metadata: object; spec: object }>(
        `kubectl run tried --image=nginx ${AS_ROBOT} --dry-run=server -o json`,
      )
      expect(pod.metadata).toHaveProperty('uid')
      expect(pod.spec).toMatchObject({ restartPolicy: 'Always', serviceAccountName: 'robot' })
      expect((await cluster.run('kubectl get pod tried')).status).toBe(1)
    })

    it.each([
      [
        'kubectl create namespace shop',
        'Error from server (AlreadyExists): namespaces "shop" already exists\n',
      ],
      [
        'kubectl create configmap lost -n nowhere',
        'error: failed to create configmap: namespaces "nowhere" not found\n',
      ],
      [
        'kubectl create serviceaccount Bad',
        `error: failed to create serviceaccount: ServiceAccount "Bad" is invalid: metadata.name: Invalid value: "Bad": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n`,
      ],
      [
        `kubectl run web --image=nginx --port=70000 ${AS_ROBOT}`,
        'The Pod "web" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive\n',
      ],
      [
        'kubectl create cronjob never --image=busybox --schedule=never',
        'error: failed to create cronjob: CronJob.batch "never" is invalid: spec.schedule: Invalid value: "never": expected exactly 5 fields, found 1: [never]\n',
      ],
    ])('%s is an error', async (command, stderr) => {
      expect(await cluster.run(command)).toEqual({ status: 1, stdout: '', stderr })
    })

    it('refuses fields that do not exist', async () => {
      const input = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: odd }\ndatta: {}\n'
      expect(await cluster.run('kubectl create -f -', { input })).toEqual({
        status: 1,
        stdout: '',
        stderr:
          'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"\n',
      })
      expect(await cluster.run('kubectl create --validate=warn -f -', { input })).toEqual({
        status: 0,
        stdout: 'configmap/odd created\n',
        stderr: 'Warning: unknown field "datta"\n',
      })
    })

    it('refuses kinds that do not exist', async () => {
      const input = 'apiVersion: example.com/v1\nkind: Oddity\nmetadata: { name: odd }\n'
      const { status, stderr } = await cluster.run('kubectl create -f -', { input })
      expect(status).toBe(1)
      expect(stderr).toContain(
        'no matches for kind "Oddity" in version "example.com/v1"\nensure CRDs are installed first\n',
      )
    })
  })

  describe('patch', () => {
    beforeAll(async () => {
      await cluster.ok('kubectl create configmap patched --from-literal=a=1')
      await cluster.ok('kubectl create deployment patched --image=nginx')
    })

    it('merges', async () => {
      await cluster.ok(`kubectl patch cm patched --type=merge -p '{"data":{"a":null,"b":"2"}}'`)
      expect(await value('cm/patched', '.data')).toBe('{"b":"2"}')
    })

    it('carries out JSON patches', async () => {
      const patch = JSON.stringify([
        { op: 'test', path: '/data/b', value: '2' },
        { op: 'move', from: '/data/b', path: '/data/c' },
      ])
      await cluster.ok(`kubectl patch cm patched --type=json -p '${patch}'`)
      expect(await value('cm/patched', '.data')).toBe('{"c":"2"}')
      expect(await cluster.run(`kubectl patch cm patched --type=json -p '${patch}'`)).toMatchObject({
        status: 1,
        stderr: 'The request is invalid: the server rejected our request due to an error in our request\n',
      })
    })

    it('merges lists by their keys', async () => {
      const patch = (container: object) =>
        `kubectl patch deploy patched -p '${JSON.stringify({ spec: { template: { spec: { containers: [container] } } } })}'`
      await cluster.ok(patch({ name: 'sidecar', image: 'envoy' }))
      expect(await value('deploy/patched', '.spec.template.spec.containers[*].name')).toBe('sidecar nginx')
      await cluster.ok(patch({ name: 'sidecar', $patch: 'delete' }))
      expect(await value('deploy/patched', '.spec.template.spec.containers[*].name')).toBe('nginx')
    })

    it('patches the status alone with --subresource', async () => {
      await cluster.ok(
        `kubectl patch deploy patched --subresource=status --type=merge -p '{"spec":{"replicas":7},"status":{"replicas":1,"readyReplicas":1,"updatedReplicas":1,"availableReplicas":1,"observedGeneration":4}}'`,
      )
      expect(await cluster.ok('kubectl get deploy patched --no-headers')).toMatch(/^patched +1\/1 +1 +1 /)
    })

    it('sees a rollout end that somebody else has done', async () => {
      const generation = await value('deploy/patched', '.metadata.generation')
      await cluster.ok(
        `kubectl patch deploy patched --subresource=status --type=merge -p '{"status":{"observedGeneration":${generation}}}'`,
      )
      expect(await cluster.ok('kubectl rollout status deploy/patched')).toBe(
        'deployment "patched" successfully rolled out\n',
      )
    })

    it.each([
      [`kubectl patch cm nothing -p '{}'`, 'Error from server (NotFound): configmaps "nothing" not found\n'],
      [
        `kubectl patch svc plain --type=merge -p '{"spec":{"clusterIP":"10.96.0.77"}}'`,
        'The Service "plain" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set\n',
      ],
      [
        `kubectl patch deploy patched --type=merge -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'`,
        'The Deployment "patched" is invalid: \n* spec.template.metadata.labels: Invalid value: {"app":"patched"}: `selector` does not match template `labels`\n* spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable\n',
      ],
    ])('%s is an error', async (command, stderr) => {
      expect(await cluster.run(command)).toEqual({ status: 1, stdout: '', stderr })
    })
  })

  describe('edit and replace', () => {
    beforeAll(() => cluster.ok('kubectl create configmap edited --from-literal=a=1'))

    it('takes what an editor leaves', async () => {
      expect(
        await cluster.ok('kubectl edit cm edited', { env: { KUBE_EDITOR: `sed -i 's/a: "1"/a: "2"/'` } }),
      ).toBe('configmap/edited edited\n')
      expect(await value('cm/edited', '.data.a')).toBe('2')
    })

    it('replaces the whole', async () => {
      await cluster.ok('kubectl get cm edited -o json | sed \'s/"a":/"z":/\' | kubectl replace -f -')
      expect(await value('cm/edited', '.data')).toBe('{"z":"2"}')
    })

    it('does not replace what has changed since', async () => {
      await cluster.ok('kubectl get cm edited -o yaml > old.yaml; kubectl label cm edited touched=yes')
      expect(await cluster.run('kubectl replace -f old.yaml')).toEqual({
        status: 1,
        stdout: '',
        stderr:
          'Error from server (Conflict): error when replacing "old.yaml": Operation cannot be fulfilled on configmaps "edited": the object has been modified; please apply your changes to the latest version and try again\n',
      })
    })

    it('replaces by force, as a new object', async () => {
      const uid = await value('cm/edited', '.metadata.uid')
      await cluster.ok('kubectl replace --force -f old.yaml')
      expect(await value('cm/edited', '.metadata.uid')).not.toBe(uid)
    })
  })

  describe('label, annotate, scale, set, expose', () => {
    it('labels and annotates', async () => {
      await cluster.ok('kubectl create configmap marked')
      expect(await cluster.ok('kubectl label cm marked colour=red')).toBe('configmap/marked labeled\n')
      expect(await cluster.ok('kubectl label cm marked colour=blue --overwrite')).toBe(
        'configmap/marked labeled\n',
      )
      expect(await cluster.ok('kubectl annotate cm marked note=here')).toBe('configmap/marked annotated\n')
      expect(await value('cm/marked', '.metadata.labels.colour')).toBe('blue')
      expect(await cluster.ok('kubectl label cm marked colour-')).toBe('configmap/marked unlabeled\n')
      expect(await value('cm/marked', '.metadata.labels')).toBe('')
    })

    it('scales', async () => {
      await cluster.ok('kubectl create deployment scaled --image=nginx')
      expect(await cluster.ok('kubectl scale deploy scaled --replicas=4')).toBe(
        'deployment.apps/scaled scaled\n',
      )
      expect(await value('deploy/scaled', '.spec.replicas')).toBe('4')
      expect(
        await cluster.run('kubectl scale deploy scaled --current-replicas=9 --replicas=1'),
      ).toMatchObject({
        status: 1,
        stderr: 'error: Expected replicas to be 9, was 4\n',
      })
    })

    it('sets image, environment, resources and service account', async () => {
      await cluster.ok('kubectl set image deploy/scaled nginx=nginx:2')
      await cluster.ok('kubectl set env deploy/scaled MODE=fast')
      await cluster.ok('kubectl set resources deploy/scaled --limits=cpu=1500m,memory=1Gi')
      await cluster.ok('kubectl set serviceaccount deploy/scaled robot')
      const spec = await cluster.json<unknown>(
        "kubectl get deploy scaled -o jsonpath='{.spec.template.spec}'",
      )
      expect(spec).toMatchObject({
        serviceAccountName: 'robot',
        containers: [
          {
            image: 'nginx:2',
            env: [{ name: 'MODE', value: 'fast' }],
            resources: { limits: { cpu: '1500m', memory: '1Gi' } },
          },
        ],
      })
      expect(await value('deploy/scaled', '.metadata.generation')).toBe('6')
    })

    it('exposes, autoscales, restarts, taints', async () => {
      expect(await cluster.ok('kubectl expose deploy scaled --port=80 --target-port=8080')).toBe(
        'service/scaled exposed\n',
      )
      expect(await value('svc/scaled', '.spec.selector')).toBe('{"app":"scaled"}')
      expect(await cluster.ok('kubectl autoscale deploy scaled --min=2 --max=5 --cpu=50%')).toBe(
        'horizontalpodautoscaler.autoscaling/scaled autoscaled\n',
      )
      expect(await cluster.ok('kubectl rollout restart deploy scaled')).toBe(
        'deployment.apps/scaled restarted\n',
      )
      await cluster.ok('kubectl create -f -', {
        input: 'apiVersion: v1\nkind: Node\nmetadata: { name: worker }\n',
      })
      expect(await cluster.ok('kubectl taint node worker dedicated=web:NoSchedule')).toBe(
        'node/worker tainted\n',
      )
      expect(await cluster.ok('kubectl cordon worker')).toBe('node/worker cordoned\n')
      expect(await cluster.ok('kubectl get node worker --no-headers')).toMatch(
        /^worker +Unknown,SchedulingDisabled +<none>/,
      )
    })
  })

  describe('apply', () => {
    const manifest = (data: Record<string, string>, labels: Record<string, string> = {}) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', labels }, data })

    it('creates, says when nothing changes, and takes away what it had put', async () => {
      await file('applied.json', manifest({ a: '1', b: '2' }, { app: 'x' }))
      expect(await cluster.ok('kubectl apply -f applied.json')).toBe('configmap/applied created\n')
      expect(await cluster.ok('kubectl apply -f applied.json')).toBe('configmap/applied unchanged\n')
      await cluster.ok(`kubectl patch cm applied --type=merge -p '{"data":{"theirs":"3"}}'`)
      await file('applied.json', manifest({ a: '9' }, { app: 'x' }))
      expect(await cluster.ok('kubectl apply -f applied.json')).toBe('configmap/applied configured\n')
      expect(await value('cm/applied', '.data')).toBe('{"a":"9","theirs":"3"}')
    })

    it('shows a difference without making it', async () => {
      await file('applied.json', manifest({ a: '10' }, { app: 'x' }))
      const { status, stdout } = await cluster.run('kubectl diff -f applied.json')
      expect(status).toBe(1)
      expect(stdout).toMatch(/^-\s+a: "9"$/m)
      expect(stdout).toMatch(/^\+\s+a: "10"$/m)
      expect(await value('cm/applied', '.data.a')).toBe('9')
      await cluster.ok('kubectl apply -f applied.json')
      expect(await cluster.run('kubectl diff -f applied.json')).toEqual({ status: 0, stdout: '', stderr: '' })
    })

    it('prunes what is no longer there', async () => {
      const item = (name: string) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, labels: { set: pruned } }\n`
      await file('set.yaml', `${item('stays')}---\n${item('goes')}`)
      await cluster.ok('kubectl apply -f set.yaml')
      await file('set.yaml', item('stays'))
      expect(
        await cluster.ok(
          'kubectl apply -f set.yaml --prune -l set=pruned --prune-allowlist=core/v1/ConfigMap',
        ),
      ).toBe('configmap/stays unchanged\nconfigmap/goes pruned\n')
    })

    it('keeps the last applied configuration', async () => {
      const last = await cluster.ok('kubectl apply view-last-applied cm/applied -o json')
      expect(JSON.parse(last)).toMatchObject({ data: { a: '10' } })
    })
  })

  describe('apply --server-side', () => {
    const manifest = (replicas: number, image = 'nginx') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shared }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: shared } }
  template:
    metadata: { labels: { app: shared } }
    spec: { containers: [{ name: main, image: ${image} }] }
`
    const apply = (input: string, flags = '') =>
      cluster.run(`kubectl apply --server-side ${flags} -f -`, { input })

    it('owns what it applies', async () => {
      expect(await apply(manifest(1))).toEqual({
        status: 0,
        stdout: 'deployment.apps/shared serverside-applied\n',
        stderr: '',
      })
      const entry = await value('deploy/shared --show-managed-fields', '.metadata.managedFields[0]')
      expect(JSON.parse(entry)).toMatchObject({
        manager: 'kubectl',
        operation: 'Apply',
        fieldsV1: {
          'f:spec': {
            'f:replicas': {},
            'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"main"}': { 'f:image': {} } } } },
          },
        },
      })
    })

    it('says whose field somebody else wants, and gives way to force', async () => {
      const { status, stderr } = await apply(manifest(2), '--field-manager=rival')
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^error: Apply failed with 1 conflict: conflict with "kubectl": \.spec\.replicas\nPlease review/,
      )
      expect(await apply(manifest(2), '--field-manager=rival --force-conflicts')).toMatchObject({ status: 0 })
      expect(await value('deploy/shared', '.spec.replicas')).toBe('2')
    })

    it('removes what nobody wants any more', async () => {
      await apply(
        manifest(2).replace('containers:', 'nodeSelector: { disk: fast }, containers:'),
        '--field-manager=rival',
      )
      expect(await value('deploy/shared', '.spec.template.spec.nodeSelector')).toBe('{"disk":"fast"}')
      await apply(manifest(2), '--field-manager=rival')
      expect(await value('deploy/shared', '.spec.template.spec.nodeSelector')).toBe('')
    })

    it('takes over from client-side apply', async () => {
      const input = manifest(1).replaceAll('shared', 'migrated')
      await cluster.ok('kubectl apply -f -', { input })
      expect(await apply(input)).toMatchObject({
        status: 0,
        stdout: 'deployment.apps/migrated serverside-applied\n',
      })
      const entries = await cluster.json<{ manager: string; operation: string }[]>(
        "kubectl get deploy migrated -o jsonpath='{.metadata.managedFields}' --show-managed-fields",
      )
      expect(entries.map(({ manager, operation }) => `${operation} by ${manager}`).sort()).toEqual([
        'Apply by kubectl',
        'Apply by kubectl-last-applied',
      ])
    })
  })

  describe('delete', () => {
    it('deletes by name, by selector, by file, all', async () => {
      await cluster.ok('kubectl create namespace gone')
      await cluster.ok(`kubectl config set-context --current --namespace=gone
        for name in one two three four; do kubectl create cm $name; done
        kubectl label cm two three pair=yes`)
      try {
        expect(await cluster.ok('kubectl delete cm one')).toBe(
          'configmap "one" deleted from gone namespace\n',
        )
        expect(await cluster.ok('kubectl delete cm -l pair=yes')).toBe(
          'configmap "three" deleted from gone namespace\nconfigmap "two" deleted from gone namespace\n',
        )
        expect(await cluster.ok('kubectl get cm four -o yaml | kubectl delete -f - --dry-run=server')).toBe(
          'configmap "four" deleted from gone namespace (server dry run)\n',
        )
        expect(await cluster.ok('kubectl delete cm --all')).toMatch(
          /^configmap "four" deleted from gone namespace$/m,
        )
        expect(await cluster.run('kubectl get cm four')).toMatchObject({ status: 1 })
      } finally {
        await cluster.ok('kubectl config set-context --current --namespace=default')
      }
    })

    describe('of what owns something', () => {
      /** A ConfigMap that another one owns. */
      const family = async (name: string) => {
        await cluster.ok(`kubectl create configmap ${name}`)
        const uid = await value(`cm/${name}`, '.metadata.uid')
        const owner = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: true }
        await cluster.ok('kubectl create -f -', {
          input: JSON.stringify({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: `${name}-child`, namespace: 'default', ownerReferences: [owner] },
          }),
        })
      }

      it('takes it along in the background', async () => {
        await family('background')
        await cluster.ok('kubectl delete cm background')
        await cluster.ok('kubectl wait --for=delete cm/background-child --timeout=30s')
      })

      it('takes it along first, in the foreground', async () => {
        await family('foreground')
        await cluster.ok('kubectl delete cm foreground --cascade=foreground --timeout=30s')
        expect((await cluster.run('kubectl get cm foreground-child')).status).toBe(1)
      })

      it('leaves it an orphan', async () => {
        await family('orphan')
        await cluster.ok('kubectl delete cm orphan --cascade=orphan --timeout=30s')
        expect(await value('cm/orphan-child', '.metadata.ownerReferences')).toBe('')
      })
    })

    it('empties a namespace', async () => {
      await cluster.ok('kubectl create namespace full; kubectl create configmap inside -n full')
      expect(await cluster.ok('kubectl delete namespace full --timeout=30s')).toBe(
        'namespace "full" deleted\n',
      )
      expect((await cluster.run('kubectl get ns full')).status).toBe(1)
    })

    it('waits for finalizers', async () => {
      const input =
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: held, finalizers: [example.com/hold] }\n'
      await cluster.ok('kubectl create -f -', { input })
      const deletion = cluster.spawn('kubectl delete cm held')
      await cluster.ok("kubectl wait cm/held --for=jsonpath='{.metadata.deletionTimestamp}'")
      expect(deletion.exit).toBeUndefined()
      await cluster.ok(`kubectl patch cm held --type=merge -p '{"metadata":{"finalizers":null}}'`)
      expect(await deletion.exited).toEqual({ status: 0, signal: null })
    })

    it.each([
      ['kubectl delete cm nothing', 'Error from server (NotFound): configmaps "nothing" not found\n'],
      [
        'kubectl delete ns default',
        'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted\n',
      ],
    ])('%s is an error', async (command, stderr) => {
      expect(await cluster.run(command)).toEqual({ status: 1, stdout: '', stderr })
    })

    it('does not mind what is not there, if told so', async () => {
      expect(await cluster.run('kubectl delete cm nothing --ignore-not-found')).toEqual({
        status: 0,
        stdout: '',
        stderr: '',
      })
    })
  })
})
