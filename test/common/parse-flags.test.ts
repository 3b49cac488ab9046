import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import { helpText } from '../../src/common/flag-help.ts'
import {
  aliasFlag,
  arrayFlag,
  boolFlag,
  bytesFlag,
  type CommandSpec,
  durationFlag,
  floatFlag,
  intFlag,
  listFlag,
  stringFlag,
} from '../../src/common/flags.ts'
import { KLOG_FLAGS, logLevelOf } from '../../src/common/klog-flags.ts'
import { parseFlags, requestedText } from '../../src/common/parse-flags.ts'
import { configIo } from '../support/config-io.ts'

const TABLE = {
  'server-port': intFlag(8090, 'Port for frontends.'),
  'server-id': stringFlag('', 'Name.', { env: 'SERVER_ID' }),
  'sync-forever': boolFlag(false, 'For ever.'),
  'delete-file': boolFlag(true, 'Delete it.'),
  'keepalive-time': durationFlag(30_000, 'Ping.'),
  'kubeconfig-qps': floatFlag(0, 'Requests.'),
  'connection-window': bytesFlag(65_536, 'Window.'),
  'cipher-suites': listFlag(['x'], 'Suites.'),
  'old-port': aliasFlag('server-port', 'Use --server-port instead'),
  'warn-on-limit': boolFlag(true, 'Nothing.', { deprecated: 'it is always on' }),
  ...KLOG_FLAGS,
} as const

const SPEC: CommandSpec = { name: 'test', description: 'A test.', groups: [{ title: 'All', flags: TABLE }] }

const parse = (argv: string[], env: Record<string, string> = {}, files: Record<string, string> = {}) =>
  parseFlags<typeof TABLE>(SPEC, argv, env, configIo(files))
const valuesOf = (...argv: string[]) => parse(argv).values

