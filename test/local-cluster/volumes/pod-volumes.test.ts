import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Container, Pod, Volume } from '../../../src/apis/core/v1.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { KubeClient } from '../../../src/kube/index.ts'
import { ConfigObjects, PodVolumes, VolumeError } from '../../../src/local-cluster/volumes/index.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { ClusterClient, CONFIG_MAPS, PODS, SECRETS, SERVICE_ACCOUNTS } from '../cluster-client.ts'

const { signal } = new AbortController()
const base64 = (text: string) => Buffer.from(text).toString('base64')

let cluster: ClusterClient
let folder: string
let objects: ConfigObjects
let count = 0
const opened: PodVolumes[] = []

beforeAll(async () => {
  cluster = await ClusterClient.start()
  await cluster.create(SERVICE_ACCOUNTS, { metadata: { namespace: 'default', name: 'default' } })
})

afterAll(() => cluster.close())

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'pod-volumes-'))
  objects = new ConfigObjects({ client: cluster.client })
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((volumes) => volumes.close()))
  await objects.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A name that no other test has. */
function fresh(name: string): string {
  count += 1
  return `${name}-${count}`
}

function volumesOf(volumes: Volume[], pod: Partial<Pod> = {}): PodVolumes {
  const metadata = { namespace: 'default', name: 'web', uid: 'u-1', ...pod.metadata }
  const options = { pod: { ...pod, metadata, spec: { ...pod.spec, volumes } }, folder }
  const made = new PodVolumes({ client: cluster.client, log: silentLogger, objects }, options)
  opened.push(made)
  return made
}

async function preparedOf(volumes: Volume[], pod: Partial<Pod> = {}): Promise<PodVolumes> {
  const made = volumesOf(volumes, pod)
  await made.prepare(signal)
  return made
}

const read = (name: string) => readFile(path.join(folder, 'volumes', name), 'utf8')
const modeOf = async (name: string) => (await stat(path.join(folder, 'volumes', name))).mode & 0o777

async function createSecret(data: Record<string, string>): Promise<string> {
  const name = fresh('secret')
  const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)]))
  await cluster.create(SECRETS, { metadata: { namespace: 'default', name }, data: encoded })
  return name
}

async function createConfigMap(data: Record<string, string>, binaryData = {}): Promise<string> {
  const name = fresh('settings')
  await cluster.create(CONFIG_MAPS, { metadata: { namespace: 'default', name }, data, binaryData })
  return name
}

