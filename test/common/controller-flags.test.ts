import { describe, expect, it } from 'vitest'
import { systemConfigIo } from '../../src/common/config-io.ts'
import {
  CONTROLLER_GROUPS,
  parseControllerConfig,
  parseListenAddress,
} from '../../src/common/controller-flags.ts'

const SPEC = { name: 'registration controller', description: 'It registers.', groups: CONTROLLER_GROUPS }
const parse = (...argv: string[]) => parseControllerConfig(SPEC, argv, {}, systemConfigIo)

describe('flags of a controller', () => {
  it('are those that the manifests in the field have', () => {
    expect(
      parse(
        '--kubeconfig=/spoke/kubeconfig',
        '--disable-leader-election',
        '--kube-api-qps=50',
        '--terminate-on-files=/a',
        '--terminate-on-files=/b',
        '-v=5',
        '--log-flush-frequency=1s',
      ),
    ).toMatchObject({
      kubeconfig: '/spoke/kubeconfig',
      disableLeaderElection: true,
      kubeApiQps: 50,
      listen: '0.0.0.0:8443',
      terminateOnFiles: ['/a', '/b'],
      leaderElectionLeaseDurationMs: 137_000,
      logLevel: 'debug',
    })
  })

  it.each([
    ['--listen=8443', '--listen=8443 is no address to listen at: write HOST:PORT, such as 0.0.0.0:8443'],
    ['--listen=:70000', '--listen=:70000 is no address to listen at: write HOST:PORT, such as 0.0.0.0:8443'],
    ['--tls-min-version=TLS12', '--tls-min-version: unsupported TLS version "TLS12"'],
    ['--tls-cipher-suites=RC4', '--tls-cipher-suites: cipher suite RC4 not supported'],
    ['--leader-election-lease-duration=100s', '--leader-election-renew-deadline must be shorter than'],
    ['--leader-election-retry-period=2m', '--leader-election-retry-period must be shorter than'],
  ])('refuses %s', (flag, message) => {
    expect(() => parse(flag)).toThrow(message)
  })
})

describe('an address to listen at', () => {
  it.each([
    [':8443', '', 8443],
    ['0.0.0.0:8443', '0.0.0.0', 8443],
    ['[::1]:0', '::1', 0],
    ['localhost:1', 'localhost', 1],
  ])('%s', (text, host, port) => {
    expect(parseListenAddress(text, '--listen')).toEqual({ host, port })
  })
})
