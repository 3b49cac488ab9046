import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { kubeconfig } from '../../../src/controlplane/credentials/kubeconfig.ts'
import {
  mergeKubeconfig,
  removeFromKubeconfig,
  usualKubeconfig,
} from '../../../src/local-cluster/clusters/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'))
})
afterEach(() => rm(folder, { recursive: true }))

const file = () => path.join(folder, 'sub', 'config')
const read = async () => parse(await readFile(file(), 'utf8'))
const SERVER = 'https://127.0.0.1:1'
const cluster = (name: string, server = SERVER) =>
  kubeconfig({ name, server, caPem: 'ca', certificatePem: 'certificate', privateKeyPem: 'key' })
const namesOf = (entries: { name: string }[]) => entries.map(({ name }) => name)

describe('a kubeconfig that a cluster is merged into', () => {
  it('is made, for its owner only, where there is none', async () => {
    await mergeKubeconfig(file(), cluster('kind-hub'))
    expect(await read()).toEqual(parse(cluster('kind-hub')))
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    expect(await readdir(path.dirname(file()))).toEqual(['config'])
  })

  it('has the context of the last one, and replaces entries of the same name', async () => {
    await mergeKubeconfig(file(), cluster('kind-hub'))
    await mergeKubeconfig(file(), cluster('kind-cluster1'))
    await mergeKubeconfig(file(), cluster('kind-hub', 'https://127.0.0.1:2'))
    const merged = await read()
    expect(merged['current-context']).toBe('kind-hub')
    for (const list of ['clusters', 'contexts'])
      expect(namesOf(merged[list])).toEqual(['kind-cluster1', 'kind-hub'])
    expect(namesOf(merged.users)).toEqual(['kind-cluster1-admin', 'kind-hub-admin'])
    expect(merged.clusters[1].cluster.server).toBe('https://127.0.0.1:2')
  })

  it('keeps comments and what it does not know', async () => {
    await mergeKubeconfig(file(), cluster('kind-hub'))
    const long = `token: ${'a word of many '.repeat(20).trim()}`
    await writeFile(file(), `# mine\n${long}\nextensions: [{name: a}]\n${await readFile(file(), 'utf8')}`)
    await mergeKubeconfig(file(), cluster('kind-cluster1'))
    expect(await readFile(file(), 'utf8')).toMatch(new RegExp(`^# mine\n${long}\nextensions:`))
  })

  it.each([
    ['is changed', 'place', ''],
    ['is made', 'new/place', undefined],
  ])('%s where it is, when there is but a link to it', async (_, name, before) => {
    const place = path.join(folder, name)
    if (before !== undefined) await writeFile(place, before)
    await mkdir(path.dirname(file()))
    await symlink(place, file())
    await mergeKubeconfig(file(), cluster('kind-hub'))
    expect((await lstat(file())).isSymbolicLink()).toBe(true)
    expect(parse(await readFile(place, 'utf8'))).toEqual(parse(cluster('kind-hub')))
  })

  it('has nothing of a cluster that was taken out', async () => {
    await mergeKubeconfig(file(), cluster('kind-hub'))
    await mergeKubeconfig(file(), cluster('kind-cluster1'))
    await removeFromKubeconfig(file(), 'kind-cluster1', SERVER)
    const left = await read()
    expect(left).toEqual({ ...parse(cluster('kind-hub')), 'current-context': '' })
    expect(left['current-context']).toBe('')
  })

  it('keeps the context of another cluster of the name', async () => {
    await mergeKubeconfig(file(), cluster('kind-hub'))
    await removeFromKubeconfig(file(), 'kind-hub', 'https://127.0.0.1:2')
    expect(await read()).toEqual(parse(cluster('kind-hub')))
  })

  it('is not made to take something out of it', async () => {
    await removeFromKubeconfig(file(), 'kind-hub', SERVER)
    await expect(stat(file())).rejects.toThrow('ENOENT')
  })

  it('stays as it is when it is no kubeconfig', async () => {
    for (const text of ['a: [', 'just text', 'clusters: 7']) {
      const broken = path.join(folder, 'broken')
      await writeFile(broken, text)
      await expect(mergeKubeconfig(broken, cluster('kind-hub'))).rejects.toThrow(broken)
      expect(await readFile(broken, 'utf8')).toBe(text)
    }
  })

  // Node's recursive mkdir tries that for ever.
  it('is named when nothing can be made at its place', async () => {
    await expect(mergeKubeconfig('/proc/nope/config', cluster('kind-hub'))).rejects.toThrow(
      "cannot write /proc/nope/config: ENOENT: no such file or directory, mkdir '/proc/nope'",
    )
  })

  it('loses nothing when several are merged at once', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `kind-c${index}`)
    await Promise.all(names.map((name) => mergeKubeconfig(file(), cluster(name))))
    expect(namesOf((await read()).clusters).sort()).toEqual(names)
  })
})

it.each([
  [{ KUBECONFIG: ':/a/b:/c', HOME: '/h' }, '/a/b'],
  [{ HOME: '/h' }, '/h/.kube/config'],
])('the usual kubeconfig of %j is %s', (env, expected) => {
  expect(usualKubeconfig(env)).toBe(expected)
})
