// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders of a shell
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses, ROOT } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const AGE = String.raw`\d\w*`
const POD_HEADER = 'NAME +READY +STATUS +RESTARTS +AGE'
const podLine = (name: string) => String.raw`${name}-\w+-\w+ +1/1 +Running +0 +${AGE}`
const pods = (...names: string[]) => new RegExp(`^${[POD_HEADER, ...names.map(podLine)].join('\n')}\n$`)

/** Open Cluster Management's getting-started documents, sections 1, 2.1 and 2.2, command by command as they stand. */
describe.runIf(hasKubeClients())('the getting-started documents', () => {
  let clusters: LocalClusters
  /** What the documents tell to put in place of `<your token data>` and `<your hub cluster endpoint>`. */
  let token = ''
  let endpoint = ''

  const env = {
    CTX_HUB_CLUSTER: 'kind-hub',
    CTX_MANAGED_CLUSTER: 'kind-cluster1',
    MANAGED_CLUSTER_NAME: 'cluster1',
  }
  const ok = (command: string) => clusters.ok(command, { env })

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster('start hub cluster1 --merge --host-image=busybox')
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  describe('2.1, start the control plane', () => {
    it('clusteradm init --wait', async () => {
      const said = await ok('clusteradm init --wait --context ${CTX_HUB_CLUSTER}')
      const join =
        /clusteradm join --hub-token (?<token>\S+) --hub-apiserver (?<endpoint>\S+) --wait --cluster-name <cluster_name>/
      expect(said).toMatch(join)
      const { groups } = join.exec(said) ?? {}
      token = groups?.token ?? ''
      endpoint = groups?.endpoint ?? ''
    })

    it('clusteradm get token gives the command again', async () => {
      expect(await ok('clusteradm get token --context ${CTX_HUB_CLUSTER}')).toMatch(
        /^token=\S+\nplease log on spoke and run:\nclusteradm join --hub-token \S+ --hub-apiserver \S+ --cluster-name <cluster_name>( --hub-ca-hash \S+)?\n$/,
      )
    })

    it('shows the running instances of the control plane', async () => {
      expect(await ok('kubectl -n open-cluster-management get pod --context ${CTX_HUB_CLUSTER}')).toMatch(
        pods('cluster-manager'),
      )
    })

    it("shows the instances of the hub's control plane", async () => {
      const shown = 'kubectl -n open-cluster-management-hub get pod --context ${CTX_HUB_CLUSTER}'
      const names = [
        'placement-controller',
        'registration-controller',
        'registration-webhook',
        'work-webhook',
      ]
      await until(async () => {
        const lines = (await ok(shown)).split('\n')
        return names.every((name) =>
          lines.some((line) => new RegExp(`^${podLine(`cluster-manager-${name}`)}$`).test(line)),
        )
      }, 'all run')
    })

    it('shows the overall installation', async () => {
      const conditions = 'jsonpath={range .status.conditions[*]}{.type}={.status} {end}'
      await ok(
        'kubectl wait clustermanager cluster-manager --for=condition=Progressing=False --timeout=60s --context ${CTX_HUB_CLUSTER}',
      )
      expect(
        await ok(
          `kubectl get clustermanager cluster-manager -o '${conditions}' --context \${CTX_HUB_CLUSTER}`,
        ),
      ).toContain('Applied=True')
      expect(
        await ok('kubectl get clustermanager cluster-manager -o yaml --context ${CTX_HUB_CLUSTER}'),
      ).toContain('relatedResources:')
    })
  })

  describe('2.2, register a cluster', () => {
    it('clusteradm join', async () => {
      const said = await ok(`clusteradm join \\
    --hub-token ${token} \\
    --hub-apiserver ${endpoint} \\
    --wait \\
    --cluster-name "cluster1" \\
    --force-internal-endpoint-lookup \\
    --context \${CTX_MANAGED_CLUSTER}`)
      expect(said).toContain('clusteradm accept --clusters cluster1')
    })

    it('shows the request', async () => {
      const watch = 'timeout 2 kubectl get csr -w --context ${CTX_HUB_CLUSTER} | grep cluster1'
      const request =
        /^cluster1-\w{5} +\S+ +kubernetes\.io\/kube-apiserver-client +system:serviceaccount:open-cluster-management:\S+ .*Pending$/m
      await until(
        async () => request.test((await clusters.run(watch, { env })).stdout),
        'the request is seen',
      )
    })

    it('clusteradm accept', async () => {
      expect(await ok('clusteradm accept --clusters cluster1 --context ${CTX_HUB_CLUSTER}')).toMatch(
        /^Starting approve csrs for the cluster cluster1\nCSR cluster1-\w{5} approved\nset hubAcceptsClient to true for managed cluster cluster1\n/,
      )
    })

    it('shows the agents', async () => {
      const shown = 'kubectl -n open-cluster-management-agent get pod --context ${CTX_MANAGED_CLUSTER}'
      const expected = pods('klusterlet-registration-agent', 'klusterlet-work-agent')
      await until(async () => expected.test(await ok(shown)), 'both run')
    })

    it('shows the cluster', async () => {
      const shown = 'kubectl get managedcluster --context ${CTX_HUB_CLUSTER}'
      const expected = new RegExp(
        String.raw`^NAME +HUB ACCEPTED +MANAGED CLUSTER URLS +JOINED +AVAILABLE +AGE\ncluster1 +true +https://127\.\S+ +True +True +${AGE}\n$`,
      )
      await until(async () => expected.test(await ok(shown)), 'it is available')
    })

    it('applies a ManifestWork', async () => {
      await writeFile(path.join(clusters.home, 'manifest-work.yaml'), manifestWork('cluster1'))
      await ok('kubectl apply -f manifest-work.yaml --context ${CTX_HUB_CLUSTER}')
      const shown = 'kubectl -n default get pod --context ${CTX_MANAGED_CLUSTER}'
      const expected = new RegExp(
        String.raw`^NAME +READY +STATUS +RESTARTS +AGE\nhello +1/1 +Running +0 +${AGE}\n$`,
      )
      await until(async () => expected.test(await ok(shown)), 'the Pod runs')
      await ok(
        'kubectl -n ${MANAGED_CLUSTER_NAME} wait manifestwork/mw-01 --for=condition=Available --timeout=60s --context ${CTX_HUB_CLUSTER}',
      )
      expect(
        await ok(
          'kubectl -n ${MANAGED_CLUSTER_NAME} get manifestwork/mw-01 --context ${CTX_HUB_CLUSTER} -o yaml',
        ),
      ).toContain('reason: ResourcesAvailable')
    })

    it('has more to look at when something is wrong', async () => {
      await ok('kubectl get managedcluster ${MANAGED_CLUSTER_NAME} --context ${CTX_HUB_CLUSTER} -o yaml')
      expect(await ok('kubectl get lease -n ${MANAGED_CLUSTER_NAME} --context ${CTX_HUB_CLUSTER}')).toContain(
        'managed-cluster-lease',
      )
      expect(await ok('kubectl get klusterlet -o yaml --context ${CTX_MANAGED_CLUSTER}')).toContain(
        'clusterName: cluster1',
      )
    })
  })

  describe('detaching and uninstalling', () => {
    it('clusteradm unjoin', async () => {
      await ok(
        'kubectl -n ${MANAGED_CLUSTER_NAME} delete manifestwork mw-01 --timeout=60s --context ${CTX_HUB_CLUSTER}',
      )
      expect(
        await ok('clusteradm unjoin --cluster-name "cluster1" --context ${CTX_MANAGED_CLUSTER}'),
      ).toContain('Remove applied resources in the managed cluster cluster1 ... ')
      await saysNothing(
        'kubectl -n open-cluster-management-agent get pod --context ${CTX_MANAGED_CLUSTER}',
        'open-cluster-management-agent',
      )
      await isUnknown('kubectl get klusterlet --context ${CTX_MANAGED_CLUSTER}', 'klusterlet')
    })

    it('clusteradm clean', async () => {
      await ok('kubectl delete managedcluster cluster1 --timeout=60s --context ${CTX_HUB_CLUSTER}')
      expect(await ok('clusteradm clean --context ${CTX_HUB_CLUSTER}')).toContain(
        'The multicluster hub control plane has been clean up successfully!',
      )
      for (const namespace of ['open-cluster-management-hub', 'open-cluster-management'])
        await saysNothing(`kubectl -n ${namespace} get pod --context \${CTX_HUB_CLUSTER}`, namespace)
      await isUnknown('kubectl get clustermanager --context ${CTX_HUB_CLUSTER}', 'clustermanager')
    })
  })

  /** The hub is there, and none any more: the script makes what is missing. */
  describe('1, quick start', () => {
    it('sets up a hub and two managed clusters by a script that is piped into a shell', {
      timeout: 120_000,
    }, async () => {
      await ok('rm -rf ~/.kube/cache')
      const said = await ok(`C1=cluster2 C2=cluster3 bash < ${path.join(ROOT, 'scripts/local-up.sh')}`)
      const row = (name: string) => `${name} +true +True +default `
      expect(said).toMatch(new RegExp(`\n${row('cluster2')}.*\n${row('cluster3')}.*\n$`))
      expect(await ok('kubectl get pods -A --context kind-cluster3')).toContain(
        'klusterlet-registration-agent-',
      )
    })

    it('says what is missing, or too much', async () => {
      const tools = path.join(clusters.home, 'few-tools')
      await mkdir(tools)
      await symlink('/usr/bin/dirname', path.join(tools, 'dirname'))
      const script = path.join(ROOT, 'scripts/local-up.sh')
      const { status, stderr } = await clusters.run(`PATH=${tools} /bin/sh ${script}`)
      expect(status).toBe(1)
      expect(stderr).toBe(
        'local-up: kubectl is needed, and not found in PATH: see https://kubernetes.io/docs/tasks/tools\n',
      )
      const asked = await clusters.run(`/bin/sh ${script} --help`)
      expect(asked.status).toBe(2)
      expect(asked.stderr).toContain('local-up: it takes no arguments; names of clusters are set by CLUSTER1')
    })
  })

  async function saysNothing(command: string, namespace: string): Promise<void> {
    const nothing = `No resources found in ${namespace} namespace.\n`
    await until(async () => (await clusters.run(command, { env })).stderr === nothing, nothing)
  }

  async function isUnknown(command: string, type: string): Promise<void> {
    await ok('rm -rf ~/.kube/cache') // for hours, kubectl believes that there are the kinds which it has seen
    const { stderr } = await clusters.run(command, { env })
    expect(stderr).toBe(`error: the server doesn't have a resource type "${type}"\n`)
  }
})

function manifestWork(namespace: string): string {
  return `apiVersion: work.open-cluster-management.io/v1
kind: ManifestWork
metadata:
  name: mw-01
  namespace: ${namespace}
spec:
  workload:
    manifests:
      - apiVersion: v1
        kind: Pod
        metadata:
          name: hello
          namespace: default
        spec:
          containers:
            - name: hello
              image: busybox
              command: ["sh", "-c", 'echo "Hello, Kubernetes!" && sleep 3600']
          restartPolicy: OnFailure
`
}
