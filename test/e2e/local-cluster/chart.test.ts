import { once } from 'node:events'
import { cp, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import path from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CertificateAuthority, type KeyedCertificate } from '../../../src/pki/index.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses, ROOT } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const CHART = path.join(ROOT, 'test/fixtures/charts/tunnel')
const SERVER = 'deployment/proxy-server'

describe.runIf(hasKubeClients())('a chart of our own image on a local cluster', () => {
  let clusters: LocalClusters
  let authority: CertificateAuthority
  let certificates: KeyedCertificate[]

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    authority = await CertificateAuthority.create({ commonName: 'tunnel' })
    const issue = () =>
      authority.issueDualUseCertificate({ commonName: 'proxy-server', dnsNames: ['proxy-server'] })
    certificates = [await issue(), await issue()]
    await cp(CHART, path.join(clusters.home, 'tunnel'), { recursive: true })
    await writeFile(path.join(clusters.home, 'ca.crt'), authority.certificatePem)
    for (const [index, { certificatePem, privateKeyPem }] of certificates.entries()) {
      await writeFile(path.join(clusters.home, `${index}.crt`), certificatePem)
      await writeFile(path.join(clusters.home, `${index}.key`), privateKeyPem)
    }
    await clusters.cluster('start hub --merge --web-image=nginx')
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  const helm = (command: string, certificate: number, ...more: string[]) =>
    clusters.ok(
      `helm ${command} tunnel tunnel --wait --timeout=60s --set-file=certificate=${certificate}.crt,key=${certificate}.key,ca=ca.crt ${more.join(' ')}`,
    )
  const value = (object: string, jsonPath: string) =>
    clusters.ok(`kubectl get ${object} -o jsonpath='{${jsonPath}}'`)
  /** Without those that are about to go: a Deployment does not wait for them. */
  const podsOf = async (app: string) => {
    const names = '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}} {{end}}{{end}}'
    const list = `kubectl get pods -l app=${app} --sort-by=.metadata.name -o go-template='${names}'`
    return (await clusters.ok(list)).trim().split(' ')
  }

  it('is installed, and ready', async () => {
    expect(await helm('install', 0)).toContain('STATUS: deployed')
    expect(await value(SERVER, '.status.readyReplicas')).toBe('2')
    expect(await clusters.ok(`kubectl rollout status ${SERVER} --timeout=60s`)).toContain(
      'successfully rolled out',
    )
  })

  it('has replicas at the same port that do not meet', async () => {
    const addresses = await value('pods -l app=proxy-server', '.items[*].status.podIP')
    expect(new Set(addresses.split(' ')).size).toBe(2)
    for (const address of addresses.split(' '))
      expect(await page(`http://${address}:8092/healthz`)).toBe('ok')
  })

  it('lets Pods find each other by name, and the API by their service account', async () => {
    expect(await clusters.ok('kubectl rollout status deployment/proxy-agent --timeout=60s')).toContain(
      'successfully rolled out', // it is ready when it has found the server, by the name of its Service
    )
    await until(
      async () => (await clusters.ok('kubectl get leases -o name')).split('\n').length === 3,
      'each server has written its Lease',
    )
  })

  it('is scaled to five and back', async () => {
    await clusters.ok('kubectl scale deployment/web --replicas=5')
    await clusters.ok('kubectl rollout status deployment/web --timeout=60s')
    expect(await podsOf('web')).toHaveLength(5)
  })

  it('has a Service that balances', async () => {
    const address = await value('service/web', '.spec.clusterIP')
    for (let index = 0; index < 40; index++)
      expect(await page(`http://${address}/`)).toContain('<h1>Welcome</h1>')
    for (const pod of await podsOf('web'))
      expect(await clusters.ok(`kubectl logs ${pod}`)).toContain('GET "/"')
    await clusters.ok('kubectl scale deployment/web --replicas=1')
    await until(async () => (await podsOf('web')).length === 1, 'one Pod is left')
  })

  it('sees its Secret rotate without a restart', async () => {
    const address = await value('service/proxy-server', '.spec.clusterIP')
    const pods = await podsOf('proxy-server')
    expect(await certificateAt(address)).toBe(certificates[0]?.certificatePem)
    await helm('upgrade', 1)
    await until(
      async () => (await certificateAt(address)) === certificates[1]?.certificatePem,
      'the new certificate is shown',
    )
    expect(await podsOf('proxy-server')).toEqual(pods)
    expect(await value('pods', '.items[*].status.containerStatuses[*].restartCount')).toMatch(/^0( 0)*$/)
  })

  it('rolls over to a new template, and back', async () => {
    const before = await podsOf('proxy-server')
    await helm('upgrade', 1, '--set=note=second')
    const after = await podsOf('proxy-server')
    expect(after.filter((pod) => before.includes(pod))).toEqual([])
    expect(await clusters.ok(`kubectl rollout history ${SERVER}`)).toMatch(/^2 /m)
    await clusters.ok(`kubectl rollout undo ${SERVER}`)
    await clusters.ok(`kubectl rollout status ${SERVER} --timeout=60s`)
    expect(await value(SERVER, '.spec.template.metadata.annotations.note')).toBe('first')
    await clusters.ok(`kubectl rollout restart ${SERVER}`)
    await clusters.ok(`kubectl rollout status ${SERVER} --timeout=60s`)
  })

  it('gets a Pod back that was killed', async () => {
    const [pod = ''] = await podsOf('proxy-server')
    await clusters.ok(`kubectl delete pod ${pod} --force --grace-period=0`)
    await clusters.ok(`kubectl rollout status ${SERVER} --timeout=60s`)
    expect(await podsOf('proxy-server')).not.toContain(pod)
  })

  it('gets a container back whose process was killed', async () => {
    const [pod = ''] = await podsOf('proxy-server')
    const id = await value(`pod/${pod}`, '.status.containerStatuses[0].containerID')
    const pid = Number(/\d+$/.exec(id)?.[0])
    process.kill(pid, 'SIGKILL')
    await until(
      async () => (await value(`pod/${pod}`, '.status.containerStatuses[0].restartCount')) === '1',
      'it was restarted',
    )
    await clusters.ok(`kubectl wait pod/${pod} --for=condition=Ready --timeout=60s`)
  })

  it('leaves nothing when it is uninstalled', async () => {
    await clusters.ok('helm uninstall tunnel --wait --timeout=60s')
    await until(
      async () => (await clusters.ok('kubectl get pods,rs,endpointslices -l app -o name')) === '',
      'nothing is left',
    )
    expect(await clusters.ok('kubectl get all,secrets -o name')).toBe('service/kubernetes\n')
  })
})

function page(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve(Buffer.concat(chunks).toString())
    }).on('error', reject)
  })
}

/** The PEM of the certificate that a server shows. */
async function certificateAt(host: string): Promise<string> {
  const socket = connect({ host, port: 8090, rejectUnauthorized: false })
  socket.on('error', () => {}) // it asks for a certificate that we have not
  await once(socket, 'secureConnect')
  const pem = socket.getPeerX509Certificate()?.toString() ?? ''
  socket.destroy()
  return pem
}
