import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { freePort } from '../../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, hasCurl, ROOT } from '../../support/processes.ts'

const PAGE = 'docs/local-cluster.md'

/** What stands in the page below a mark `<!-- run: NAME -->`. */
async function readSnippets(): Promise<Map<string, string>> {
  const page = await readFile(path.join(ROOT, PAGE), 'utf8')
  const marked = page.matchAll(/^<!-- run: (\S+) -->\n```sh\n([\s\S]*?)\n```$/gm)
  return new Map([...marked].map(([, name = '', text = '']) => [name, text]))
}

describe.runIf(hasKubeClients())(PAGE, () => {
  let reader: LocalClusters
  let snippets: Map<string, string>
  const done = new Set<string>()

  const snippet = (name: string): string => {
    const text = snippets.get(name)
    if (text === undefined) throw new Error(`${PAGE} has no snippet ${name}`)
    done.add(name)
    return text
  }
  const run = (name: string) => reader.ok(`set -e\n${snippet(name)}`)

  beforeAll(async () => {
    snippets = await readSnippets()
    reader = await LocalClusters.create()
    await mkdir(path.join(reader.home, 'bin'))
    await symlink(CLUSTER_PROXY, path.join(reader.home, 'bin/cluster-proxy'))
  })

  afterAll(async () => {
    await endProcesses()
    await reader.dispose()
  })

  it('shows how to start a cluster', async () => {
    expect(await run('start')).toMatch(/^hub {2}ready in .* s\nkubectl --context kind-hub get nodes\n$/m)
  })

  it('shows its kubeconfig', async () => {
    expect(await run('kubeconfig')).toMatch(/^hub-control-plane +Ready /m)
  })

  it('shows a web server', async () => {
    expect(await run('web')).toContain('deployment "web" successfully rolled out')
  })

  it.runIf(hasCurl)('shows how to dial a Service', async () => {
    expect(await run('curl')).toContain('<h1>Welcome</h1>')
  })

  it('shows a program of the machine', async () => {
    expect(await run('host')).toContain('deployment "clock" successfully rolled out')
  })

  it("shows this project's image", async () => {
    expect(await run('own')).toContain('deployment "api" successfully rolled out')
  })

  it('shows what is in Pods', async () => {
    expect(await run('look')).toMatch(/^\d{4}-\S+Z .*\d\d:\d\d:\d\d.*\napiVersion: v1\n/)
    expect(await readFile(path.join(reader.home, 'api.kubeconfig'), 'utf8')).toContain('kind: Config\n')
  })

  it('shows how to forward a port', async () => {
    const port = await freePort()
    const forwarding = reader.spawn(snippet('forward').replace('8080:', `${port}:`))
    await forwarding.said(/^Forwarding from 127\.0\.0\.1:\d+ -> 8080$/m)
    const page = await fetch(`http://127.0.0.1:${port}/`)
    expect(await page.text()).toContain('<h1>Welcome</h1>')
  })

  it('shows several clusters', async () => {
    const text = await run('several')
    for (const name of ['hub', 'cluster1', 'cluster2'])
      expect(text).toMatch(new RegExp(`^${name} +Running +https://127\\.`, 'm'))
  })

  it('shows that a cluster can be stopped and started again', async () => {
    expect(await run('stop')).toMatch(/^hub stopped\n[\s\S]*ready in/)
    expect(await reader.ok('kubectl rollout status deployment/clock --timeout=60s')).toContain(
      'successfully rolled out',
    )
  })

  it('shows how to be rid of all of it', async () => {
    expect((await run('delete')).trim().split('\n').sort()).toEqual([
      'cluster1 deleted',
      'cluster2 deleted',
      'hub deleted',
    ])
    expect(await reader.ok('kubectl config get-contexts -o name')).toBe('')
  })

  it('has no other snippets that claim to be run', () => {
    const left = [...snippets.keys()].filter((name) => !done.has(name))
    expect(left).toEqual(hasCurl ? [] : ['curl'])
  })
})
