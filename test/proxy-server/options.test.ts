import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import { type ProxyServerConfig, parseProxyServerConfig } from '../../src/proxy-server/options.ts'
import { configIo } from '../support/config-io.ts'

const FILES = { 'ca.crt': '', 'tls.crt': '', 'tls.key': '', kubeconfig: '' }

/** The least that is accepted; konnectivity's own tests start from it, too. */
const TCP = ['--server-ca-cert=ca.crt']
const UDS = ['--uds-name=/run/x.sock', '--server-port=0']

const parse = (argv: readonly string[], env: Record<string, string> = {}): ProxyServerConfig =>
  parseProxyServerConfig(argv, env, configIo(FILES))

describe('the defaults of the proxy server', () => {
  it("are konnectivity's, but for what is better for everybody", () => {
    expect(parse(TCP)).toEqual({
      serverCert: '',
      serverKey: '',
      serverCaCert: 'ca.crt',
      clusterCert: '',
      clusterKey: '',
      clusterCaCert: '',
      mode: 'grpc',
      udsName: '',
      deleteExistingUdsFile: true,
      serverPort: 8090,
      serverBindAddress: '',
      agentPort: 8091,
      agentBindAddress: '',
      healthPort: 8092,
      healthBindAddress: '',
      adminPort: 8095,
      adminBindAddress: '127.0.0.1',
      keepaliveTimeMs: 30_000, // konnectivity: 1h
      frontendKeepaliveTimeMs: 3_600_000,
      enableProfiling: false,
      enableContentionProfiling: false,
      serverId: 'new-id',
      serverCount: 1,
      agentNamespace: '',
      agentServiceAccount: '',
      kubeconfig: '',
      kubeconfigQps: 0,
      kubeconfigBurst: 0,
      kubeApiContentType: 'application/vnd.kubernetes.protobuf',
      authenticationAudience: '',
      proxyStrategies: 'default',
      cipherSuites: [],
      tlsMinVersion: '',
      xfrChannelSize: 10,
      frontendWriteChannelSize: 10,
      enableLeaseController: false,
      leaseNamespace: 'kube-system',
      leaseLabel: 'k8s-app=konnectivity-server',
      gracefulShutdownTimeoutMs: 0,
      backendDialTimeoutMs: 30_000, // konnectivity: 0, for ever
      halfOpenTimeoutMs: 300_000,
      connectionWindowBytes: 1_048_576,
      warnOnChannelLimit: true,
      v: 2,
      frontendModes: ['grpc'],
      strategies: ['default'],
      leaseLabels: {},
      tls: { minVersion: 'TLSv1.2' },
      needsKubernetesClient: false,
      logLevel: 'info',
      warnings: [],
    })
  })

  it('cannot be changed by whoever is given them', () => {
    const config = parse(TCP)
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.strategies)).toBe(true)
    expect(Object.isFrozen(config.tls)).toBe(true)
  })
})