describe('PodVolumes', () => {
  it('writes secrets and config maps, all keys or those that are asked for, with their modes', async () => {
    const secretName = await createSecret({ user: 'me', password: 'pw' })
    const name = await createConfigMap(
      { 'app.conf': 'x=1' },
      { blob: Buffer.from([0, 255]).toString('base64') },
    )
    await preparedOf([
      { name: 'all', secret: { secretName, defaultMode: 0o600 } },
      { name: 'some', secret: { secretName, items: [{ key: 'user', path: 'who/am/i', mode: 0o400 }] } },
      {
        name: 'conf',
        configMap: {
          name,
          items: [
            { key: 'app.conf', path: 'conf' },
            { key: 'blob', path: 'blob' },
          ],
        },
      },
    ])
    expect([await read('all/user'), await read('all/password')]).toEqual(['me', 'pw'])
    expect([await modeOf('all/user'), await modeOf('all')]).toEqual([0o600, 0o700])
    expect([await read('some/who/am/i'), await modeOf('some/who/am/i')]).toEqual(['me', 0o400])
    expect([await read('conf/conf'), await modeOf('conf/conf')]).toEqual(['x=1', 0o644])
    expect(await readFile(path.join(folder, 'volumes/conf/blob'))).toEqual(Buffer.from([0, 255]))
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it.each<[string, (names: { secret: string; settings: string }) => Volume]>([
    ['secret "gone" not found', () => ({ name: 'v', secret: { secretName: 'gone' } })],
    ['configmap "gone" not found', () => ({ name: 'v', configMap: { name: 'gone' } })],
    [
      'configmap "gone" not found',
      () => ({ name: 'v', projected: { sources: [{ configMap: { name: 'gone' } }] } }),
    ],
    [
      'references non-existent secret key: nope',
      ({ secret }) => ({ name: 'v', secret: { secretName: secret, items: [{ key: 'nope', path: 'x' }] } }),
    ],
    [
      'references non-existent config key: __proto__',
      ({ settings }) => ({
        name: 'v',
        configMap: { name: settings, items: [{ key: '__proto__', path: 'x' }] },
      }),
    ],
    [
      "must not contain '..'",
      ({ secret }) => ({ name: 'v', secret: { secretName: secret, items: [{ key: 'a', path: '../../x' }] } }),
    ],
    ['no volumes of persistentVolumeClaim', () => ({ name: 'v', persistentVolumeClaim: { claimName: 'c' } })],
    ['no volumes of nfs', () => ({ name: 'v', nfs: { server: 's', path: '/' } }) as Volume],
    [
      'cannot project clusterTrustBundle',
      () => ({ name: 'v', projected: { sources: [{ clusterTrustBundle: { path: 'x' } }] } }) as Volume,
    ],
    ['is not a directory', () => ({ name: 'v', hostPath: { path: '/dev/null', type: 'Directory' } })],
    ['is not a file', () => ({ name: 'v', hostPath: { path: '/nowhere/at/all', type: 'FileOrCreate' } })],
    [
      'is not a directory',
      () => ({ name: 'v', hostPath: { path: '/proc/nope/a', type: 'DirectoryOrCreate' } }),
    ],
    ['must be an absolute path', () => ({ name: 'v', hostPath: { path: 'etc' } })],
  ])('says that %s', async (message, volumeOf) => {
    const names = { secret: await createSecret({ a: '1' }), settings: await createConfigMap({ a: '1' }) }
    const failing = volumesOf([volumeOf(names)]).prepare(signal)
    await expect(failing).rejects.toThrow(`MountVolume.SetUp failed for volume "v" : `)
    await expect(failing).rejects.toThrow(message)
    await expect(failing).rejects.toBeInstanceOf(VolumeError)
  })

  it('refuses a volume whose name is a path', async () => {
    await expect(volumesOf([{ name: '../out', emptyDir: {} }]).prepare(signal)).rejects.toThrow(
      'is no name of a folder',
    )
  })

  it('has empty volumes in place of optional objects, and of keys that are not there', async () => {
    const secretName = await createSecret({ a: '1' })
    await preparedOf([
      { name: 'gone', configMap: { name: 'gone', optional: true } },
      { name: 'key', secret: { secretName, optional: true, items: [{ key: 'nope', path: 'x' }] } },
    ])
    const shown = await Promise.all(
      ['gone', 'key'].map((name) => readdir(path.join(folder, 'volumes', name))),
    )
    expect(shown.flat().filter((name) => !name.startsWith('..'))).toEqual([])
  })

  it('succeeds once what was missing is there', async () => {
    const secretName = fresh('late')
    const volumes = volumesOf([{ name: 'v', secret: { secretName } }])
    await expect(volumes.prepare(signal)).rejects.toThrow('not found')
    await cluster.create(SECRETS, {
      metadata: { namespace: 'default', name: secretName },
      data: { a: base64('1') },
    })
    await volumes.prepare(signal)
    expect(await read('v/a')).toBe('1')
  })

  it('follows objects, those that come and go, and keeps what it has of one that is gone', async () => {
    const secretName = await createSecret({ a: '1' })
    const name = fresh('late')
    const volumes = await preparedOf([
      { name: 'secret', secret: { secretName } },
      { name: 'late', configMap: { name, optional: true } },
    ])
    volumes.follow()
    await cluster.merge(SECRETS, secretName, { data: { a: base64('2'), b: base64('3') } })
    await eventually(() => read('secret/b')).toBe('3')
    expect(await read('secret/a')).toBe('2')
    await cluster.create(CONFIG_MAPS, { metadata: { namespace: 'default', name }, data: { k: 'v' } })
    await eventually(() => read('late/k').catch(() => '')).toBe('v')
    await cluster.delete(CONFIG_MAPS, name)
    await eventually(() => read('late/k').catch(() => 'gone')).toBe('gone')
    await cluster.delete(SECRETS, secretName)
    await eventually(() => objects.secret('default', secretName)).toBeUndefined()
    expect(await read('secret/a')).toBe('2')
  })

  it('follows nothing any more once it is closed', async () => {
    const secretName = await createSecret({ a: '1' })
    const closed = await preparedOf([{ name: 'v', secret: { secretName } }])
    closed.follow()
    await closed.close()
    await cluster.merge(SECRETS, secretName, { data: { a: base64('2') } })
    const changed = Promise.withResolvers<void>()
    const unfollow = objects.follow('secret', 'default', secretName, changed.resolve)
    await changed.promise
    unfollow()
    expect(await read('v/a')).toBe('1')
  })

  it('shows labels and annotations as they are by now', async () => {
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'note', fieldRef: { fieldPath: "metadata.annotations['note']" } },
      { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
    ]
    const containers = [{ name: 'main', image: 'x', resources: { limits: { cpu: '2' } } }]
    const pod = { metadata: { labels: { b: '2', a: 'x' } }, spec: { containers } }
    const volumes = await preparedOf([{ name: 'info', downwardAPI: { items } }], pod)
    volumes.follow()
    expect(await read('info/labels')).toBe('a="x"\nb="2"')
    expect([await read('info/note'), await read('info/cpu')]).toEqual(['', '2000'])
    volumes.update({
      metadata: {
        namespace: 'default',
        name: 'web',
        labels: { a: 'line\n"two"' },
        annotations: { note: 'n' },
      },
      spec: { containers },
    })
    await eventually(() => read('info/note')).toBe('n')
    expect(await read('info/labels')).toBe('a="line\\n\\"two\\""')
  })

  it('projects tokens that are bound to the Pod, beside other sources', async () => {
    const settings = await createConfigMap({ 'ca.crt': 'CA' })
    const name = fresh('web')
    const pod = await cluster.create<Pod>(PODS, {
      metadata: { namespace: 'default', name },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    })
    await preparedOf(
      [
        {
          name: 'kube-api-access',
          projected: {
            defaultMode: 0o600,
            sources: [
              { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
              { serviceAccountToken: { path: 'vault', audience: 'vault' } },
              { configMap: { name: settings, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              {
                downwardAPI: {
                  items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
                },
              },
            ],
          },
        },
      ],
      { metadata: pod.metadata, ...(pod.spec && { spec: pod.spec }) },
    )
    const claims = async (file: string) =>
      JSON.parse(
        Buffer.from((await read(`kube-api-access/${file}`)).split('.')[1] ?? '', 'base64url').toString(),
      )
    expect(await claims('token')).toMatchObject({
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { pod: { name, uid: pod.metadata.uid } },
    })
    expect(await claims('vault')).toMatchObject({ aud: ['vault'] })
    expect([await read('kube-api-access/ca.crt'), await read('kube-api-access/namespace')]).toEqual([
      'CA',
      'default',
    ])
    expect(await modeOf('kube-api-access/token')).toBe(0o600)
  })

  it('renews tokens when four fifths of their life are over', async () => {
    const clock = new ManualClock()
    clock.advance(Date.now() - clock.now())
    const client = new KubeClient({ readAccess: async () => cluster.access, clock }, { qps: -1 })
    const { metadata } = await cluster.create<Pod>(PODS, {
      metadata: { namespace: 'default', name: fresh('web') },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    })
    const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: 1000 } }]
    const pod = { metadata, spec: { volumes: [{ name: 'api', projected: { sources } }] } }
    const volumes = new PodVolumes({ client, log: silentLogger, objects }, { pod, folder })
    await volumes.prepare(signal)
    volumes.follow()
    const first = await read('api/token')
    const untilRenewalMs = await clock.asleep()
    expect(untilRenewalMs / 1_000).toBeGreaterThan(790)
    expect(untilRenewalMs / 1_000).toBeLessThanOrEqual(800)
    clock.advance(untilRenewalMs)
    await eventually(() => read('api/token')).not.toBe(first)
    await volumes.close()
    await client.stop()
  })

  it('says what of a volume is not as in a cluster', () => {
    const volumes = volumesOf([
      { name: 'cache', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } },
      { name: 'plain', emptyDir: {} },
    ])
    expect(volumes.warnings).toEqual([
      'volume "cache": the sizeLimit is not enforced here',
      'volume "cache": it is on disk, whatever its medium says',
    ])
  })
})

