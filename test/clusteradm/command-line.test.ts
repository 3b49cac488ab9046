import { describe, expect, it } from 'vitest'
import { entriesOf } from '../../src/clusteradm/command-line/command-tree.ts'
import { findCommand } from '../../src/clusteradm/command-line/find-command.ts'
import { ROOT } from '../../src/clusteradm/commands.ts'
import { allFlags } from '../../src/common/flags.ts'
import { clusteradm } from '../support/clusteradm.ts'

const wordsOf = async (...line: string[]) => {
  const found = await findCommand(ROOT, line)
  return { words: found.words, argv: found.argv }
}

describe('a command line', () => {
  it('finds its command by one word or two', async () => {
    expect(await wordsOf('init', '--wait')).toEqual({ words: ['init'], argv: ['--wait'] })
    expect(await wordsOf('get', 'clusters', '-o', 'json')).toEqual({
      words: ['get', 'clusters'],
      argv: ['-o', 'json'],
    })
  })

  it('may have flags of all commands before and between the words', async () => {
    expect(await wordsOf('--kubeconfig', 'get', 'get', '--context=c', 'token')).toEqual({
      words: ['get', 'token'],
      argv: ['--kubeconfig', 'get', '--context=c'],
    })
    expect(await wordsOf('--dry-run', 'accept', '--clusters', 'c1')).toEqual({
      words: ['accept'],
      argv: ['--dry-run', '--clusters', 'c1'],
    })
  })

  it('may have flags of its own command in front, as the user documents have them', async () => {
    const line = ['--singleton=true', '--kubeconfig', 'k', 'join', '--hub-token', 't', '--cluster-name', 'c']
    expect(await wordsOf(...line)).toEqual({
      words: ['join'],
      argv: ['--singleton=true', '--kubeconfig', 'k', '--hub-token', 't', '--cluster-name', 'c'],
    })
    expect(await wordsOf('--wait', 'init')).toEqual({ words: ['init'], argv: ['--wait'] })
    expect(await wordsOf('-o', 'json', 'get', 'token')).toEqual({
      words: ['get', 'token'],
      argv: ['-o', 'json'],
    })
  })

  it('shows its groups when there is no command', async () => {
    const { status, out, err } = await clusteradm([])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toContain('Usage:\n  clusteradm [command]\n')
    for (const title of ['General', 'Registration', 'Cluster Management'])
      expect(out).toContain(`${title} commands:`)
  })

  it('refuses a command that there is not', async () => {
    expect(await clusteradm(['nosuch'])).toEqual({
      status: 1,
      out: '',
      err: `Error: unknown command "nosuch" for "clusteradm"\nRun 'clusteradm --help' for usage.\n`,
    })
  })

  it('shows the help of a group for a word that it does not know, which is no failure to the original', async () => {
    const { status, out, err } = await clusteradm(['clusterset', 'binds'])
    expect(status).toBe(0)
    expect(out).toContain('clusterset [command] [flags]')
    expect(err).toBe('unknown command "binds" for "clusteradm clusterset" (did you mean "bind"?)\n')
  })

  it('refuses a flag that there is not, in the words of the original', async () => {
    expect(await clusteradm(['get', 'clusters', '--foo'])).toEqual({
      status: 1,
      out: '',
      err: `Error: unknown flag: --foo\nSee 'clusteradm get clusters --help' for usage.\n`,
    })
    expect((await clusteradm(['--foo'])).err).toBe(
      `Error: unknown flag: --foo\nSee 'clusteradm --help' for usage.\n`,
    )
    expect((await clusteradm(['--contxt', 'kind-hub', 'get', 'clusters'])).err).toBe(
      `Error: unknown flag: --contxt\nSee 'clusteradm --help' for usage.\n`,
    )
    expect((await clusteradm(['get', 'token', '--context'])).err).toContain(
      'flag needs an argument: --context',
    )
    expect((await clusteradm(['get', 'token', '--timeout=x'])).err).toContain(
      'invalid argument "x" for "--timeout" flag: strconv.ParseInt: parsing "x": invalid syntax',
    )
  })

  it('shows the help of a command', async () => {
    for (const line of [
      ['join', '--help'],
      ['help', 'join'],
      ['-h', 'join'],
    ]) {
      const { status, out } = await clusteradm(line)
      expect(status).toBe(0)
      expect(out).toContain('clusteradm join')
      expect(out).toContain('--hub-token TOKEN')
    }
  })
})

