import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readInClusterAccess, readKubeconfig } from '../../../src/kube/index.ts'
import { createTestPki, type TestPki } from '../../support/test-pki.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

let pki: TestPki
let dir: string

beforeAll(async () => {
  pki = await createTestPki()
  dir = await mkdtemp(path.join(os.tmpdir(), 'cluster-access-'))
})

async function write(name: string, text: string): Promise<string> {
  const file = path.join(dir, name)
  await writeFile(file, text)
  return file
}

/** Reads a kubeconfig with one context of one cluster and one user. */
async function read({
  cluster = {},
  user = {},
  more = {},
}: {
  cluster?: object
  user?: object
  more?: object
}) {
  const text = stringify({
    'current-context': 'here',
    contexts: [
      { name: 'there', context: { cluster: 'there', user: 'there' } },
      { name: 'here', context: { cluster: 'here', user: 'here' } },
    ],
    clusters: [{ name: 'here', cluster: { server: 'https://api.example:6443', ...cluster } }],
    users: [{ name: 'here', user }],
    ...more,
  })
  return readKubeconfig([await write('kubeconfig', text)])
}

describe('a kubeconfig', () => {
  it('gives what stands in it, as its current context has it', async () => {
    const access = await read({
      cluster: {
        'certificate-authority-data': base64(pki.agentCa.caPem),
        'tls-server-name': 'kubernetes',
        'proxy-url': 'http://proxy.example:3128',
      },
      user: {
        token: 't',
        'client-certificate-data': base64(pki.agentClient.certPem),
        'client-key-data': base64(pki.agentClient.keyPem),
      },
    })
    expect(access).toEqual({
      server: new URL('https://api.example:6443'),
      token: 't',
      proxyUrl: 'http://proxy.example:3128',
      tls: {
        ca: pki.agentCa.caPem,
        cert: pki.agentClient.certPem,
        key: pki.agentClient.keyPem,
        servername: 'kubernetes',
        rejectUnauthorized: true,
      },
    })
  })

  it('gives what stands in its files, which are named relative to its own', async () => {
    await write('ca.crt', pki.agentCa.caPem)
    await write('tls.crt', pki.agentClient.certPem)
    await write('token', 'from-file\n')
    const access = await read({
      cluster: { 'certificate-authority': 'ca.crt' },
      user: {
        'client-certificate': 'tls.crt',
        'client-key': pki.agentClient.keyFile,
        tokenFile: 'token',
        token: 'old',
      },
    })
    expect(access.token).toBe('from-file')
    expect(access.tls).toEqual({
      ca: pki.agentCa.caPem,
      cert: pki.agentClient.certPem,
      key: pki.agentClient.keyPem,
      rejectUnauthorized: true,
    })
  })

  it('falls back to its own token when the file with a fresh one is not there', async () => {
    expect(await read({ user: { tokenFile: 'gone', token: 'old' } })).toMatchObject({ token: 'old' })
    await expect(read({ user: { tokenFile: 'gone' } })).rejects.toThrow(
      /its "tokenFile" \S+gone cannot be read: there is no such file/,
    )
  })

  it('prefers data over files', async () => {
    const cluster = {
      'certificate-authority-data': base64(pki.agentCa.caPem),
      'certificate-authority': 'gone',
    }
    expect((await read({ cluster })).tls.ca).toBe(pki.agentCa.caPem)
  })

  it('may do without credentials, without a CA, and without trust', async () => {
    const access = await read({
      cluster: { server: 'http://127.0.0.1:8080/prefix', 'insecure-skip-tls-verify': true },
    })
    expect(access).toEqual({
      server: new URL('http://127.0.0.1:8080/prefix'),
      tls: { rejectUnauthorized: false },
    })
  })

  it.each([
    [
      'an exec plugin, where none is to be run',
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws' } } },
      '"exec" of the user is not supported here; give a token',
    ],
    [
      'an auth provider',
      { user: { 'auth-provider': { name: 'gcp' } } },
      '"auth-provider" of the user is not supported',
    ],
    [
      'an impersonation of nobody',
      { user: { token: 't', 'as-uid': '1' } },
      '"as-uid" and "as-groups" of the user need "as"',
    ],
    [
      'half a certificate',
      { user: { 'client-certificate-data': base64('x') } },
      'only half of a client certificate',
    ],
    [
      'a CA that is none',
      { cluster: { 'certificate-authority-data': base64('x') } },
      'it holds no certificate',
    ],
    [
      'a CA file that is not there',
      { cluster: { 'certificate-authority': 'gone' } },
      'there is no such file',
    ],
    ['an address that is none', { cluster: { server: 'ftp://x' } }, '"ftp://x" is no address of a server'],
    ['no server', { cluster: { server: undefined } }, 'clusters[0].cluster.server'],
    ['no current context', { more: { 'current-context': '' } }, 'no current-context is set'],
    ['an unknown context', { more: { 'current-context': 'x' } }, 'context "x" does not exist'],
    ['an unknown cluster', { more: { clusters: null } }, 'cluster "here" does not exist'],
    ['an unknown user', { more: { users: null } }, 'auth info "here" does not exist'],
  ])('is refused with %s', async (_what, parts, message) => {
    const error = expect.objectContaining({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/^failed to load kubernetes client config: \/.*\/kubeconfig: /),
    })
    await expect(read(parts)).rejects.toThrow(error)
    await expect(read(parts)).rejects.toThrow(message)
  })

  it('is refused when it is no YAML or not there', async () => {
    await expect(readKubeconfig([await write('broken', '{')])).rejects.toThrow(
      'failed to load kubernetes client config',
    )
    await expect(readKubeconfig([path.join(dir, 'gone')])).rejects.toThrow('there is no such file')
    await expect(readKubeconfig([dir])).rejects.toThrow('it is a directory')
  })

  it.each([
    ['token: |secret\n', /: it is no YAML: see line 1, column \d+$/],
    ['a: 1\nb: [\n', /: it is no YAML: see line \d+, column \d+$/],
    ['hello', /: it is no kubeconfig: there is no mapping/],
    ['clusters: 5', /: clusters has to be a list$/],
    ['clusters: [{name: a, cluster: {server: 5}}]', /: clusters\[0\]\.cluster\.server has to be a string$/],
  ])('says where it is wrong, in plain words and without its values: %j', async (text, message) => {
    await expect(readKubeconfig([await write('odd', text)])).rejects.toThrow(message)
  })
})

