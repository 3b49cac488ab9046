import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ConfigError } from '../../../src/common/errors.ts'
import { findAccess, KubeClient, readInClusterAccess, readKubeconfig } from '../../../src/kube/index.ts'
import { createTestPki } from '../../support/test-pki.ts'
import { HastyClock } from '../clocks.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'kube-access-'))
})

afterEach(() => rm(dir, { recursive: true }))

const file = async (name: string, content: string | object) => {
  const target = path.join(dir, name)
  await writeFile(target, typeof content === 'string' ? content : stringify(content))
  return target
}

const config = (user: object, cluster: object = {}, name = 'hub') => ({
  'current-context': name,
  contexts: [{ name, context: { cluster: name, user: name, namespace: `${name}-ns` } }],
  clusters: [{ name, cluster: { server: `https://${name}.example:6443/base`, ...cluster } }],
  users: [{ name, user }],
})

describe('a kubeconfig', () => {
  it.each([
    ['a token', { token: 't' }, { token: 't' }],
    ['a token file, which wins', { token: 't', tokenFile: 'token' }, { token: 'from-file' }],
    ['a password', { username: 'u', password: 'p' }, { basic: { username: 'u', password: 'p' } }],
    [
      'somebody to act for',
      { token: 't', as: 'jane', 'as-uid': '7', 'as-groups': ['g'], 'as-user-extra': { k: ['v'] } },
      { token: 't', impersonate: { username: 'jane', uid: '7', groups: ['g'], extra: { k: ['v'] } } },
    ],
    ['nothing', {}, {}],
  ])('may give %s', async (_, user, expected) => {
    await file('token', 'from-file\n')
    expect(await readKubeconfig([await file('config', config(user))])).toEqual({
      server: new URL('https://hub.example:6443/base'),
      tls: { rejectUnauthorized: true },
      namespace: 'hub-ns',
      ...expected,
    })
  })

  it('may give certificates, in files beside it or within', async () => {
    const pki = await createTestPki()
    const { certPem, keyPem } = pki.frontendServer
    await file('ca.pem', pki.frontendCa.caPem)
    await file('cert.pem', certPem)
    const user = {
      'client-certificate': 'cert.pem',
      'client-key-data': Buffer.from(keyPem).toString('base64'),
    }
    const cluster = {
      'certificate-authority': 'ca.pem',
      'tls-server-name': 'other',
      'proxy-url': 'http://p:1',
    }
    const access = await readKubeconfig([await file('config', config(user, cluster))])
    expect(access).toMatchObject({ proxyUrl: 'http://p:1' })
    expect(access.tls).toMatchObject({
      cert: certPem,
      key: keyPem,
      servername: 'other',
      rejectUnauthorized: true,
    })
    expect(access.tls.ca).toContain('BEGIN CERTIFICATE')
  })

  it.each([
    ['no context', { clusters: [] }, 'no current-context is set'],
    ['an unknown context', { 'current-context': 'x' }, 'context "x" does not exist'],
    ['half a pair', config({ 'client-key-data': 'eA==' }), 'only half of a client certificate'],
    ['a missing file', config({ tokenFile: 'missing' }), 'there is no such file'],
    ['a bad address', config({}, { server: 'ftp://x' }), '"ftp://x" is no address of a server'],
    [
      'a bad CA',
      config({}, { 'certificate-authority-data': 'eA==' }),
      'cannot use the certificate authority',
    ],
    [
      'an old plugin',
      config({ 'auth-provider': { name: 'gcp' } }),
      '"auth-provider" of the user is not supported',
    ],
    ['groups for nobody', config({ 'as-groups': ['g'] }), 'need "as"'],
    ['no YAML', 'a: b: c', 'failed to load kubernetes client config'],
  ])('that has %s is refused, with its name', async (_, content, message) => {
    const target = await file('config', content)
    const error = await readKubeconfig([target]).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain(message)
    expect(error.message).toContain(target)
  })

  it('may be several files, of which the first counts', async () => {
    const one = await file('one', config({ token: 'one' }))
    const two = await file('two', { ...config({ token: 'two' }), ...config({ token: 'x' }, {}, 'second') })
    const env = { KUBECONFIG: [path.join(dir, 'missing'), one, two].join(path.delimiter) }
    expect(await findAccess({ env })()).toMatchObject({ token: 'one' })
    expect(await findAccess({ env, context: 'second' })()).toMatchObject({ token: 'x' })
    expect(await findAccess({ env, kubeconfig: two })()).toMatchObject({ token: 'x' })
    await expect(findAccess({ env: { KUBECONFIG: path.join(dir, 'missing') } })()).rejects.toThrow(
      'there is no such file',
    )
  })
})

