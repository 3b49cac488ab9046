import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const OBJECTS = `
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: web}}
spec:
  hostname: first
  subdomain: peers
  containers:
    - name: web
      image: nginx
      ports: [{containerPort: 8080, name: http}]
      readinessProbe: {tcpSocket: {port: http}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: two, labels: {app: web}}
spec:
  containers:
    - name: web
      image: nginx
      ports: [{containerPort: 8080, name: http}]
      readinessProbe: {tcpSocket: {port: http}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: peers}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
---
apiVersion: v1
kind: Pod
metadata: {name: guest}
spec:
  terminationGracePeriodSeconds: 1
  hostAliases: [{ip: 127.1.2.3, hostnames: [friend, friend.example]}]
  containers: [{name: guest, image: cluster-proxy, command: [node, -e, 'setInterval(() => {}, 1000)']}]
`

/** Says where a name leads, or why nowhere. */
const LOOKUP = `
require('node:dns').lookup(process.argv[2], { all: true }, (error, found) =>
  console.log(error ? error.code : found.map(({ address }) => address).sort().join(' ')))
`

/** Reads a namespace by somebody else's API. */
const READ_NAMESPACE = `
const [server, ca, token] = process.argv.slice(2)
const options = { ca: Buffer.from(ca, 'base64'), headers: { authorization: 'Bearer ' + token } }
require('node:https').get(server + '/api/v1/namespaces/marked', options, (response) => {
  response.resume()
  console.log(response.statusCode)
})
`

describe.runIf(hasKubeClients())('a Pod in the network of a local cluster', () => {
  let clusters: LocalClusters

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster('start hub other --merge --web-image=nginx')
    await clusters.ok('kubectl apply -f -', { input: OBJECTS })
    await clusters.ok('kubectl wait pods --all --for=condition=Ready --timeout=50s')
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  const inGuest = async (script: string, ...args: string[]) =>
    (await clusters.ok(`kubectl exec -i guest -- node - ${args.join(' ')}`, { input: script })).trim()
  const lookup = (name: string) => inGuest(LOOKUP, name)
  const addresses = async (object: string, path: string) =>
    (await clusters.ok(`kubectl get ${object} -o jsonpath='{${path}}'`)).split(' ').sort().join(' ')

  it.each(['peers', 'peers.default', 'peers.default.svc.cluster.local'])(
    'finds the Pods behind a headless Service by %s',
    async (name) => {
      const pods = await addresses('pods -l app=web', '.items[*].status.podIP')
      expect(pods.split(' ')).toHaveLength(2)
      await until(async () => (await lookup(name)) === pods, 'both are known')
    },
  )

  it.each([
    ['SPDY', 'false'],
    ['WebSocket', 'true'],
  ])(
    'is reached through forwarded ports by %s, over several connections at once',
    async (_protocol, webSockets) => {
      const env = { KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets }
      const forwarding = clusters.spawn('kubectl port-forward pod/one :8080', { env })
      const [, port = ''] = await forwarding.said(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/)
      const page = await clusters.ok(
        `curl -sf http://$(kubectl get pod one -o jsonpath='{.status.podIP}'):8080/`,
      )
      const url = `http://127.0.0.1:${port}/`
      expect(await Promise.all([1, 2, 3].map(() => clusters.ok(`curl -sf ${url}`)))).toEqual([
        page,
        page,
        page,
      ])
      await forwarding.end()
    },
  )

  it('finds a Pod by its hostname in a headless Service', async () => {
    expect(await lookup('first.peers')).toBe(await addresses('pod one', '.status.podIP'))
    expect(await lookup('second.peers')).toBe('ENOTFOUND')
  })

  it('is led by an external name to where that leads', async () => {
    expect(await lookup('elsewhere')).toBe(await addresses('service web', '.spec.clusterIP'))
    expect(
      await inGuest("fetch('http://elsewhere/').then(async (found) => console.log(await found.text()))"),
    ).toContain('<h1>Welcome</h1>')
  })

  it.each([
    ['friend', '127.1.2.3'],
    ['friend.example', '127.1.2.3'],
    ['friend.default.svc.cluster.local', 'ENOTFOUND'],
  ])('has aliases of hosts: %s is %s', async (name, address) => {
    expect(await lookup(name)).toBe(address)
  })

  it('is itself by its name', async () => {
    expect(await inGuest("console.log(require('node:os').hostname())")).toBe('guest')
    expect(await lookup('guest')).toBe(await addresses('pod guest', '.status.podIP'))
  })

  it('reaches the API of another cluster, and is let in there by what that knows', async () => {
    await clusters.ok(`
      kubectl config use-context kind-other
      kubectl create namespace marked
      kubectl create serviceaccount reader
      kubectl create clusterrolebinding readers --clusterrole=view --serviceaccount=default:reader`)
    const ofOther = (path: string) =>
      clusters.ok(`kubectl config view --minify --raw -o jsonpath='{.clusters[0].cluster.${path}}'`)
    const [server, ca] = [await ofOther('server'), await ofOther('certificate-authority-data')]
    const token = (await clusters.ok('kubectl create token reader')).trim()
    await clusters.ok('kubectl config use-context kind-hub')
    expect(await inGuest(READ_NAMESPACE, server, ca, token)).toBe('200')
    const own = (await clusters.ok('kubectl create token default')).trim()
    expect(await inGuest(READ_NAMESPACE, server, ca, own)).toBe('401')
  })
})