describe('the values of the proxy server', () => {
  it('has its ID from the flag, the environment, or makes one', () => {
    expect(parse([...TCP, '--server-id=flag'], { PROXY_SERVER_ID: 'env' }).serverId).toBe('flag')
    expect(parse(TCP, { PROXY_SERVER_ID: 'env' }).serverId).toBe('env')
    expect(parse(TCP).serverId).toBe('new-id')
  })

  it('serves one mode or both, in any order', () => {
    expect(parse([...TCP, '--mode=http-connect']).frontendModes).toEqual(['http-connect'])
    expect(parse([...TCP, '--mode=grpc,http-connect']).frontendModes).toEqual(['grpc', 'http-connect'])
    expect(parse([...TCP, '--mode=http-connect,grpc']).frontendModes).toEqual(['grpc', 'http-connect'])
  })

  it('tries strategies in their order', () => {
    expect(parse([...TCP, '--proxy-strategies=destHost,,defaultRoute,default']).strategies).toEqual([
      'destHost',
      'defaultRoute',
      'default',
    ])
  })

  it('gives TLS its names in Node', () => {
    const argv = [
      ...TCP,
      '--tls-min-version=VersionTLS13',
      '--cipher-suites=TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
    ]
    expect(parse(argv).tls).toEqual({
      minVersion: 'TLSv1.3',
      ciphers:
        'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-SHA',
    })
  })

  it('warns of TLS versions that are not secure', () => {
    expect(parse([...TCP, '--tls-min-version=VersionTLS11']).warnings).toEqual([
      '--tls-min-version=VersionTLS11 is below TLS 1.2 and is considered insecure (RFC 8996)',
    ])
    expect(parse([...TCP, '--tls-min-version=VersionTLS12']).warnings).toEqual([])
  })

  it('needs a Kubernetes client for tokens and for Leases', () => {
    const tokens = ['--agent-namespace=a', '--agent-service-account=b', '--authentication-audience=c']
    expect(parse([...TCP, ...tokens]).needsKubernetesClient).toBe(true)
    const leases = parse([...TCP, '--enable-lease-controller', '--lease-label=a=b,c=d'])
    expect(leases).toMatchObject({ needsKubernetesClient: true, leaseLabels: { a: 'b', c: 'd' } })
  })

  it.each([
    ['--server-port=1024'],
    ['--server-port=49151'],
    ['--admin-port=1024'],
    ['--admin-port=49151'],
    ['--health-port=1024'],
    ['--health-port=49151'],
    ['--graceful-shutdown-timeout=0'],
    ['--graceful-shutdown-timeout=30s'],
    ['--backend-dial-timeout=0'],
    ['--backend-dial-timeout=30s'],
    ['--warn-on-channel-limit'],
    ['--lease-label=nonsense'],
  ])('accepts %s', (flag) => {
    expect(() => parse([...TCP, flag])).not.toThrow()
  })

  it('accepts the command line of a Kubernetes manifest', () => {
    const config = parse([
      '--logtostderr=true',
      '--log-file-max-size=0',
      '--uds-name=/etc/kubernetes/konnectivity-server/konnectivity-server.socket',
      '--delete-existing-uds-file',
      '--cluster-cert=tls.crt',
      '--cluster-key=tls.key',
      '--mode=grpc',
      '--server-port=0',
      '--agent-port=8132',
      '--admin-port=8133',
      '--health-port=8134',
      '--agent-namespace=kube-system',
      '--agent-service-account=konnectivity-agent',
      '--kubeconfig=kubeconfig',
      '--authentication-audience=system:konnectivity-server',
    ])
    expect(config).toMatchObject({ serverPort: 0, agentPort: 8132, needsKubernetesClient: true })
  })
})

