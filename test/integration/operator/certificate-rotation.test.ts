import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CONFIG_MAPS, SECRETS } from '../../../src/apis/resources.ts'
import {
  CertificateRotation,
  type ServingCertificate,
} from '../../../src/operator/certificates/certificate-rotation.ts'
import { parseCertificateBundle } from '../../../src/pki/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { ControllersBench } from '../kube-controllers/controllers-bench.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const SERVERS: readonly ServingCertificate[] = [
  { secretName: 'web-cert', hostNames: ['web.hub.svc'] },
  { secretName: 'debug-cert', hostNames: ['debug.hub.svc', '127.0.0.1'] },
]

let bench: ControllersBench
let clock: ManualClock
let rotation: CertificateRotation
let namespace: string
let count = 0

beforeAll(async () => {
  bench = await ControllersBench.start([])
}, 60_000)
afterAll(() => bench.close())

beforeEach(async () => {
  namespace = `hub-${++count}`
  await bench.createNamespace(namespace)
  clock = new ManualClock()
  rotation = new CertificateRotation({ client: bench.client, clock }, { namespace, signerName: 'webhooks' })
})

async function certificate(name: string): Promise<X509Certificate> {
  const { data, type } = await bench.resource(SECRETS).get({ namespace, name })
  expect(type).toBe('kubernetes.io/tls')
  return new X509Certificate(Buffer.from(data['tls.crt'], 'base64'))
}

async function bundle(): Promise<X509Certificate[]> {
  const { data } = await bench.resource(CONFIG_MAPS).get({ namespace, name: 'ca-bundle-configmap' })
  return parseCertificateBundle(data['ca-bundle.crt']).map((pem) => new X509Certificate(pem))
}

const serials = async () =>
  Promise.all(
    ['signer-secret', 'web-cert', 'debug-cert'].map(async (name) => (await certificate(name)).serialNumber),
  )

describe('certificates of a hub', () => {
  it('are made once, by an authority that everybody is told to trust', async () => {
    await rotation.ensure(SERVERS)
    const signer = await certificate('signer-secret')
    const web = await certificate('web-cert')
    const [trusted, ...others] = await bundle()
    expect(others).toEqual([])
    expect(trusted?.fingerprint256).toBe(signer.fingerprint256)
    expect(signer.subject).toBe(`CN=webhooks@${clock.now() / 1000}`)
    expect(web.verify(signer.publicKey)).toBe(true)
    expect(web.checkHost('web.hub.svc')).toBe('web.hub.svc')
    expect((await certificate('debug-cert')).checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(signer.validToDate.getTime() - clock.now()).toBe(365 * DAY_MS)
    expect(web.validToDate.getTime() - clock.now()).toBe(30 * DAY_MS)

    const before = await serials()
    await rotation.ensure(SERVERS)
    expect(await serials()).toEqual(before)
  })

  it('are renewed when a fifth of their life is left, and not before', async () => {
    const dueInMs = await rotation.ensure(SERVERS)
    expect(dueInMs / DAY_MS).toBeCloseTo(24, 1)
    const before = await serials()
    clock.advance(dueInMs - 1000)
    expect(await rotation.ensure(SERVERS)).toBe(1000)
    expect(await serials()).toEqual(before)
    clock.advance(1000)
    await rotation.ensure(SERVERS)
    const [signer, web, debug] = await serials()
    expect(signer).toBe(before[0])
    expect(web).not.toBe(before[1])
    expect(debug).not.toBe(before[2])
  })

  it('outlive their authority, which is trusted until it has expired', async () => {
    await rotation.ensure(SERVERS)
    const first = await certificate('signer-secret')
    clock.advance(280 * DAY_MS)
    await rotation.ensure(SERVERS)
    const web = await certificate('web-cert')
    expect(web.verify(first.publicKey)).toBe(true)
    clock.advance(15 * DAY_MS) // a fifth of the year is left
    await rotation.ensure(SERVERS)
    const second = await certificate('signer-secret')
    expect(second.fingerprint256).not.toBe(first.fingerprint256)
    expect((await bundle()).map(({ fingerprint256 }) => fingerprint256)).toEqual([
      second.fingerprint256,
      first.fingerprint256,
    ])
    expect((await certificate('web-cert')).serialNumber).toBe(web.serialNumber)
    clock.advance(80 * DAY_MS)
    await rotation.ensure(SERVERS)
    expect((await bundle()).map(({ fingerprint256 }) => fingerprint256)).toEqual([second.fingerprint256])
    expect((await certificate('web-cert')).verify(second.publicKey)).toBe(true)
  })

  it('are made anew when names change, when nobody trusts them, and when they are nonsense', async () => {
    await rotation.ensure(SERVERS)
    const before = await certificate('web-cert')
    const [web, debug] = SERVERS as [ServingCertificate, ServingCertificate]
    await rotation.ensure([{ ...web, hostNames: ['web.hub.svc', 'web.example.com'] }, debug])
    const renamed = await certificate('web-cert')
    expect(renamed.serialNumber).not.toBe(before.serialNumber)
    expect(renamed.checkHost('web.example.com')).toBe('web.example.com')

    await bench.resource(SECRETS).delete({ namespace, name: 'signer-secret' })
    await bench.resource(CONFIG_MAPS).delete({ namespace, name: 'ca-bundle-configmap' })
    await rotation.ensure(SERVERS)
    const signer = await certificate('signer-secret')
    expect((await certificate('web-cert')).verify(signer.publicKey)).toBe(true)

    const nonsense = { data: { 'tls.crt': btoa('nonsense') } }
    await bench.resource(SECRETS).patch({ namespace, name: 'web-cert' }, { type: 'merge', body: nonsense })
    await bench
      .resource(SECRETS)
      .patch({ namespace, name: 'signer-secret' }, { type: 'merge', body: nonsense })
    await rotation.ensure(SERVERS)
    const newest = await certificate('signer-secret')
    expect(newest.serialNumber).not.toBe(signer.serialNumber)
    expect((await certificate('web-cert')).verify(newest.publicKey)).toBe(true)
  })

  it('are those of whoever was faster', async () => {
    const other = new CertificateRotation(
      { client: bench.client, clock },
      { namespace, signerName: 'webhooks' },
    )
    await Promise.allSettled([rotation.ensure(SERVERS), other.ensure(SERVERS)])
    await rotation.ensure(SERVERS)
    const signer = await certificate('signer-secret')
    const trusted = (await bundle()).map(({ fingerprint256 }) => fingerprint256)
    expect(trusted).toContain(signer.fingerprint256)
    const before = await serials()
    await other.ensure(SERVERS)
    expect(await serials()).toEqual(before)
  })
})
