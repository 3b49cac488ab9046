import { describe, expect, it } from 'vitest'
import { parseAddOnWebhookConfig } from '../../../src/addon-framework/webhook/index.ts'
import { configIo } from '../../support/config-io.ts'

describe('the flags of the add-on webhook server', () => {
  it('are those that the hub passes', () => {
    const argv = [
      '--port=9444',
      '--health-probe-port=8001',
      '--metrics-port=0',
      '--certdir=/certs',
      '--tls-min-version=VersionTLS13',
    ]
    expect(parseAddOnWebhookConfig(argv, {}, configIo())).toMatchObject({
      port: 9444,
      healthProbePort: 8001,
      metricsPort: 0,
      certdir: '/certs',
      tlsMinVersion: 'VersionTLS13',
      logLevel: 'info',
    })
  })

  it('name what is wrong', () => {
    expect(() => parseAddOnWebhookConfig(['--port=0'], {}, configIo())).toThrow('--port')
  })
})