describe('the commands', () => {
  it('have the flags of the original', async () => {
    const flagsOf = async (...words: string[]) => {
      const found = await findCommand(ROOT, words)
      if (found.kind !== 'command') throw new Error(`no command ${words.join(' ')}`)
      return Object.keys(allFlags((await found.entry.load()).spec))
    }
    const originals: Readonly<Record<string, string>> = {
      init: 'auto-approved-arn-patterns auto-approved-csr-identities auto-approved-grpc-identities aws-resource-tags bundle-version bundle-version-overrides cluster-manager-values-file create-namespace enable-sync-labels feature-gates force grpc-endpoint-type grpc-server hub-cluster-arn image-pull-credential-file image-registry output output-file output-join-command-file registration-drivers resource-limits resource-qos-class resource-requests use-bootstrap-token wait singleton singleton-name set set-string set-file set-json set-literal values',
      join: 'addon-kubeclient-registration-auth addon-token-expiration-seconds bundle-version bundle-version-overrides ca-file capi-cluster-name capi-import capi-kubeconfig client-cert-expiration-seconds create-namespace enable-sync-labels feature-gates force-internal-endpoint-lookup force-internal-endpoint-lookup-managed grpc-ca-file grpc-server hub-cluster-arn image-pull-credential-file image-registry klusterlet-annotation klusterlet-values-file managed-cluster-arn managed-cluster-kubeconfig mode output-file proxy-ca-file proxy-url registration-auth resource-limits resource-requests resource-qos-class singleton wait hub-token hub-apiserver cluster-name',
      accept: 'cluster clusters requesters skip-approve-check wait',
      unjoin: 'cluster-name purge-operator output-file',
      clean: 'name purge-operator output-file',
      'get token': 'output output-file use-bootstrap-token',
      'get clusters': 'output clusterset',
      'get placements': 'output namespace',
      'get works': 'output cluster clusters',
      'get addon': 'output cluster clusters',
      'create work': 'filename recursive cluster clusters placement replicaset overwrite',
      'delete work': 'cluster clusters force',
      'clusterset bind': 'namespace',
      'clusterset set': 'clusters namespaces',
    }
    const globals =
      'context kubeconfig dry-run timeout match-server-version v vmodule logtostderr alsologtostderr alsologtostderrthreshold legacy-stderr-threshold-behavior stderrthreshold log-dir log-file log-file-max-size log-backtrace-at add-dir-header one-output skip-headers skip-log-headers'
    for (const [name, flags] of Object.entries(originals)) {
      const known = await flagsOf(...name.split(' '))
      const missing = `${flags} ${globals}`.split(' ').filter((flag) => !known.includes(flag))
      expect({ name, missing }).toEqual({ name, missing: [] })
    }
  })

  it('can all be loaded, and are called what the tree calls them', async () => {
    const commands = await Promise.all(entriesOf(ROOT).map((entry) => entry.load()))
    for (const { spec } of commands) {
      const found = await findCommand(ROOT, spec.name.split(' '))
      expect(found).toMatchObject({ kind: 'command', words: spec.name.split(' ') })
    }
  })
})

describe('completion', () => {
  it('offers commands, then flags', async () => {
    expect((await clusteradm(['__complete', '--no-descriptions', 'get', 'clust'])).out).toBe(
      'clusters\nclustersets\n',
    )
    expect((await clusteradm(['__complete', '--no-descriptions', 'accept', '--sk'])).out).toBe(
      '--skip-approve-check\n',
    )
    expect((await clusteradm(['__complete', 'unj'])).out).toBe('unjoin\thave a cluster leave its hub\n')
  })

  it('offers no commands where the value of a flag is to come', async () => {
    expect((await clusteradm(['__complete', '--context', ''])).out).toBe('')
    expect((await clusteradm(['__complete', '--no-descriptions', '--dry-run', 'acc'])).out).toBe('accept\n')
  })

  it('prints a script for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      const { status, out } = await clusteradm(['completion', shell])
      expect(status).toBe(0)
      expect(out).toContain('clusteradm __complete')
    }
  })
})

describe('what needs no cluster', () => {
  it('names its versions without one', async () => {
    const { status, out } = await clusteradm(['version'], { env: { KUBECONFIG: '/nowhere' } })
    expect(status).toBe(0)
    expect(out).toMatch(
      /^client\t\tversion\t:v[\d.]+\nserver release\tversion\t:<unreachable>\nclusteradm\tversion\t:v[\d.]+\ndefault bundle\tversion\t:1\.3\.1\n$/,
    )
    expect(JSON.parse((await clusteradm(['version', '--client', '-o', 'json'])).out)).toHaveProperty('client')
  })

  it('says what is missing before it looks for one', async () => {
    const errors = [
      [['join'], 'token is missing'],
      [['join', '--hub-token', 't'], 'hub-server is missing'],
      [['join', '--hub-token', 't', '--hub-apiserver', 'https://h'], 'cluster-name is missing'],
      [['unjoin'], 'name is missing'],
      [['accept'], 'either --cluster or --clusters needs to be set'],
      [['get', 'works'], 'either --cluster or --clusters needs to be set'],
      [['clusterset', 'bind'], 'the name of the clusterset must be specified'],
      [['create', 'work'], 'work name must be specified'],
      [['create', 'work', 'w'], '--clusters or --placement must be specified'],
      [['get', 'clusters', 'x'], 'there should be no argument'],
      [['init', '-o', 'json', '--wait'], 'output should be text if --wait is set'],
    ] as const
    for (const [line, text] of errors) {
      const { status, err } = await clusteradm(line)
      expect({ line, status }).toEqual({ line, status: 1 })
      expect(err).toContain(`Error: ${text}`)
    }
  })

  it('does nothing where it could not write the command to join with in the end', async () => {
    const file = '/nowhere/join.sh'
    const line = ['init', '--output-join-command-file', file, '--kubeconfig', '/nowhere']
    expect((await clusteradm(line)).err).toMatch(/^Error: cannot write \/nowhere\/join\.sh: ENOENT/)
  })

  it('says where it looked for one in vain, without a stack trace', async () => {
    const { status, err } = await clusteradm(['get', 'clusters', '--kubeconfig', '/nowhere'])
    expect(status).toBe(1)
    expect(err).toMatch(/^Error: failed to load kubernetes client config: \/nowhere: there is no such file$/m)
    expect(err).not.toContain('    at ')
    expect((await clusteradm(['get', 'clusters'], { env: { HOME: '/nowhere' } })).err).toBe(
      'Error: there is no kubeconfig: /nowhere/.kube/config does not exist, and neither --kubeconfig nor $KUBECONFIG names one\n',
    )
  })
})