describe('rootfsOf', () => {
  const container = (volumeMounts: Container['volumeMounts']): Container => ({
    name: 'main',
    image: 'x',
    volumeMounts: volumeMounts ?? [],
  })

  it('has a volume, or a part of it, at each mount path', async () => {
    const secretName = await createSecret({ a: '1' })
    const volumes = await preparedOf([
      { name: 'data', emptyDir: {} },
      { name: 'secret', secret: { secretName } },
      { name: 'host', hostPath: { path: os.tmpdir() } },
    ])
    const rootfs = await volumes.rootfsOf(
      container([
        { name: 'data', mountPath: '/data/' },
        { name: 'data', mountPath: '/var/log', subPath: 'logs/here' },
        { name: 'data', mountPath: '/mine', subPathExpr: 'of-$(NAME)' },
        { name: 'secret', mountPath: '/etc/app/a.conf', subPath: 'a' },
        { name: 'secret', mountPath: '/data/secret' },
        { name: 'host', mountPath: '/host' },
      ]),
      new Map([['NAME', 'web-0']]),
    )
    expect(rootfs).toBe(path.join(folder, 'containers/main/rootfs'))
    await writeFile(path.join(rootfs, 'var/log/x'), 'log')
    await writeFile(path.join(rootfs, 'mine/y'), 'y')
    expect(await read('data/logs/here/x')).toBe('log')
    expect(await read('data/of-web-0/y')).toBe('y')
    expect(await readFile(path.join(rootfs, 'etc/app/a.conf'), 'utf8')).toBe('1')
    expect(await readFile(path.join(rootfs, 'data/secret/a'), 'utf8')).toBe('1')
    expect(await readlink(path.join(rootfs, 'host'))).toBe(os.tmpdir())
  })

  it('shows changes through a subPath, too', async () => {
    const secretName = await createSecret({ a: '1' })
    const volumes = await preparedOf([{ name: 'secret', secret: { secretName } }])
    volumes.follow()
    const rootfs = await volumes.rootfsOf(container([{ name: 'secret', mountPath: '/a', subPath: 'a' }]))
    await cluster.merge(SECRETS, secretName, { data: { a: base64('2') } })
    await eventually(() => readFile(path.join(rootfs, 'a'), 'utf8')).toBe('2')
  })

  it('begins anew with each start, but for what is in volumes', async () => {
    const volumes = await preparedOf([{ name: 'data', emptyDir: {} }])
    const mounts = container([{ name: 'data', mountPath: '/data' }])
    const rootfs = await volumes.rootfsOf(mounts)
    await writeFile(path.join(rootfs, 'data/kept'), '')
    await writeFile(path.join(rootfs, 'dropped'), '')
    await volumes.rootfsOf(mounts)
    expect(await readdir(rootfs)).toEqual(['data'])
    expect(await readdir(path.join(rootfs, 'data'))).toEqual(['kept'])
  })

  it.each<[string, Container['volumeMounts'], string]>([
    ['an unknown volume', [{ name: 'nope', mountPath: '/a' }], 'Not found: "nope"'],
    [
      'a subPath out of the volume',
      [{ name: 'data', mountPath: '/a', subPath: '../x' }],
      "must not contain '..'",
    ],
    [
      'an absolute subPath',
      [{ name: 'data', mountPath: '/a', subPath: '/etc' }],
      'must not be an absolute path',
    ],
    ['a symlink out of the volume', [{ name: 'data', mountPath: '/a', subPath: 'evil/x' }], 'is not within'],
    [
      'an unknown variable',
      [{ name: 'data', mountPath: '/a', subPathExpr: '$(NO)' }],
      'missing value for "NO"',
    ],
    ['the root', [{ name: 'data', mountPath: '/' }], 'cannot mount a volume at /'],
    [
      'a folder of the host',
      [
        { name: 'host', mountPath: '/h' },
        { name: 'data', mountPath: '/h/d' },
      ],
      'hostPath',
    ],
    [
      'a file',
      [
        { name: 'data', mountPath: '/d' },
        { name: 'data', mountPath: '/d/file' },
      ],
      'a file of that name',
    ],
    ['a subPath that cannot be made', [{ name: 'proc', mountPath: '/p', subPath: 'nope/a' }], 'ENOENT'],
  ])('refuses %s', async (_what, mounts, message) => {
    const volumes = await preparedOf([
      { name: 'data', emptyDir: {} },
      { name: 'host', hostPath: { path: folder } },
      { name: 'proc', hostPath: { path: '/proc' } },
    ])
    await symlink('/etc', path.join(folder, 'volumes/data/evil'))
    await mkdir(path.join(folder, 'volumes/data/file'))
    await expect(volumes.rootfsOf(container(mounts))).rejects.toThrow(message)
  })

  it('cannot be led out of the folder by a mount path', async () => {
    const volumes = await preparedOf([{ name: 'data', emptyDir: {} }])
    const rootfs = await volumes.rootfsOf(container([{ name: 'data', mountPath: '/../../../out' }]))
    expect((await lstat(path.join(rootfs, 'out'))).isSymbolicLink()).toBe(true)
  })
})
