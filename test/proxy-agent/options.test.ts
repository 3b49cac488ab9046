import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import { type ProxyAgentConfig, parseProxyAgentConfig } from '../../src/proxy-agent/options.ts'
import { configIo } from '../support/config-io.ts'

const FILES = { 'tls.crt': '', 'tls.key': '', token: '', kubeconfig: '' }

const parse = (argv: readonly string[], env: Record<string, string> = {}): ProxyAgentConfig =>
  parseProxyAgentConfig(argv, env, configIo(FILES))

describe('the defaults of the proxy agent', () => {
  it("are konnectivity's, but for what is better for everybody", () => {
    expect(parse([])).toEqual({
      agentCert: '',
      agentKey: '',
      caCert: '',
      proxyServer: [],
      proxyServerHost: '127.0.0.1',
      proxyServerPort: 8091,
      alpnProto: [],
      hostAliases: {},
      healthServerHost: '',
      healthServerPort: 8093,
      adminBindAddress: '127.0.0.1',
      adminServerPort: 8094,
      enableProfiling: false,
      enableContentionProfiling: false,
      agentId: 'new-id',
      agentIdentifiers: '',
      syncIntervalMs: 1000,
      probeIntervalMs: 1000,
      syncIntervalCapMs: 2000, // konnectivity: 10s
      keepaliveTimeMs: 30_000, // konnectivity: 1h
      serviceAccountTokenPath: '',
      warnOnChannelLimit: false,
      syncForever: false,
      xfrChannelSize: 150,
      countServerLeases: false,
      leaseNamespace: 'kube-system',
      leaseLabelSelector: 'k8s-app=konnectivity-server',
      serverCountSource: 'default',
      kubeconfig: '',
      kubeApiContentType: 'application/vnd.kubernetes.protobuf',
      allowDestinations: [],
      denyDestinations: ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254'],
      allowedProtocols: ['tcp'],
      halfOpenTimeoutMs: 300_000,
      connectionWindowBytes: 1_048_576,
      drainTimeoutMs: 30_000,
      v: 2,
      proxyServers: [{ host: '127.0.0.1', port: 8091 }],
      logLevel: 'info',
      warnings: [],
    })
  })

  it('cannot be changed by whoever is given them', () => {
    expect(Object.isFrozen(parse([]))).toBe(true)
    expect(Object.isFrozen(parse([]).proxyServers[0])).toBe(true)
  })
})

describe('the values of the proxy agent', () => {
  it('has its ID from the flag, the environment, or makes one', () => {
    expect(parse(['--agent-id=flag'], { PROXY_AGENT_ID: 'env' }).agentId).toBe('flag')
    expect(parse([], { PROXY_AGENT_ID: 'env' }).agentId).toBe('env')
  })

  it('connects to several servers instead of the one', () => {
    const argv = [
      '--proxy-server=a.example:1,[::1]:2',
      '--proxy-server',
      '10.0.0.1:3',
      '--proxy-server-host=b',
    ]
    expect(parse(argv).proxyServers).toEqual([
      { host: 'a.example', port: 1 },
      { host: '::1', port: 2 },
      { host: '10.0.0.1', port: 3 },
    ])
    expect(parse(['--proxy-server-host=b', '--proxy-server-port=7']).proxyServers).toEqual([
      { host: 'b', port: 7 },
    ])
  })

  it('keeps aliases by name, in lower case and without a prototype', () => {
    const { hostAliases } = parse([
      '--host-aliases=Hub.example=10.0.0.1,b=::1',
      '--host-aliases=hub.example=10.0.0.2',
    ])
    expect(hostAliases).toEqual({ 'hub.example': ['10.0.0.1', '10.0.0.2'], b: ['::1'] })
    expect(hostAliases.constructor).toBeUndefined()
  })

  it('knows the old name of the lease label selector', () => {
    const config = parse(['--lease-label=a=b,c=d'])
    expect(config.leaseLabelSelector).toBe('a=b,c=d')
    expect(config.warnings).toEqual([
      'Flag --lease-label has been deprecated, Use --lease-label-selector instead',
    ])
  })

  it('raises the cap of the sync interval with the interval, unless the cap is given', () => {
    expect(parse(['--sync-interval=5s']).syncIntervalCapMs).toBe(5000)
    expect(parse(['--sync-interval=500ms']).syncIntervalCapMs).toBe(2000)
    expect(parse(['--sync-interval-cap=20s']).syncIntervalCapMs).toBe(20_000)
  })

  it.each([
    ['--proxy-server-port=1023'],
    ['--proxy-server-port=1024'],
    ['--proxy-server-port=49152'],
    ['--health-server-port=1023'],
    ['--health-server-port=49152'],
    ['--admin-server-port=1023'],
    ['--admin-server-port=49152'],
    ['--lease-label='],
    ['--lease-label=k8s-app=konnectivity-server,component=proxy'],
    ['--lease-label-selector='],
    ['--lease-label-selector=k8s-app=konnectivity-server,component=proxy'],
    ['--server-count-source='],
    ['--server-count-source=max'],
    ['--agent-identifiers=host=a&ipv4=1.2.3.4&default-route=true'],
    ['--service-account-token-path=token'],
    ['--deny-destinations='],
  ])('accepts %s', (flag) => {
    expect(() => parse([flag])).not.toThrow()
  })
})