describe('what is said of a broken kubeconfig', () => {
  it.each([
    'users: [{user: {token: very-secret}',
    'token: "very-secret',
    'users: very-secret: x',
    'users: [{name: a, user: very-secret}]',
  ])('quotes nothing of %j', async (text) => {
    const file = await write('broken', text)
    const thrown: unknown = await readKubeconfig([file]).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'ERR_CONFIG' })
    for (let error = thrown; error instanceof Error; error = error.cause) {
      expect(error.message).not.toContain('very-secret')
    }
  })
})

describe('access from inside a cluster', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }

  it('comes from the environment and the files of the service account', async () => {
    await write('ca.crt', pki.agentCa.caPem)
    await write('token', 'pod-token\n')
    expect(await readInClusterAccess(env, dir)).toEqual({
      server: new URL('https://10.96.0.1'),
      token: 'pod-token',
      tls: { ca: pki.agentCa.caPem, rejectUnauthorized: true },
    })
  })

  it('copes with IPv6', async () => {
    await write('token', 't')
    const { server } = await readInClusterAccess({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, dir)
    expect(server.host).toBe('[fd00::1]')
  })

  it('is refused outside', async () => {
    await expect(readInClusterAccess({}, dir)).rejects.toThrow(
      'failed to load in cluster kubernetes client config: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    )
    await expect(readInClusterAccess(env, path.join(dir, 'gone'))).rejects.toThrow('ENOENT')
  })
})
