import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses, ROOT } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

const PAGE = 'docs/ocm.md'

/** An upgrade starts ten Pods anew, which a busy machine takes its time for. */
const UPGRADE_MS = 120_000

const readText = (file: string): Promise<string> => readFile(path.join(ROOT, file), 'utf8')

/** What stands in the page below a mark `<!-- run: NAME -->`. */
async function readSnippets(): Promise<Map<string, string>> {
  const marked = (await readText(PAGE)).matchAll(/^<!-- run: (\S+) -->\n```sh\n([\s\S]*?)\n```$/gm)
  return new Map([...marked].map(([, name = '', text = '']) => [name, text]))
}

describe.runIf(hasKubeClients())(PAGE, () => {
  let reader: LocalClusters
  let snippets: Map<string, string>
  const done = new Set<string>()

  const run = (name: string): Promise<string> => {
    const text = snippets.get(name)
    if (text === undefined) throw new Error(`${PAGE} has no snippet ${name}`)
    done.add(name)
    return reader.ok(`set -e\n${text}`)
  }

  beforeAll(async () => {
    snippets = await readSnippets()
    reader = await LocalClusters.create()
    await mkdir(path.join(reader.home, 'bin'))
    for (const program of ['cluster-proxy', 'clusteradm'])
      await symlink(path.join(ROOT, 'bin', program), path.join(reader.home, 'bin', program))
    await run('clusters')
  })

  afterAll(async () => {
    await endProcesses()
    await reader.dispose()
  })

  it('shows how to make a hub', async () => {
    expect(await run('init')).toMatch(/^ +clusteradm join --hub-token \S+ .*--cluster-name <cluster_name>/m)
  })

  it('shows how a cluster joins', async () => {
    expect(await run('join')).toContain('clusteradm accept --clusters cluster1')
  })

  it('shows how it is accepted', async () => {
    expect(await run('accept')).toMatch(/^cluster1 +true +True +default /m)
  })

  it('shows how objects are delivered', async () => {
    expect(await run('work')).toMatch(/manifestwork\S* condition met\nhello$/)
  })

  it('shows how clusters are chosen', async () => {
    expect(await run('placement')).toContain('<PlacementDecision> [cluster1]')
  })

  it('shows how to upgrade', async () => {
    await run('upgrade')
    const images = await reader.ok(
      "kubectl get deployments -n open-cluster-management-agent -o jsonpath='{.items[*].spec.template.spec.containers[*].image}' --context kind-cluster1",
    )
    expect(images.split(' ').map((image) => image.split('/').at(-1))).toEqual([
      'registration:v1.3.0',
      'work:v1.3.0',
    ])
  })

  it(
    'shows how to find out that nothing is wrong',
    async () => {
      // What has just been upgraded are new Pods, which take a moment.
      for (const context of ['kind-hub', 'kind-cluster1']) {
        const isWell = async () =>
          (await reader.run(`bin/clusteradm doctor --context ${context}`)).status === 0
        await until(isWell, `all new Pods of ${context} run`)
      }
      expect(await run('doctor')).toContain('ok     lease: the lease on the hub was renewed')
    },
    UPGRADE_MS,
  )

  it(
    'shows how to leave, and to take the hub away',
    async () => {
      expect(await run('leave')).toContain(
        'The multicluster hub control plane has been clean up successfully!\n',
      )
      await run('end')
    },
    UPGRADE_MS,
  )

  it('has no other snippets that claim to be run', () => {
    expect([...snippets.keys()].filter((name) => !done.has(name))).toEqual([])
  })

  it('has all that the README shows of hubs and clusters', async () => {
    const [, section = ''] = (await readText('README.md')).split('\n## A hub and its clusters\n')
    const [, shown = ''] = /^```sh\n([\s\S]*?)\n```$/m.exec(section.split('\n## ')[0] ?? '') ?? []
    const lines = [...snippets.values()].join('\n').split('\n')
    expect(shown.split('\n').length).toBeGreaterThan(3)
    expect(shown.split('\n').filter((line) => !lines.includes(line))).toEqual([])
  })
})