describe('a credential plugin', () => {
  const API = 'client.authentication.k8s.io/v1'
  const plugin = async (script: string, more: object = {}) => {
    await chmod(await file('plugin', `#!/bin/sh\necho run >> ${dir}/runs\n${script}\n`), 0o700)
    const exec = {
      apiVersion: API,
      command: './plugin',
      args: ['token'],
      env: [{ name: 'WHO', value: 'jane' }],
      ...more,
    }
    return findAccess({ env: { PATH: process.env.PATH }, kubeconfig: await file('config', config({ exec })) })
  }
  const credential = (status: object) => JSON.stringify({ apiVersion: API, kind: 'ExecCredential', status })

  it('is asked for a token, once, until that is not taken any more', async () => {
    const runs = `token: $(wc -l < ${dir}/runs | tr -d ' ') $1 $WHO`
    const read = await plugin(`echo '${credential({ token: 'T' })}' | sed "s/T/${runs}/"`)
    expect((await read()).token).toBe('token: 1 token jane')
    expect((await read()).token).toBe('token: 1 token jane')
    read.forget()
    expect((await read()).token).toBe('token: 2 token jane')
  })

  it('is asked again when what it gave is about to expire', async () => {
    const read = await plugin(
      `echo '${credential({ token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' })}' | sed "s/t\\"/$(wc -l < ${dir}/runs)\\"/"`,
    )
    const tokens = [(await read()).token, (await read()).token]
    expect(new Set(tokens).size).toBe(2)
  })

  it('is told of the cluster if it wants', async () => {
    const read = await plugin(
      `test "\${KUBERNETES_EXEC_INFO#*hub.example}" != "$KUBERNETES_EXEC_INFO" && echo '${credential({ token: 't' })}'`,
      { provideClusterInfo: true },
    )
    expect((await read()).token).toBe('t')
  })

  it.each([
    ['exit 3', {}, /plugin failed with 3\ninstall it$/],
    ['echo secret', {}, /plugin did not print an ExecCredential/],
    [`echo '${credential({})}'`, {}, /neither a token nor a certificate/],
    ['', { command: './missing' }, /missing not found/],
    ['', { apiVersion: 'other/v1' }, /invalid apiVersion "other\/v1"/],
  ])('that fails is told of: %s', async (script, more, message) => {
    const read = await plugin(script, { installHint: 'install it', ...more })
    const error = await read().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('secret')
  })
})

it('a Pod finds its API by its environment and its files', async () => {
  const pki = await createTestPki()
  await file('token', 'secret\n')
  await file('ca.crt', pki.frontendCa.caPem)
  await file('namespace', 'mine')
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  expect(await readInClusterAccess(env, dir)).toMatchObject({
    server: new URL('https://[fd00::1]'),
    token: 'secret',
    namespace: 'mine',
    tls: { ca: expect.stringContaining('BEGIN CERTIFICATE') },
  })
  await expect(readInClusterAccess({}, dir)).rejects.toThrow('KUBERNETES_SERVICE_HOST')
})

it('a Pod that is a process of the machine finds its files below its root', async () => {
  const folder = path.join(dir, 'var/run/secrets/kubernetes.io/serviceaccount')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'token'), 'mapped')
  const env = {
    KUBERNETES_SERVICE_HOST: '127.128.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    CLUSTER_PROXY_POD_ROOT: dir,
  }
  expect(await readInClusterAccess(env)).toMatchObject({ token: 'mapped' })
})

it('a client shows new certificates and tokens soon after their files have changed, without a restart', async () => {
  const pki = await createTestPki()
  const seen: unknown[] = []
  const server = https.createServer(
    {
      cert: pki.frontendServer.certPem,
      key: pki.frontendServer.keyPem,
      ca: pki.frontendCa.caPem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject ?? {}
      seen.push([CN, request.headers.authorization])
      response.end('{}')
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clock = new HastyClock()
  const { port } = server.address() as AddressInfo
  const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'ca.pem' }
  const user = { tokenFile: 'token', 'client-certificate': 'cert.pem', 'client-key': 'key.pem' }
  await file('ca.pem', pki.frontendCa.caPem)
  const write = async ({ certPem, keyPem }: { certPem: string; keyPem: string }, token: string) => {
    await Promise.all([file('cert.pem', certPem), file('key.pem', keyPem), file('token', token)])
  }
  await write(pki.frontendClient, 'one')
  const readAccess = findAccess({ env: {}, kubeconfig: await file('config', config(user, cluster)) })
  const client = new KubeClient({ readAccess, clock }, { qps: -1 })
  await client.start()
  const ask = () => client.request({ method: 'GET', path: '/' })
  await ask()
  await write(pki.frontendServer, 'two')
  await clock.sleep(10_000)
  await ask()
  await client.stop()
  server.close()
  expect(seen.map((each) => (each as string[])[1])).toEqual(['Bearer one', 'Bearer two'])
  expect(new Set(seen.map((each) => (each as string[])[0])).size).toBe(2)
})