describe('a command line', () => {
  it('is not needed: everything has a default', () => {
    expect(valuesOf()).toEqual({
      serverPort: 8090,
      serverId: '',
      syncForever: false,
      deleteFile: true,
      keepaliveTimeMs: 30_000,
      kubeconfigQps: 0,
      connectionWindowBytes: 65_536,
      cipherSuites: ['x'],
      warnOnLimit: true,
      v: 2,
    })
  })

  it('takes values behind a space or an equals sign', () => {
    expect(valuesOf('--server-port', '1', '--server-id=a=b')).toMatchObject({
      serverPort: 1,
      serverId: 'a=b',
    })
    expect(valuesOf('--server-port', '-5').serverPort).toBe(-5)
    expect(valuesOf('--server-id', '--server-port').serverId).toBe('--server-port')
    expect(valuesOf('--server-id=').serverId).toBe('')
  })

  it('takes the last value, and all of a list', () => {
    expect(valuesOf('--server-port=1', '--server-port=2').serverPort).toBe(2)
    expect(valuesOf('--cipher-suites=a,b', '--cipher-suites', 'c').cipherSuites).toEqual(['a', 'b', 'c'])
    expect(valuesOf('--cipher-suites=').cipherSuites).toEqual([])
  })

  it('takes bare booleans and spelled out ones', () => {
    expect(valuesOf('--sync-forever').syncForever).toBe(true)
    for (const text of ['false', '0', 'f', 'F'])
      expect(valuesOf(`--delete-file=${text}`).deleteFile).toBe(false)
    for (const text of ['true', '1', 't']) expect(valuesOf(`--sync-forever=${text}`).syncForever).toBe(true)
  })

  it('does not give a boolean the next argument', () => {
    expect(() => valuesOf('--sync-forever', 'false')).toThrow(
      'unexpected argument "false": everything is set by flags (a value for --sync-forever is written --sync-forever=false)',
    )
  })

  it('takes underscores for hyphens in names, and leaves values alone', () => {
    expect(valuesOf('--server_port=1', '--server_id=a_b')).toMatchObject({ serverPort: 1, serverId: 'a_b' })
  })

  it('cuts durations off where timers of Node would overflow', () => {
    expect(valuesOf('--keepalive-time=8760h').keepaliveTimeMs).toBe(2 ** 31 - 1)
  })

  it('takes every way of writing -v', () => {
    for (const argv of [['-v', '4'], ['-v4'], ['-v=4'], ['--v=4'], ['--v', '4']])
      expect(valuesOf(...argv).v).toBe(4)
  })

  it('takes the value of a boolean behind its shorthand', () => {
    const table = { recursive: boolFlag(true, 'All.', { shorthand: 'R' }) }
    const spec: CommandSpec = { name: 'test', description: '', groups: [{ title: 'All', flags: table }] }
    const isRecursive = (...argv: string[]) =>
      parseFlags<typeof table>(spec, argv, {}, configIo({})).values.recursive
    expect(isRecursive('-R=false')).toBe(false)
    expect(isRecursive('-R=true')).toBe(true)
    expect(isRecursive('-R')).toBe(true)
    expect(() => isRecursive('-R=maybe')).toThrow('invalid argument "maybe" for "-R, --recursive" flag')
  })

  it('lets a command have a flag of its own by the name of a common one', () => {
    const table = { version: stringFlag('0.0.1', 'Of the template.') }
    const spec: CommandSpec = { name: 'test', description: 'd', groups: [{ title: 'Own', flags: table }] }
    expect(parseFlags<typeof table>(spec, ['--version', '1.2'], {}, configIo({})).values.version).toBe('1.2')
    expect(requestedText(spec, ['--version', '1.2'])).toBeUndefined()
    expect(requestedText(spec, ['--version', '1.2', '--help'])).toBe('help')
    const help = helpText(spec)
    expect(help.match(/--version/g)).toHaveLength(1)
    expect(help).toContain('--help')
  })

  it('takes the other logging flags for their own sake', () => {
    const given = [
      '--logtostderr=true',
      '--log-file=/var/log/x',
      '--log-file-max-size=0',
      '--alsologtostderr',
    ]
    expect(valuesOf(...given, '--stderrthreshold=INFO', '--vmodule=a=1', '--log_dir', '/x')).toEqual(
      valuesOf(),
    )
    expect(() => valuesOf('--logtostderr=maybe')).toThrow('invalid argument "maybe" for "--logtostderr" flag')
  })

  it('knows aliases, and warns of deprecated flags', () => {
    const { values, warnings } = parse(['--old-port=7', '--warn-on-limit'])
    expect(values.serverPort).toBe(7)
    expect(warnings).toEqual([
      'Flag --old-port has been deprecated, Use --server-port instead',
      'Flag --warn-on-limit has been deprecated, it is always on',
    ])
  })

  it.each([
    [
      ['--server-port=x'],
      'invalid argument "x" for "--server-port" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ['--old-port=x'],
      'invalid argument "x" for "--old-port" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [['-v=x'], 'invalid argument "x" for "-v, --v" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [
      ['--keepalive-time=30'],
      'invalid argument "30" for "--keepalive-time" flag: time: missing unit in duration "30"',
    ],
    [
      ['--sync-forever=yes'],
      'invalid argument "yes" for "--sync-forever" flag: strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [['--server-port'], 'flag needs an argument: --server-port'],
    [['-v'], 'flag needs an argument: -v'],
    [['--servr-port=1'], 'unknown flag: --servr-port (did you mean "--server-port"?)'],
    [['--something-else'], 'unknown flag: --something-else'],
    [['--toString'], 'unknown flag: --toString'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['run'], 'unexpected argument "run": everything is set by flags'],
    [['--', 'run'], 'unexpected argument "run": everything is set by flags'],
  ])('is refused when it is %j', (argv, message) => {
    expect(() => valuesOf(...argv)).toThrow(new ConfigError(message))
  })
})

describe('the order of sources', () => {
  const files = { '/c.yaml': 'server-id: from-file\nserverPort: 1\nkeepalive-time: 1m\n' }

  it('is flag, environment, file, default', () => {
    const fromFile = ['--config', '/c.yaml']
    expect(parse(['--server-id=flag', ...fromFile], { SERVER_ID: 'env' }, files).values.serverId).toBe('flag')
    expect(parse(fromFile, { SERVER_ID: 'env' }, files).values.serverId).toBe('env')
    expect(parse(fromFile, {}, files).values.serverId).toBe('from-file')
    expect(parse([], {}, files).values.serverId).toBe('')
  })

  it('lets only flags that are named for it come from the environment', () => {
    expect(parse([], { SERVER_PORT: 'tcp://10.0.0.1:80' }).values.serverPort).toBe(8090)
  })

  it('says what was set at all', () => {
    expect([...parse(['--config=/c.yaml', '-v4'], {}, files).given].sort()).toEqual([
      'config',
      'keepalive-time',
      'server-id',
      'server-port',
      'v',
    ])
  })
})

describe('a configuration file', () => {
  const fromFile = (text: string) => parse(['--config=/c.yaml'], {}, { '/c.yaml': text }).values

  it('has flag names with hyphens or in camelCase as its keys', () => {
    expect(
      fromFile('keepalive-time: 1m\nserverPort: 7\nsyncForever: true\nkubeconfig-qps: 1.5'),
    ).toMatchObject({
      keepaliveTimeMs: 60_000,
      serverPort: 7,
      syncForever: true,
      kubeconfigQps: 1.5,
    })
  })

  it('may have lists, or texts with commas', () => {
    expect(fromFile('cipher-suites: [a, b]').cipherSuites).toEqual(['a', 'b'])
    expect(fromFile('cipher-suites: a,b').cipherSuites).toEqual(['a', 'b'])
    expect(fromFile('cipher-suites: []').cipherSuites).toEqual([])
  })

  it('may be empty', () => {
    expect(fromFile('')).toEqual(valuesOf())
    expect(fromFile('# nothing\n')).toEqual(valuesOf())
  })

  it('keeps texts as they are written', () => {
    expect(fromFile('server-id: 0123').serverId).toBe('0123')
  })

  it.each([
    ['servr-port: 1', 'unknown key "servr-port" in /c.yaml (did you mean "server-port"?)'],
    ['help: true', 'unknown key "help" in /c.yaml'],
    ['serverPort: 1\nserver-port: 2', 'key "server-port" stands twice in /c.yaml'],
    [
      'server-port: x',
      'invalid value "x" for "server-port" in /c.yaml: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    ['server-port: [1]', 'key "server-port" in /c.yaml must be a single value'],
    ['cipher-suites: {a: b}', 'key "cipher-suites" in /c.yaml must be a text or a list of texts'],
    ['- a', '/c.yaml must hold a mapping from flag names to values'],
    ['a: [', 'cannot read /c.yaml: '],
  ])('is refused when it holds %j', (text, message) => {
    expect(() => fromFile(text)).toThrow(ConfigError)
    expect(() => fromFile(text)).toThrow(message)
  })

  it('must be there', () => {
    expect(() => parse(['--config=/nope'])).toThrow('cannot read /nope (set by --config): ENOENT')
  })
})

describe('the help text', () => {
  it('is asked for by --help and -h', () => {
    expect(requestedText(SPEC, ['--server-port=1', '-h'])).toBe('help')
    expect(requestedText(SPEC, ['--help'])).toBe('help')
    expect(requestedText(SPEC, ['--version'])).toBe('version')
    expect(requestedText(SPEC, ['--help=false'])).toBeUndefined()
    expect(requestedText(SPEC, ['--server-id', '--help'])).toBeUndefined()
  })

  it('shows every flag but deprecated ones, within the width', () => {
    const text = helpText(SPEC, 80)
    expect(text).toContain('--server-port NUMBER              Port for frontends. (default 8090)')
    expect(text).toContain('--keepalive-time DURATION         Ping. (default 30s)')
    expect(text).toContain('-v LEVEL')
    expect(text).toContain('-h, --help')
    expect(text).toContain('without effect: --vmodule, --logtostderr')
    expect(text).not.toContain('--old-port')
    expect(text).not.toContain('--warn-on-limit')
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

describe('logLevelOf', () => {
  it('maps the verbosity of klog to our levels', () => {
    expect([-1, 0, 3, 4, 5, 6, 10].map(logLevelOf)).toEqual([
      'info',
      'info',
      'info',
      'debug',
      'debug',
      'trace',
      'trace',
    ])
  })
})

describe('an array', () => {
  const flags = { label: arrayFlag([], 'Labels.') } as const
  const spec: CommandSpec = { name: 'test', description: 'A test.', groups: [{ title: 'All', flags }] }

  it('is repeated, and its texts are never split', () => {
    const { values } = parseFlags<typeof flags>(spec, ['--label=a=b,c', '--label', 'd'], {}, configIo({}))
    expect(values.label).toEqual(['a=b,c', 'd'])
  })

  it('is a list in a file', () => {
    const files = { 'c.yaml': 'label: ["a,b", c]' }
    const { values } = parseFlags<typeof flags>(spec, ['--config=c.yaml'], {}, configIo(files))
    expect(values.label).toEqual(['a,b', 'c'])
  })

  it('shows what program it belongs to', () => {
    expect(helpText({ ...spec, program: 'clusteradm' })).toContain('Usage:\n  clusteradm test [flags]')
  })
})

describe('a path in a container', () => {
  const FILES = { dir: stringFlag('/spoke/hub', 'A directory.', { inPod: true }) }
  const spec = { ...SPEC, groups: [{ title: 'All', flags: FILES }] }
  const dirOf = (argv: string[], env: Record<string, string>) =>
    parseFlags<typeof FILES>(spec, argv, env, configIo({})).values.dir

  it('is one of the Pod that is a process, unless it is given', () => {
    expect(dirOf([], {})).toBe('/spoke/hub')
    expect(dirOf([], { CLUSTER_PROXY_POD_ROOT: '/pods/one' })).toBe('/pods/one/spoke/hub')
    expect(dirOf(['--dir=/mine'], { CLUSTER_PROXY_POD_ROOT: '/pods/one' })).toBe('/mine')
  })
})