describe('what the proxy server refuses', () => {
  const missing = 'got stat nope: no such file or directory'

  it.each<[readonly string[], string]>([
    [['--server-key=nope'], `error checking server key nope, ${missing}`],
    [['--server-key=tls.key'], 'cannot have server cert empty when server key is set to "tls.key"'],
    [['--server-cert=nope'], `error checking server cert nope, ${missing}`],
    [['--server-cert=tls.crt'], 'cannot have server key empty when server cert is set to "tls.crt"'],
    [['--server-ca-cert=nope'], `error checking server CA cert nope, ${missing}`],
    [['--cluster-key=nope'], `error checking cluster key nope, ${missing}`],
    [['--cluster-key=tls.key'], 'cannot have cluster cert empty when cluster key is set to "tls.key"'],
    [['--cluster-cert=nope'], `error checking cluster cert nope, ${missing}`],
    [['--cluster-cert=tls.crt'], 'cannot have cluster key empty when cluster cert is set to "tls.crt"'],
    [['--cluster-ca-cert=nope'], `error checking cluster CA cert nope, ${missing}`],
    [
      ['--mode=x'],
      `mode must be set to either 'grpc' or 'http-connect' not "x" (or both: 'grpc,http-connect')`,
    ],
    [
      ['--mode=grpc,grpc'],
      `mode must be set to either 'grpc' or 'http-connect' not "grpc,grpc" (or both: 'grpc,http-connect')`,
    ],
    [
      ['--mode='],
      `mode must be set to either 'grpc' or 'http-connect' not "" (or both: 'grpc,http-connect')`,
    ],
    [['--uds-name=/x'], 'server port should be set to 0 not 8090 for UDS'],
    [[...UDS, '--server-cert=tls.crt', '--server-key=tls.key'], 'server key should not be set for UDS'],
    [[...UDS, ...TCP], 'server ca cert should not be set for UDS'],
    [[], 'server ca cert must be set when in TCP mode (uds-name is empty)'],
    [[...TCP, '--server-port=49152'], 'please do not try to use ephemeral port 49152 for the server port'],
    [[...TCP, '--agent-port=49152'], 'please do not try to use ephemeral port 49152 for the agent port'],
    [[...TCP, '--admin-port=49152'], 'please do not try to use ephemeral port 49152 for the admin port'],
    [[...TCP, '--health-port=49152'], 'please do not try to use ephemeral port 49152 for the health port'],
    [[...TCP, '--server-port=1023'], 'please do not try to use reserved port 1023 for the server port'],
    [[...TCP, '--server-port=0'], 'please do not try to use reserved port 0 for the server port'],
    [[...TCP, '--agent-port=1023'], 'please do not try to use reserved port 1023 for the agent port'],
    [[...TCP, '--admin-port=1023'], 'please do not try to use reserved port 1023 for the admin port'],
    [[...TCP, '--health-port=-1'], 'please do not try to use reserved port -1 for the health port'],
    [
      [...TCP, '--enable-contention-profiling'],
      'if --enable-contention-profiling is set, --enable-profiling must also be set',
    ],
    [
      [...TCP, '--agent-namespace=a', '--cluster-ca-cert=ca.crt'],
      '--cluster-ca-cert can not be used when agent authentication is enabled',
    ],
    [
      [...TCP, '--agent-service-account=a'],
      '--agent-namespace cannot be empty when agent authentication is enabled',
    ],
    [
      [...TCP, '--agent-namespace=a', '--authentication-audience=c'],
      '--agent-service-account cannot be empty when agent authentication is enabled',
    ],
    [
      [...TCP, '--agent-namespace=a', '--agent-service-account=b'],
      '--authentication-audience cannot be empty when agent authentication is enabled',
    ],
    [[...TCP, '--kubeconfig=nope'], `checking KubeconfigPath "nope", ${missing}`],
    [[...TCP, '--proxy-strategies='], 'ProxyStrategies cannot be empty'],
    [[...TCP, '--proxy-strategies=,'], 'invalid proxy strategies: proxy strategies cannot be empty'],
    [[...TCP, '--proxy-strategies=invalid'], 'invalid proxy strategies: unknown proxy strategy: invalid'],
    [[...TCP, '--xfr-channel-size=0'], 'channel size 0 must be greater than 0'],
    [[...TCP, '--xfr-channel-size=-10'], 'channel size -10 must be greater than 0'],
    [
      [...TCP, '--tls-min-version=InvalidVersion'],
      'unsupported TLS version "InvalidVersion", supported values are: VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13',
    ],
    [
      [...TCP, '--cipher-suites=TLS_RSA_WITH_RC4_128_SHA'],
      "cipher suite TLS_RSA_WITH_RC4_128_SHA not supported, doesn't exist or considered as insecure",
    ],
    [[...TCP, '--enable-lease-controller', '--lease-label='], 'empty string provided'],
    [[...TCP, '--enable-lease-controller', '--lease-label=a'], 'invalid label format: a'],
    [[...TCP, '--graceful-shutdown-timeout=-1s'], 'graceful-shutdown-timeout must be >= 0, got -1s'],
    [[...TCP, '--backend-dial-timeout=-1s'], 'backend-dial-timeout must be >= 0, got -1s'],
    [[...TCP, '--half-open-timeout=-1s'], 'half-open-timeout must be >= 0, got -1s'],
    [[...TCP, '--keepalive-time=0'], 'keepalive-time must be > 0, got 0s'],
    [
      [...TCP, '--connection-window=65535'],
      'connection-window must be between 65536 and 16777216, got 65535',
    ],
    [
      [...TCP, '--connection-window=16777217'],
      'connection-window must be between 65536 and 16777216, got 16777217',
    ],
    [[...TCP, '--agent-port=8090'], '--server-port and --agent-port must not both be 8090'],
    [[...TCP, '--admin-port=8092'], '--admin-port and --health-port must not both be 8092'],
    [
      [...TCP, '--server-port=x'],
      'invalid argument "x" for "--server-port" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
  ])('is %j', (argv, message) => {
    expect(() => parse(argv)).toThrow(new ConfigError(message))
  })

  it('is not the same port on different addresses', () => {
    expect(() => parse([...TCP, '--admin-port=8092', '--health-bind-address=127.0.0.2'])).not.toThrow()
  })

  it("is named in konnectivity's order when several things are wrong", () => {
    expect(() => parse(['--server-port=80', '--mode=x', '--xfr-channel-size=0'])).toThrow('mode must be set')
    expect(() => parse([...TCP, '--health-port=49152', '--server-port=80'])).toThrow('ephemeral port 49152')
  })
})
