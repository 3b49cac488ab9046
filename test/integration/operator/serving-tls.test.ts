import tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemConfigIo } from '../../../src/common/config-io.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { klusterletOperator } from '../../../src/main/registration-operator/klusterlet.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { kubeconfigOf } from '../../support/pod-fixtures.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/until.ts'

const NAMESPACE = 'open-cluster-management'
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`

describe("an operator's own port", () => {
  let controlPlane: TestControlPlane
  let kubeconfig: Awaited<ReturnType<typeof kubeconfigOf>>
  let port: number

  beforeEach(async () => {
    controlPlane = await TestControlPlane.start()
    kubeconfig = await kubeconfigOf(controlPlane)
    port = await freePort()
    await controlPlane.admin.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } })
  })

  afterEach(async () => {
    await kubeconfig[Symbol.asyncDispose]()
    await controlPlane.close()
  })

  const profile = (minTLSVersion: string) => ({
    metadata: { name: 'ocm-tls-profile' },
    data: { minTLSVersion },
  })

  function start(...flags: string[]) {
    const argv = [
      `--kubeconfig=${kubeconfig.file}`,
      `--listen=127.0.0.1:${port}`,
      `--namespace=${NAMESPACE}`,
      '--disable-leader-election',
      ...flags,
    ]
    const stopping = new AbortController()
    const config = klusterletOperator.parse(argv, {}, systemConfigIo)
    const end = klusterletOperator.run(config, { log: silentLogger, signal: stopping.signal })
    return {
      end,
      stop: () => {
        stopping.abort()
        return end
      },
    }
  }

  const handshake = (version: tls.SecureVersion) =>
    new Promise<string>((resolve) => {
      const options = { minVersion: version, maxVersion: version, rejectUnauthorized: false }
      const socket = tls.connect({ host: '127.0.0.1', port, ...options })
      const done = (outcome: string) => {
        socket.destroy()
        resolve(outcome)
      }
      socket.once('secureConnect', () => done(socket.getProtocol() ?? ''))
      socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => done(code))
    })
  const served = () => until(async () => (await handshake('TLSv1.3')) === 'TLSv1.3', 'it serves')

  it('accepts what the TLS profile says, and is served anew when that changes', async () => {
    await controlPlane.admin.post(CONFIG_MAPS, profile('VersionTLS13'))
    const strict = start()
    await served()
    expect(await handshake('TLSv1.2')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    await controlPlane.admin.patch(`${CONFIG_MAPS}/ocm-tls-profile`, profile('VersionTLS12'))
    await strict.end // ends by itself
    const lenient = start()
    await served()
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
    await lenient.stop()
  })

  it('accepts what flags say, whatever the profile says', async () => {
    await controlPlane.admin.post(CONFIG_MAPS, profile('VersionTLS13'))
    const operator = start('--tls-min-version=VersionTLS12')
    await served()
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
    await operator.stop()
  })

  it('serves without a profile that makes no sense', async () => {
    await controlPlane.admin.post(CONFIG_MAPS, profile('VersionTLS9'))
    const operator = start()
    await served()
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
    await operator.stop()
  })
})