describe('what the proxy agent refuses', () => {
  const identifiers = '(--agent-identifiers takes a URL query such as host=node1.example.com&ipv4=192.0.2.7)'
  const missing = 'got stat nope: no such file or directory'

  it.each<[readonly string[], string]>([
    [['--agent-key=nope'], `error checking agent key nope, ${missing}`],
    [['--agent-key=tls.key'], 'cannot have agent cert empty when agent key is set to "tls.key"'],
    [['--agent-cert=nope'], `error checking agent cert nope, ${missing}`],
    [['--agent-cert=tls.crt'], 'cannot have agent key empty when agent cert is set to "tls.crt"'],
    [['--ca-cert=nope'], `error checking agent CA cert nope, ${missing}`],
    [['--proxy-server-port=0'], 'proxy server port 0 must be greater than 0'],
    [['--proxy-server-port=-1'], 'proxy server port -1 must be greater than 0'],
    [['--health-server-port=0'], 'health server port 0 must be greater than 0'],
    [['--health-server-port=-1'], 'health server port -1 must be greater than 0'],
    [['--admin-server-port=0'], 'admin server port 0 must be greater than 0'],
    [['--admin-server-port=-1'], 'admin server port -1 must be greater than 0'],
    [['--xfr-channel-size=0'], 'channel size 0 must be greater than 0'],
    [['--xfr-channel-size=-10'], 'channel size -10 must be greater than 0'],
    [
      ['--enable-contention-profiling', '--enable-profiling=false'],
      'if --enable-contention-profiling is set, --enable-profiling must also be set',
    ],
    [
      ['--sync-interval=3s', '--sync-interval-cap=1500ms'],
      'sync interval 3s must be less than sync interval cap 1.5s',
    ],
    [['--service-account-token-path=nope'], `error checking service account token path nope, ${missing}`],
    [['--agent-identifiers=foo'], `agent address is invalid: unknown address type: foo ${identifiers}`],
    [
      ['--agent-identifiers=host=a;host=b'],
      `agent address is invalid: invalid semicolon separator in query ${identifiers}`,
    ],
    [['--kubeconfig=nope'], `error checking KubeconfigPath "nope", ${missing}`],
    [
      ['--server-count-source=foobar'],
      "--server-count-source must be one of '', 'default', 'max', got foobar",
    ],
    [['--proxy-server-port=65536'], 'proxy-server-port must be between 1 and 65535, got 65536'],
    [['--sync-interval=0'], 'sync-interval must be > 0, got 0s'],
    [['--probe-interval=-1s'], 'probe-interval must be > 0, got -1s'],
    [['--drain-timeout=-1s'], 'drain-timeout must be >= 0, got -1s'],
    [['--connection-window=1'], 'connection-window must be between 65536 and 16777216, got 1'],
    [['--allowed-protocols=udp'], 'allowed-protocols must be among tcp, tcp4, tcp6, got "udp"'],
    [['--allowed-protocols='], 'allowed-protocols must not be empty'],
    [['--proxy-server=hub'], 'proxy-server must be host:port, got "hub"'],
    [['--proxy-server=hub:0'], 'proxy-server must be host:port, got "hub:0"'],
    [['--proxy-server=::1:80'], 'proxy-server must be host:port, got "::1:80"'],
    [['--host-aliases=hub'], 'host-aliases must be name=ip, got "hub"'],
    [['--host-aliases=hub=other'], 'host-aliases must be name=ip, got "hub=other"'],
    [['--deny-destinations=10.0.0.0/33'], 'invalid destination "10.0.0.0/33": 10.0.0.0/33 is no CIDR'],
    [['--health-server-port=8094'], '--health-server-port and --admin-server-port must not both be 8094'],
  ])('is %j', (argv, message) => {
    expect(() => parse(argv)).toThrow(new ConfigError(message))
  })

  it.each(['lease-label', 'lease-label-selector'])('is nonsense as --%s', (name) => {
    expect(() => parse([`--${name}=*notavalidlabel*`])).toThrow(
      `invalid argument "*notavalidlabel*" for "--${name}" flag: `,
    )
  })
})
